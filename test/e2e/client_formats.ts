// The client APIs as bare HTTP, for tests that send what no SDK would, or many requests at once.

import { type Exchange, type ExchangeOptions, exchange } from "./exchange.ts";

export interface ClientReply {
  text: string;
  /** The stop reason as the client's format names it, null when there is none. */
  stopReason: string | null;
  model: string | null;
  /** An error body or an in-band error event. */
  error: { type: string; message: string } | null;
  /** The format's terminal event was read, or the whole reply is a message with its stop reason. */
  complete: boolean;
}

export interface ClientFormat {
  id: "openai_chat" | "anthropic_messages" | "openai_responses";
  path: string;
  /** Where the conversation stands in a request. */
  conversationField: "messages" | "input";
  request(model: string, prompt: string, stream: boolean): Record<string, unknown>;
  readWhole(body: string): ClientReply;
  readStream(body: string): ClientReply;
}

type Json = Record<string, unknown>;

export const openaiChat: ClientFormat = {
  id: "openai_chat",
  path: "/v1/chat/completions",
  conversationField: "messages",
  request: (model, prompt, stream) => ({ model, stream, messages: [{ role: "user", content: prompt }] }),
  readWhole(body) {
    const json = JSON.parse(body) as Json & { choices?: { message: { content: string | null }; finish_reason: string | null }[] };
    const choice = json.choices?.[0];
    const error = readErrorObject(json.error);
    const stopReason = choice?.finish_reason ?? null;
    return {
      text: choice?.message.content ?? "",
      stopReason,
      model: asText(json.model),
      error,
      complete: error === null && stopReason !== null,
    };
  },
  readStream(body) {
    const reply = emptyReply();
    for (const { data } of readEvents(body)) {
      if (data === "[DONE]") {
        reply.complete = true;
        continue;
      }
      const json = JSON.parse(data) as Json & { choices?: { delta: { content?: string | null }; finish_reason?: string | null }[] };
      reply.error ??= readErrorObject(json.error);
      reply.model ??= asText(json.model);
      const choice = json.choices?.[0];
      reply.text += choice?.delta.content ?? "";
      reply.stopReason ??= choice?.finish_reason ?? null;
    }
    return reply;
  },
};

export const anthropicMessages: ClientFormat = {
  id: "anthropic_messages",
  path: "/v1/messages",
  conversationField: "messages",
  request: (model, prompt, stream) => ({ model, stream, max_tokens: 200, messages: [{ role: "user", content: prompt }] }),
  readWhole(body) {
    const json = JSON.parse(body) as Json & { content?: { type: string; text?: string }[] };
    const error = json.type === "error" ? readErrorObject(json.error) : null;
    const stopReason = asText(json.stop_reason);
    const text = (json.content ?? []).map((block) => block.text ?? "").join("");
    return { text, stopReason, model: asText(json.model), error, complete: error === null && stopReason !== null };
  },
  readStream(body) {
    const reply = emptyReply();
    for (const { event, data } of readEvents(body)) {
      const json = JSON.parse(data) as Json & { delta?: Json; message?: Json };
      if (event === "error") reply.error ??= readErrorObject(json.error);
      else if (event === "message_start") reply.model = asText(json.message?.model);
      else if (event === "content_block_delta") reply.text += asText(json.delta?.text) ?? "";
      else if (event === "message_delta") reply.stopReason = asText(json.delta?.stop_reason);
      else if (event === "message_stop") reply.complete = true;
    }
    return reply;
  },
};

interface ResponseObject {
  model?: unknown;
  status?: string;
  error?: { code: string; message: string } | null;
  output?: { content?: { text?: string }[] }[];
  incomplete_details?: { reason: string } | null;
}

export const openaiResponses: ClientFormat = {
  id: "openai_responses",
  path: "/v1/responses",
  conversationField: "input",
  request: (model, prompt, stream) => ({ model, stream, input: prompt }),
  readWhole(body) {
    const json = JSON.parse(body) as ResponseObject;
    const texts = (json.output ?? []).flatMap(({ content }) => (content ?? []).map((part) => part.text ?? ""));
    return {
      text: texts.join(""),
      stopReason: json.incomplete_details?.reason ?? json.status ?? null,
      model: asText(json.model),
      error: readErrorObject(json.error),
      complete: json.status === "completed" || json.status === "incomplete",
    };
  },
  readStream(body) {
    const reply = emptyReply();
    for (const { data } of readEvents(body)) {
      const json = JSON.parse(data) as { type: string; delta?: string; error?: unknown; response?: ResponseObject };
      if (json.type === "error") reply.error ??= readErrorObject(json.error);
      else if (json.type === "response.created") reply.model = asText(json.response?.model);
      else if (json.type === "response.output_text.delta") reply.text += json.delta;
      else if (json.type === "response.completed" || json.type === "response.incomplete") {
        reply.complete = true;
        reply.stopReason = json.response?.incomplete_details?.reason ?? json.response?.status ?? null;
      }
    }
    return reply;
  },
};

/** Every format that clients may speak. The mock providers speak them as well. */
export const CLIENT_FORMATS = [openaiChat, anthropicMessages, openaiResponses] as const;

export interface Answer extends Exchange {
  reply: ClientReply;
}

/** Sends one prompt in a client format and reads the answer by its content type. A body that is not the format's makes `readWhole` throw. */
export async function ask(
  url: string,
  format: ClientFormat,
  request: { model: string; prompt?: string; stream: boolean },
  options: Omit<ExchangeOptions, "body"> = {},
): Promise<Answer> {
  const body = format.request(request.model, request.prompt ?? "Hello", request.stream);
  const answer = await exchange(url + format.path, { ...options, body });
  return { ...answer, reply: readReply(format, answer) };
}

export function readReply(format: ClientFormat, answer: Exchange): ClientReply {
  const isStream = String(answer.headers["content-type"]).startsWith("text/event-stream");
  return isStream ? format.readStream(answer.body) : format.readWhole(answer.body);
}

interface SentEvent {
  event: string | null;
  data: string;
}

/** The events of a whole stream. An event without its closing blank line was cut and is none. */
function readEvents(body: string): SentEvent[] {
  return body
    .split(/\r?\n\r?\n/)
    .slice(0, -1)
    .map((block) => {
      const lines = block.split(/\r?\n/);
      const field = (name: string) =>
        lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart());
      return { event: field("event").at(-1) ?? null, data: field("data").join("\n") };
    })
    .filter(({ data }) => data !== "");
}

function emptyReply(): ClientReply {
  return { text: "", stopReason: null, model: null, error: null, complete: false };
}

function asText(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function readErrorObject(value: unknown): ClientReply["error"] {
  const error = value as { type?: unknown; message?: unknown } | null | undefined;
  return typeof error?.message === "string" ? { type: String(error.type), message: error.message } : null;
}
