/**
 * What a request costs, in what can be counted and so fails a build on any machine: calls into Envoy, calls to brightstaff, and memory. A call that
 * hands data back costs 0.8 to 1.1 µs, any other 0.2 to 0.35; the benchmark has the times.
 */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { config } from "./config.ts";
import { Gateway, type ProviderAnswer, type Request } from "./gateway.ts";
import { buildModule } from "./module.ts";

let wasm: string;
let gateway: Gateway;

beforeAll(async () => {
  wasm = await buildModule();
});
beforeEach(() => {
  gateway = new Gateway(wasm, config());
});

/** As Envoy gives every request one. */
const ID: [string, string][] = [["x-request-id", "9b2f0d5e-1111-4222-8333-444455556666"]];
const MESSAGES = [{ role: "user", content: "Say hello" }];
const sse = [["content-type", "text/event-stream"]] as [string, string][];
const json = [["content-type", "application/json"]] as [string, string][];

const chatAnswer: ProviderAnswer = {
  status: 200,
  headers: json,
  chunks: [
    '{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}',
  ],
};
const messagesAnswer: ProviderAnswer = {
  status: 200,
  headers: json,
  chunks: [
    '{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}',
  ],
};

const event = (value: { type: string }) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
const delta = event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello" } } as { type: string });
const opening = [
  {
    type: "message_start",
    message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], usage: { input_tokens: 3, output_tokens: 1 } },
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
].map((one) => event(one as { type: string }));
const closing = [
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 9 } },
  { type: "message_stop" },
].map((one) => event(one as { type: string }));
const messagesStream = (deltas: number): ProviderAnswer => ({
  status: 200,
  headers: sse,
  chunks: [opening.join(""), ...Array.from({ length: deltas }, () => delta), closing.join("")],
});

