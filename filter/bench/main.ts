// What the wasm parts of the filter cost on this machine's V8, without Envoy around them: `node filter/bench/main.ts`.
import { eventStreamOf } from "../test/event_stream_fixture.ts";
import { CLIENT_FORMATS, Facade, FORMATS, type FormatName, type Stream } from "../test/facade.ts";
import { fixturesOf } from "../test/golden.ts";

const MODELS: Record<FormatName, string> = {
  openai_chat: "gpt-4o",
  anthropic_messages: "claude-sonnet-4-5",
  openai_responses: "gpt-4o",
  gemini: "gemini-3.6-flash",
  bedrock_converse: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
};
/** Each figure is the fastest of some rounds of this length, in CPU time: the machine's other work only ever adds. */
const ROUND_MS = 100;
const ROUNDS = 7;

const facade = await Facade.load();

/** Microseconds of CPU time that one call takes. */
function measure(call: () => void): number {
  const warmUntil = performance.now() + ROUND_MS;
  while (performance.now() < warmUntil) call();
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    let calls = 0;
    const before = process.cpuUsage();
    const until = performance.now() + ROUND_MS;
    while (performance.now() < until) {
      for (let i = 0; i < 10; i++) call();
      calls += 10;
    }
    const { user, system } = process.cpuUsage(before);
    fastest = Math.min(fastest, (user + system) / calls);
  }
  return fastest;
}

function row(name: string, us: number, bytes: number): void {
  console.log(`${name.padEnd(62)} ${us.toFixed(2).padStart(9)} µs  ${((us * 1000) / bytes).toFixed(3).padStart(8)} ns/B`);
}

/** A programmer's conversation of some size: long prompts, code with escapes, tool calls and results. */
function conversation(bytes: number): string {
  const code = 'function add(a, b) {\n  // "adds" two numbers\n  return a + b;\n}\n';
  const prose = "The quick brown fox jumps over the lazy dog, and the gateway reads every byte of it. ";
  const messages: unknown[] = [{ role: "system", content: prose.repeat(20) }];
  for (let i = 0, size = 0; size < bytes; i++) {
    const turn = [
      { role: "user", content: prose.repeat(8) + code.repeat(4) },
      {
        role: "assistant",
        content: "Let me look.",
        tool_calls: [
          { id: `call_${i}`, type: "function", function: { name: "read_file", arguments: JSON.stringify({ path: `src/file_${i}.ts` }) } },
        ],
      },
      { role: "tool", tool_call_id: `call_${i}`, content: code.repeat(12) },
    ];
    messages.push(...turn);
    size += JSON.stringify(turn).length;
  }
  messages.push({ role: "user", content: "Go on." });
  const parameters = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };
  return JSON.stringify({ model: "m", messages, tools: [{ type: "function", function: { name: "read_file", parameters } }], stream: true });
}

console.log("requests (the head scan is part of each translation here)");
for (const kilobytes of [1, 10, 100, 1000]) {
  const openai = conversation(kilobytes * 1000);
  const bodyIn = (format: FormatName) => {
    const translated = facade.translateRequest("openai_chat", format, openai, MODELS[format]);
    if ("problem" in translated) throw new Error(translated.problem.message);
    return Buffer.from(translated.body);
  };
  const bodies = Object.fromEntries(FORMATS.map((format) => [format, bodyIn(format)])) as Record<FormatName, Buffer>;
  for (const from of CLIENT_FORMATS) {
    const body = bodies[from];
    const label = `${Math.round(body.length / 1000)} KB ${from}`;
    const scan = measure(() => facade.runScan(from, body));
    row(`${label}: scan`, scan, body.length);
    for (const to of FORMATS)
      row(
        `${label}: scan, translate to ${to}`,
        measure(() => facade.runTranslate(from, to, body, MODELS[to])),
        body.length,
      );
    row(
      `${label}: routing view`,
      measure(() => facade.runView(from, body)),
      body.length,
    );
  }
}

console.log("\nwhole answers");
for (const provider of FORMATS) {
  const fixture = fixturesOf(provider, "responses").find((one) => one.name === "text");
  const body = Buffer.from(fixture?.text ?? "");
  for (const client of CLIENT_FORMATS)
    row(
      `${body.length} B ${provider} to ${client}`,
      measure(() => facade.runResponse(provider, client, body)),
      body.length,
    );
}

/** A long answer. What is kept of one for its last event has a limit, past which it would be over and nothing more be done. */
const EVENTS_A_STREAM = 2000;

/** Goes on with another stream whenever one is as long as an answer gets. */
class EndlessStream {
  readonly #provider: FormatName;
  readonly #client: FormatName;
  #stream: Stream;
  #events = 0;

  constructor(provider: FormatName, client: FormatName) {
    this.#provider = provider;
    this.#client = client;
    this.#stream = facade.openStream(provider, client);
  }

  run(event: Uint8Array): void {
    if (++this.#events % EVENTS_A_STREAM === 0) {
      this.#stream.close();
      this.#stream = facade.openStream(this.#provider, this.#client);
    }
    const progress = this.#stream.run(event);
    if (progress === "failed") throw new Error(`${this.#provider} to ${this.#client}: the stream is over after ${this.#events} events`);
  }

  close(): void {
    this.#stream.close();
  }
}

console.log("\nstreams, per event, one event a chunk");
const openaiEvent = `data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":" quick brown"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"aB3x"}\n\n`;
const anthropicEvent =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" quick brown fox jumps"}}\n\n';
const responsesEvent =
  'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_01830d662ab3856501693c32183a488190","output_index":0,"content_index":0,"delta":" quick brown","logprobs":[],"obfuscation":"aB3x"}\n\n';
const geminiEvent =
  'data: {"candidates":[{"content":{"parts":[{"text":" quick brown fox jumps"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":13,"totalTokenCount":22,"promptTokensDetails":[{"modality":"TEXT","tokenCount":9}]},"modelVersion":"gemini-3.6-flash","responseId":"M3iLaY-AI7zTxN8P3Piw4Qg"}\r\n\r\n';
const bedrockEvent = eventStreamOf(
  '{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":" quick brown fox jumps"},"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM"}}',
);
const events: Record<FormatName, Buffer> = {
  openai_chat: Buffer.from(openaiEvent),
  anthropic_messages: Buffer.from(anthropicEvent),
  openai_responses: Buffer.from(responsesEvent),
  gemini: Buffer.from(geminiEvent),
  bedrock_converse: bedrockEvent,
};
for (const provider of FORMATS) {
  for (const client of CLIENT_FORMATS) {
    const event = events[provider];
    const feed = new EndlessStream(provider, client);
    row(
      `${event.length} B ${provider} to ${client}`,
      measure(() => feed.run(event)),
      event.length,
    );
    feed.close();
  }
}
