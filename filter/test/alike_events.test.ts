// Events that differ from the one before in their text alone are not read as others are: what comes of them must be the same.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { eventStreamOf } from "./event_stream_fixture.ts";
import { CLIENT_FORMATS, Facade, FORMATS, type FormatName } from "./facade.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

interface Delta {
  text: string;
  reasons: boolean;
  /** Of tokens so far, or whatever else an event counts. */
  count: number;
  padding: string;
}

interface Format {
  opening: string[];
  delta(delta: Delta, index: number): string;
  closing: string[];
  /** An event that says nothing to anybody, and is like no other. */
  silent: string;
}

const json = (value: unknown) => JSON.stringify(value);
const chat = (delta: object, finish_reason: string | null, more: object) =>
  json({ id: "c7", object: "chat.completion.chunk", created: 1, model: "m-1", choices: [{ index: 0, delta, finish_reason }], ...more });
const piece = (index: number, type: string, more: object) => json({ type, sequence_number: index + 8, ...more });
const said = (parts: object[], count: number, more: object = {}) =>
  json({
    candidates: [{ content: { parts, role: "model" }, index: 0, ...more }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: count, totalTokenCount: 9 + count },
    responseId: "r1",
  });

const BUILDERS: Record<FormatName, Format> = {
  openai_chat: {
    opening: [chat({ role: "assistant", content: "" }, null, {})],
    delta: ({ text, reasons, count, padding }) =>
      chat(reasons ? { reasoning_content: text } : { content: text }, null, {
        usage: { prompt_tokens: 9, completion_tokens: count, total_tokens: 9 + count },
        obfuscation: padding,
      }),
    closing: [chat({}, "stop", {}), "[DONE]"],
    silent: '{"choices":[]}',
  },
  anthropic_messages: {
    opening: [
      json({ type: "message_start", message: { id: "msg_1", model: "m-1", usage: { input_tokens: 3, output_tokens: 1 } } }),
      json({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    ],
    delta: ({ text }, index) => json({ type: "content_block_delta", index: index >> 3, delta: { type: "text_delta", text } }),
    closing: [
      json({ type: "content_block_stop", index: 0 }),
      json({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } }),
      json({ type: "message_stop" }),
    ],
    silent: '{"type":"unheard_of"}',
  },
  openai_responses: {
    opening: [json({ type: "response.created", sequence_number: 0, response: { id: "resp_1", model: "m-1", output: [] } })],
    delta: ({ text, reasons, padding }, index) =>
      reasons
        ? piece(index, "response.reasoning_summary_text.delta", { item_id: "rs_1", summary_index: 0, delta: text, obfuscation: padding })
        : piece(index, "response.output_text.delta", { item_id: "msg_1", delta: text, logprobs: [], obfuscation: padding }),
    closing: [json({ type: "response.completed", response: { id: "resp_1", model: "m-1", usage: { input_tokens: 3, output_tokens: 9 } } })],
    silent: '{"type":"response.unheard_of"}',
  },
  gemini: {
    opening: [],
    delta: ({ text, reasons, count }) => said([reasons ? { text, thought: true } : { text }], count),
    closing: [said([{ text: "" }], 40, { finishReason: "STOP" })],
    silent: "{}",
  },
  bedrock_converse: {
    opening: ['{"messageStart":{"role":"assistant"}}'],
    delta: ({ text, reasons, padding }) =>
      json({ contentBlockDelta: { contentBlockIndex: 0, delta: reasons ? { reasoningContent: { text } } : { text }, p: padding } }),
    closing: [
      '{"contentBlockStop":{"contentBlockIndex":0}}',
      '{"messageStop":{"stopReason":"end_turn"}}',
      '{"metadata":{"usage":{"inputTokens":3,"outputTokens":9,"totalTokens":12}}}',
    ],
    silent: '{"unheardOf":{}}',
  },
};

function framed(format: FormatName, events: readonly string[]): Uint8Array {
  if (format === "bedrock_converse") return Buffer.concat(events.map((event) => eventStreamOf(event)));
  return Buffer.from(events.map((event) => `data: ${event}\n\n`).join(""));
}

function answer(provider: FormatName, client: FormatName, events: readonly string[]): { out: string; state: string } {
  const stream = facade.openStream(provider, client, { includeUsage: true });
  const fed = stream.feed(framed(provider, events));
  const out = fed.out + stream.finish().out;
  const state = stream.stateText();
  stream.close();
  return { out, state };
}

const texts = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", '"', "\\n\n", "é €"),
);
const delta = fc.record({
  text: texts,
  reasons: fc.boolean(),
  count: fc.integer({ min: 0, max: 1200 }),
  padding: fc.stringMatching(/^[A-Za-z0-9]{0,12}$/),
});
/** Long runs of either kind, as models write them. */
const deltas = fc
  .array(fc.tuple(fc.boolean(), fc.array(delta, { minLength: 1, maxLength: 8 })), { minLength: 1, maxLength: 4 })
  .map((runs) => runs.flatMap(([reasons, run]) => run.map((one) => ({ ...one, reasons }))));
const PAIRS = FORMATS.flatMap((provider) => CLIENT_FORMATS.map((client) => ({ provider, client })));

describe.each(PAIRS)("$provider to $client", ({ provider, client }) => {
  const { opening, delta: write, closing, silent } = BUILDERS[provider];

  test("come to the same as those that are read", () => {
    fc.assert(
      fc.property(deltas, (list) => {
        const events = [...opening, ...list.map(write), ...closing];
        expect(answer(provider, client, events)).toEqual(answer(provider, client, [...events.flatMap((event) => [silent, event])]));
      }),
      { numRuns: 60 },
    );
  });

  const changes = fc.array(
    fc.record({
      event: fc.nat(40),
      at: fc.nat(400),
      remove: fc.nat(2),
      insert: fc.constantFrom("", "0", "7", "00", ".", "-", '"', "}", "a", ","),
    }),
    { minLength: 1, maxLength: 3 },
  );
  test("nor are those taken for alike that are broken or other ones", () => {
    fc.assert(
      fc.property(deltas, changes, (list, edits) => {
        const events = list.map(write);
        for (const { event, at, remove, insert } of edits) {
          const index = event % events.length;
          const old = events[index] as string;
          const from = at % old.length;
          events[index] = old.slice(0, from) + insert + old.slice(from + remove);
        }
        const all =
          provider === "bedrock_converse" ? [...opening, ...events.filter(isJson), ...closing] : [...opening, ...events, ...closing];
        expect(answer(provider, client, all)).toEqual(answer(provider, client, [...all.flatMap((event) => [silent, event])]));
      }),
      { numRuns: 120 },
    );
  });
});

/** The fixture reads a message's type out of its text. */
function isJson(text: string): boolean {
  try {
    return Object.keys(JSON.parse(text) as object).length === 1;
  } catch {
    return false;
  }
}

test("the usage of the last event counts, though the stream breaks off behind it", () => {
  const { opening, delta: write } = BUILDERS.gemini;
  const events = [...opening, ...[3, 5, 8, 13].map((count, index) => write({ text: "a", reasons: false, count, padding: "" }, index))];
  for (const client of CLIENT_FORMATS)
    expect(JSON.parse(answer("gemini", client, events).state)).toMatchObject({ summary: { inputTokens: 9, outputTokens: 13 } });
});
