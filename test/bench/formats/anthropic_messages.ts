import { MODEL, piecesOf, SYSTEM, TEMPERATURE, TOKENS_MAX, USAGE } from "../workload.ts";
import { type ClientFormat, conversationOf, namedEvent } from "./format.ts";

interface Reply {
  type?: string;
  content?: { text?: string }[];
  delta?: { text?: string; stop_reason?: string };
  stop_reason?: string;
  usage?: { input_tokens?: number; output_tokens?: number };
  message?: { usage?: { input_tokens?: number } };
}

interface Request {
  model: string;
  stream?: boolean;
  system?: unknown;
  messages?: { role: string; content: unknown }[];
  max_tokens?: number;
}

/** @see https://platform.claude.com/docs/en/api/messages */
export const anthropicMessages: ClientFormat = {
  id: "anthropic_messages",
  title: "Anthropic",
  basePath: "/v1",
  path: "/v1/messages",
  headers: ["x-api-key: sk-client-000", "anthropic-version: 2023-06-01"],
  serves: (path) => path === "/v1/messages",
  read(_path, body) {
    const { model, stream = false, system, messages = [], max_tokens } = body as Request;
    const turns = system === undefined ? messages : [{ role: "system", content: system }, ...messages];
    return { model, stream, conversation: conversationOf(turns), tokens_max: max_tokens };
  },
  request: (model, stream, turns) => ({
    model,
    max_tokens: TOKENS_MAX,
    system: SYSTEM,
    messages: turns,
    temperature: TEMPERATURE,
    ...(stream ? { stream: true } : {}),
  }),
  reply: (text) =>
    JSON.stringify({
      id: "msg_01BenchAAAAAAAAAAAAAAAAAA",
      type: "message",
      role: "assistant",
      model: MODEL,
      content: [{ type: "text", text }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: {
        input_tokens: USAGE.input,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: USAGE.output,
        service_tier: "standard",
      },
    }),
  streamType: "text/event-stream; charset=utf-8",
  streamWrites(contentChunks) {
    const usage = { input_tokens: USAGE.input, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 };
    const message = {
      ...{ id: "msg_01BenchAAAAAAAAAAAAAAAAAA", type: "message", role: "assistant", model: MODEL, content: [] },
      ...{ stop_reason: null, stop_sequence: null, usage },
    };
    const block = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
    const end = { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: USAGE.output } };
    const delta = (text: string) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
    const write = (...events: { type: string }[]) => events.map(namedEvent).join("");
    return [
      write({ type: "message_start", message } as { type: string }, block, { type: "ping" }),
      ...piecesOf(contentChunks).map((text) => write(delta(text))),
      write({ type: "content_block_stop", index: 0 } as { type: string }, end, { type: "message_stop" }),
    ];
  },
  readWhole({ content = [], stop_reason, usage }: Reply) {
    return {
      text: content.map((block) => block.text ?? "").join(""),
      stopped: stop_reason === "end_turn",
      input: usage?.input_tokens,
      output: usage?.output_tokens,
    };
  },
  readStream(data) {
    const events = data.map((one) => JSON.parse(one) as Reply);
    if (events.at(-1)?.type !== "message_stop") return `no message_stop at the end: ${data.at(-1)?.slice(-300)}`;
    const end = events.find((event) => event.type === "message_delta");
    return {
      text: events.map((event) => (event.type === "content_block_delta" ? (event.delta?.text ?? "") : "")).join(""),
      stopped: end?.delta?.stop_reason === "end_turn",
      // A gateway that learns the input tokens only at the end of a stream tells them there: message_delta's usage is cumulative.
      input: end?.usage?.input_tokens ?? events.find((event) => event.type === "message_start")?.message?.usage?.input_tokens,
      output: end?.usage?.output_tokens,
    };
  },
};
