// What an answer says, read without the filter's readers: what is compared when an answer went from one wire format to another.
import type { FormatName } from "../facade.ts";

export interface Call {
  name: string;
  /** JSON. */
  arguments: string;
}

export interface Said {
  text: string;
  calls: Call[];
}

// biome-ignore lint/suspicious/noExplicitAny: recorded answers of five APIs, of which this reads a few fields each
type Json = any;

/** Of a whole answer. */
export function saidIn(format: FormatName, body: Json): Said {
  return collect(PARTS[format](body));
}

/** Of a stream: the data of its events, or with Bedrock its messages as {"<type>": payload}. */
export function saidInEvents(format: FormatName, events: Json[]): Said {
  return collect(events.flatMap(EVENT_PARTS[format]));
}

/** The data of server-sent events that are JSON objects. */
export function eventsOf(stream: string): Json[] {
  return stream
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)));
}

/** A piece of an answer; pieces of one call have the same key. */
type Part = { text: string } | { call: unknown; name?: string; arguments: string };

function collect(parts: Part[]): Said {
  const calls = new Map<unknown, Call>();
  let text = "";
  for (const part of parts) {
    if ("text" in part) text += part.text;
    else {
      const call = calls.get(part.call) ?? { name: "", arguments: "" };
      calls.set(part.call, { name: call.name || (part.name ?? ""), arguments: call.arguments + part.arguments });
    }
  }
  // Pieces without a name are of calls that the provider makes of tools of its own.
  const made = [...calls.values()].filter(({ name }) => name !== "");
  return { text, calls: made.map(({ name, arguments: json }) => ({ name, arguments: canonical(json) })) };
}

/** Arguments are compared as values: formats differ in whether they are text. */
function canonical(json: string): string {
  return JSON.stringify(json === "" ? {} : JSON.parse(json));
}

/** Mistral's content may be a list, of thinking and of text. Refusals are text in the other APIs. */
function chatText({ content, refusal }: Json): string {
  if (typeof content === "string") return content + (refusal ?? "");
  if (typeof refusal === "string") return refusal;
  return ((content ?? []) as Json[]).map((part) => (part.type === "text" ? part.text : "")).join("");
}

function chatParts(message: Json): Part[] {
  const calls = (message?.tool_calls ?? []) as Json[];
  return [
    { text: chatText(message ?? {}) },
    // A call without an index is whole (Mistral, Gemini's compatible endpoint).
    ...calls.map((call) => ({ call: call.index ?? call.id ?? call, name: call.function?.name, arguments: call.function?.arguments ?? "" })),
  ];
}

function geminiParts({ candidates }: Json): Part[] {
  const parts = (candidates?.[0]?.content?.parts ?? []) as Json[];
  return parts.flatMap((part): Part[] => {
    if (part.functionCall !== undefined)
      return [{ call: part, name: part.functionCall.name, arguments: JSON.stringify(part.functionCall.args ?? {}) }];
    return part.thought === true ? [] : [{ text: part.text ?? "" }];
  });
}

const PARTS: Record<FormatName, (body: Json) => Part[]> = {
  openai_chat: ({ choices }) => chatParts(choices?.[0]?.message),
  anthropic_messages: ({ content, stop_details: details }) => [
    ...(content as Json[]).flatMap((block): Part[] => {
      if (block.type === "tool_use") return [{ call: block, name: block.name, arguments: JSON.stringify(block.input) }];
      return block.type === "text" ? [{ text: block.text }] : [];
    }),
    // Why the model refused.
    { text: details?.explanation ?? "" },
  ],
  openai_responses: ({ output }) =>
    (output as Json[]).flatMap((item): Part[] => {
      if (item.type === "function_call") return [{ call: item, name: item.name, arguments: item.arguments }];
      return ((item.type === "message" ? item.content : []) as Json[]).map((part) => ({
        text: part.text ?? part.refusal,
      }));
    }),
  gemini: geminiParts,
  bedrock_converse: ({ output }) =>
    (output.message.content as Json[]).flatMap((block): Part[] => {
      if (block.toolUse !== undefined) return [{ call: block, name: block.toolUse.name, arguments: JSON.stringify(block.toolUse.input) }];
      return [{ text: block.text ?? "" }];
    }),
};

const EVENT_PARTS: Record<FormatName, (event: Json) => Part[]> = {
  openai_chat: ({ choices }) => chatParts(choices?.[0]?.delta),
  anthropic_messages: ({ type, index, delta, message, content_block: block }) => {
    // An answer that goes on where a tool's program waited begins with the calls that it makes.
    if (type === "message_start") return PARTS.anthropic_messages(message);
    if (type === "message_delta") return [{ text: delta.stop_details?.explanation ?? "" }];
    if (block?.type === "tool_use") return [{ call: index, name: block.name, arguments: wholeInput(block.input) }];
    if (type !== "content_block_delta") return [];
    if (delta.type === "input_json_delta") return [{ call: index, arguments: delta.partial_json }];
    return [{ text: delta.type === "text_delta" ? delta.text : "" }];
  },
  openai_responses: ({ type, item, delta }) => {
    if (type === "response.output_text.delta" || type === "response.refusal.delta") return [{ text: delta }];
    const isCall = type === "response.output_item.done" && item.type === "function_call";
    return isCall ? [{ call: item, name: item.name, arguments: item.arguments }] : [];
  },
  gemini: geminiParts,
  bedrock_converse: ({ contentBlockStart: start, contentBlockDelta: delta }) => {
    if (start?.start?.toolUse !== undefined) return [{ call: start.contentBlockIndex, name: start.start.toolUse.name, arguments: "" }];
    if (delta?.delta.toolUse !== undefined) return [{ call: delta.contentBlockIndex, arguments: delta.delta.toolUse.input }];
    return [{ text: delta?.delta.text ?? "" }];
  },
};

/** A block's start has an input of no fields where the input follows in pieces. */
function wholeInput(input: Json): string {
  return Object.keys(input ?? {}).length === 0 ? "" : JSON.stringify(input);
}
