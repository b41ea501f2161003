/** What our own host is told of a stream's chunks: which memory the next one will need, and whether it is looked at. No part of proxy-wasm. */
import { beforeAll, beforeEach, expect, test } from "vitest";
import { config } from "./config.ts";
import { Gateway, type ProviderAnswer } from "./gateway.ts";
import { buildModule } from "./module.ts";

const LINE_BYTES = 64;
/** For so many lines the host has room. */
const LINES_MAX = 32;
const MESSAGES = [{ role: "user", content: "Say hello" }];

let wasm: string;
let gateway: Gateway;

beforeAll(async () => {
  wasm = await buildModule();
});
beforeEach(() => {
  gateway = new Gateway(wasm, config());
});

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

const chatChunk = (content: string) =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
const messagesEvent = (value: { type: string }) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
const messagesDelta = messagesEvent({
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text: "Hello" },
} as { type: string });
const chatStream: ProviderAnswer = {
  status: 200,
  headers: [["content-type", "text/event-stream"]],
  chunks: Array.from({ length: 8 }, (_, i) => chatChunk(`Hello ${i}`)),
  ends: false,
};
const messagesStream: ProviderAnswer = {
  ...chatStream,
  chunks: [
    messagesEvent({ type: "message_start", message: { id: "msg_1", model: "m", usage: { input_tokens: 3 } } } as { type: string }),
    messagesEvent({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as { type: string }),
    ...Array.from({ length: 6 }, () => messagesDelta),
  ],
};

test.each([
  ["that passes", "gpt-5.2", chatStream, ['"choices":[{"index":0,"delta":{"content":"']],
  // With the event that the client gets.
  ["that is translated", "anthropic/claude-sonnet-4-5", messagesStream, ['"delta":{"type":"text_delta","text":"', '"delta":{"content":"']],
])("lists the lines of what a chunk %s is compared with", (_, model, answer, parts) => {
  const request = gateway.chat({ model, messages: MESSAGES, stream: true });
  request.attempt().respond(answer);
  const lines = linesOf(request.context) as number[];
  expect(lines.length).toBeGreaterThan(8);
  expect(lines.length).toBeLessThanOrEqual(LINES_MAX);
  for (const line of lines) expect(line % LINE_BYTES).toBe(0);
  for (const part of parts) expect(contentOf(lines)).toContain(part);
});

test("the gateway role looks at no chunk of an answer that the provider role sees to", () => {
  const request = gateway.chat({ model: "router:any", messages: MESSAGES, stream: true });
  request.decide({ route: "greetings", models: ["openai/gpt-5-mini", "openai/gpt-5.2"] });
  const attempt = request.attempt();
  attempt.respond(chatStream);
  expect(linesOf(request.context)).toBeNull();
  expect(linesOf(attempt.context)).not.toBeNull();
  // Which it does not, whether it is asked or not.
  gateway.host.callCounts.clear();
  request.pass(Buffer.from(chatChunk("more")), false);
  expect([...gateway.host.callCounts]).toEqual([]);
  expect(request.answer?.body.endsWith(chatChunk("more"))).toBe(true);
});

test("an answer of Envoy's own is looked at as long as it comes", () => {
  const request = gateway.chat({ model: "gpt-5.2", messages: MESSAGES });
  request.answerByEnvoy(503, "no healthy upstream");
  expect(linesOf(request.context)).not.toBeNull();
});