const chatChunk = (content: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: content, finish_reason }] })}\n\n`;
const chatStream = (deltas: number): ProviderAnswer => ({
  status: 200,
  headers: sse,
  chunks: [...Array.from({ length: deltas }, () => chatChunk({ content: "Hello" })), `${chatChunk({}, "stop")}data: [DONE]\n\n`],
});

function serve(request: Request, answer: ProviderAnswer): void {
  const attempt = request.attempt();
  attempt.respond(answer);
  attempt.end();
  request.end();
}

/** Calls into Envoy by name, of the second of two equal requests: what is made once is made in the first. */
function countCalls(serveOne: () => void): Record<string, number> {
  const { callCounts } = gateway.host;
  serveOne();
  callCounts.clear();
  serveOne();
  return Object.fromEntries(callCounts);
}

describe("calls into Envoy", () => {
  test("10 for a whole answer in one format", () => {
    const counts = countCalls(() => serve(gateway.chat({ model: "gpt-5.2", messages: MESSAGES }, ID), chatAnswer));
    expect(counts).toEqual({
      proxy_get_header_map_pairs: 1,
      proxy_get_buffer_bytes: 2,
      proxy_set_buffer_bytes: 1,
      proxy_replace_header_map_value: 3,
      proxy_get_current_time_nanoseconds: 3,
    });
  });

  test("15 for a translated one: its path, the provider's headers, the length and id of the answer, and the answer itself", () => {
    const counts = countCalls(() => serve(gateway.chat({ model: "anthropic/claude-sonnet-4-5", messages: MESSAGES }, ID), messagesAnswer));
    expect(counts).toEqual({
      proxy_get_header_map_pairs: 1,
      // The client's body is fetched once, for its check and its translation.
      proxy_get_buffer_bytes: 2,
      proxy_set_buffer_bytes: 2,
      proxy_replace_header_map_value: 7,
      proxy_get_current_time_nanoseconds: 3,
    });
  });

  test("one for a chunk that passes, two for one that is translated", () => {
    const countOf = (model: string, answer: ProviderAnswer) =>
      countCalls(() => serve(gateway.chat({ model, messages: MESSAGES, stream: true, stream_options: { include_usage: true } }), answer));
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
    const passing = [10, 110].map((deltas) => sum(countOf("gpt-5.2", chatStream(deltas)))) as [number, number];
    expect(passing[1] - passing[0]).toBe(100);
    const translated = [10, 110].map((deltas) => sum(countOf("anthropic/claude-sonnet-4-5", messagesStream(deltas)))) as [number, number];
    expect(translated[1] - translated[0]).toBe(200);
  });
});

describe("calls to brightstaff", () => {
  const asked = () => gateway.host.calls.length;

  test("none for a model that the client names, one for a router", () => {
    gateway.chat({ model: "gpt-5.2", messages: MESSAGES });
    expect(asked()).toBe(0);
    gateway.chat({ model: "router:any", messages: MESSAGES });
    expect(asked()).toBe(1);
  });
});

test("the events of a stream take no memory of their own", () => {
  const memory = (deltas: number) => {
    serve(gateway.chat({ model: "anthropic/claude-sonnet-4-5", messages: MESSAGES, stream: true }), messagesStream(deltas));
    return gateway.host.exports.memory.buffer.byteLength;
  };
  memory(10);
  expect(memory(20_000)).toBe(memory(10));
});

/** What our own host is told of a stream's chunks: no part of proxy-wasm. */
describe("memory that is fetched ahead", () => {
  const LINE_BYTES = 64;
  /** For so many lines the host has room. */
  const LINES_MAX = 32;
  const unfinished = (answer: ProviderAnswer): ProviderAnswer => ({ ...answer, chunks: answer.chunks?.slice(0, -1) ?? [], ends: false });

  /** The listed lines' addresses; null when no chunk that follows is looked at. */
  function linesOf(context: number): number[] | null {
    const { host } = gateway;
    const list = host.run(context, (exports) => exports.chunk_memory(context));
    if (list === 0) return null;
    const words = new Uint32Array(host.exports.memory.buffer, list, LINES_MAX + 1);
    const end = words.indexOf(0);
    if (end < 0) throw new Error(`no end in the first ${words.length} addresses`);
    return [...words.subarray(0, end)];
  }

  function contentOf(lines: number[]): string {
    const memory = Buffer.from(gateway.host.exports.memory.buffer);
    return Buffer.concat(lines.map((line) => memory.subarray(line, line + LINE_BYTES))).toString("latin1");
  }

  test.each([
    ["that passes", "gpt-5.2", chatStream(8), ['"choices":[{"index":0,"delta":{"content":"']],
    // With the event that the client gets.
    [
      "that is translated",
      "anthropic/claude-sonnet-4-5",
      messagesStream(8),
      ['"delta":{"type":"text_delta","text":"', '"delta":{"content":"'],
    ],
  ])("is that of what a chunk %s is compared with", (_, model, answer, parts) => {
    const request = gateway.chat({ model, messages: MESSAGES, stream: true });
    request.attempt().respond(unfinished(answer));
    const lines = linesOf(request.context) as number[];
    expect(lines.length).toBeGreaterThan(8);
    expect(lines.length).toBeLessThanOrEqual(LINES_MAX);
    for (const line of lines) expect(line % LINE_BYTES).toBe(0);
    for (const part of parts) expect(contentOf(lines)).toContain(part);
  });

  test("is none for the gateway role, which looks at no chunk of an answer that the provider role sees to", () => {
    const request = gateway.chat({ model: "router:any", messages: MESSAGES, stream: true });
    request.decide({ route: "greetings", models: ["openai/gpt-5-mini", "openai/gpt-5.2"] });
    const attempt = request.attempt();
    attempt.respond(unfinished(chatStream(8)));
    expect(linesOf(request.context)).toBeNull();
    expect(linesOf(attempt.context)).not.toBeNull();
    // Which it does not, whether it is asked or not.
    const more = chatChunk({ content: "more" });
    gateway.host.callCounts.clear();
    request.pass(Buffer.from(more), false);
    expect([...gateway.host.callCounts]).toEqual([]);
    expect(request.answer?.body.endsWith(more)).toBe(true);
  });

  test("is asked for while an answer of Envoy's own comes, which is looked at to its end", () => {
    const request = gateway.chat({ model: "gpt-5.2", messages: MESSAGES });
    request.answerByEnvoy(503, "no healthy upstream");
    expect(linesOf(request.context)).not.toBeNull();
  });
});
