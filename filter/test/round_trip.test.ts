// Random requests and answers in the words that all APIs share: through each pair of APIs and back they are what they were, but for what the
// table of fields (docs/fields.md) says is dropped on the way.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { CLIENT_FORMATS, Facade } from "./facade.ts";
import { ANTHROPIC_MESSAGES } from "./field_table/anthropic_messages.ts";
import { OPENAI_CHAT } from "./field_table/openai_chat.ts";
import { OPENAI_RESPONSES } from "./field_table/openai_responses.ts";
import type { ClientName, Row } from "./field_table/row.ts";
import { eventsOf, saidInEvents } from "./recordings/said.ts";

type Json = { [name: string]: unknown };

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const TABLE: Record<ClientName, Row[]> = {
  openai_chat: OPENAI_CHAT,
  anthropic_messages: ANTHROPIC_MESSAGES,
  openai_responses: OPENAI_RESPONSES,
};
/** Models that take all of what is said here. */
const MODELS: Record<ClientName, string> = { openai_chat: "gpt-4o", anthropic_messages: "claude-sonnet-4-5", openai_responses: "gpt-4o" };
const RUNS = Number(process.env.ROUND_TRIP_RUNS ?? 80);
const PAIRS = CLIENT_FORMATS.flatMap((one) => CLIENT_FORMATS.filter((other) => other !== one).map((other) => [one, other] as const));

const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== "" && text.isWellFormed());
const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
const json = fc.jsonValue({ maxDepth: 3 }).filter((value) => !/\\ud[89a-f]/i.test(JSON.stringify(value)));
const toolArguments = fc.dictionary(word, json, { maxKeys: 4 }).map((value) => JSON.stringify(value));
const image = fc
  .base64String({ minLength: 4, maxLength: 16 })
  .map((data) => ({ type: "image_url", image_url: { url: `data:image/png;base64,${data}` } }));
const userContent = fc.oneof(
  word,
  fc.tuple(word, image).map(([text, picture]) => [{ type: "text", text }, picture]),
);
const call = fc.record({ name, arguments: toolArguments, result: word });
const turn = fc.record({ user: userContent, assistant: word, calls: fc.array(call, { maxLength: 3 }) });
const schema = fc.uniqueArray(name, { minLength: 1, maxLength: 3 }).map((names) => ({
  type: "object",
  properties: Object.fromEntries(names.map((one) => [one, { type: "string" }])),
  required: names,
  additionalProperties: false,
}));
const tools = fc.uniqueArray(fc.record({ name, description: word, parameters: schema }), {
  selector: (tool) => tool.name,
  minLength: 1,
  maxLength: 3,
});

/** A number that is written in one way only. */
const share = fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10);
const options = fc.record(
  {
    sampling: fc.oneof(
      share.map((temperature) => ({ temperature })),
      share.map((top_p) => ({ top_p })),
    ),
    stop: fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 1, maxLength: 4 }),
    response_format: schema.map((one) => ({ type: "json_schema", json_schema: { name: "output", strict: true, schema: one } })),
    parallel_tool_calls: fc.constant(false),
    logprobs: fc.nat(20).map((top_logprobs) => ({ logprobs: true, top_logprobs })),
  },
  { requiredKeys: [] },
);
const choice = fc.constantFrom("required", "none", "named", null);

function choiceOf(kind: string | null, first: string): Json {
  if (kind === null) return {};
  return { tool_choice: kind === "named" ? { type: "function", function: { name: first } } : kind };
}

/** A request of OpenAI's chat API. */
const request = fc
  .record({ system: fc.option(word), turns: fc.array(turn, { minLength: 1, maxLength: 4 }), last: userContent, tools, choice, options })
  .map(({ system, turns, last, tools: declared, choice: kind, options: { sampling, logprobs, ...fields } }) => {
    let count = 0;
    const messages = turns.flatMap(({ user, assistant, calls }) => {
      const made = calls.map((one) => ({ ...one, id: `call_${count++}` }));
      const tool_calls = made.map((one) => ({ id: one.id, type: "function", function: { name: one.name, arguments: one.arguments } }));
      return [
        { role: "user", content: user },
        { role: "assistant", content: assistant, ...(made.length > 0 ? { tool_calls } : {}) },
        ...made.map(({ id, result }) => ({ role: "tool", tool_call_id: id, content: result })),
        ...(made.length > 0 ? [{ role: "assistant", content: "done" }] : []),
      ];
    });
    return {
      model: MODELS.openai_chat,
      max_tokens: 100,
      messages: [...(system === null ? [] : [{ role: "system", content: system }]), ...messages, { role: "user", content: last }],
      tools: declared.map((one) => ({ type: "function", function: one })),
      // The switch stands inside of Anthropic's tool choice, whose default is then said as well.
      ...choiceOf(kind ?? (fields.parallel_tool_calls === false ? "auto" : null), declared[0]?.name ?? ""),
      ...sampling,
      ...logprobs,
      ...fields,
      // Where no tool may be called, how many may be is nothing that Anthropic's API has words for.
      ...(kind === "none" ? { parallel_tool_calls: undefined } : {}),
    };
  });

function translated(from: ClientName, to: ClientName, body: string): string {
  const result = facade.translateRequest(from, to, body, MODELS[to]);
  if ("problem" in result) throw new Error(`${result.problem.param}: ${result.problem.message}`);
  return result.body;
}

/** Whether the table says that a top-level field is dropped. */
function isDropped(from: ClientName, to: ClientName, field: string): boolean {
  const row = TABLE[from].find((one) => one.field.split(/[ ,]+/)[0] === field);
  return row?.to[to] === "dropped";
}

/** Every request to OpenAI's Responses API says that nothing is to be stored, and details of images that are its default. */
function compared(fields: Json): unknown {
  return JSON.parse(
    JSON.stringify({ ...fields, store: undefined }, (key, value) => (key === "detail" && value === "auto" ? undefined : value)),
  );
}

describe("a request is what it was", () => {
  test.each(PAIRS)("of %s, by %s", (one, other) => {
    fc.assert(
      fc.property(request, (chat) => {
        const start = one === "openai_chat" ? JSON.stringify(chat) : translated("openai_chat", one, JSON.stringify(chat));
        const back = JSON.parse(translated(other, one, translated(one, other, start))) as Json;
        const kept = Object.entries(JSON.parse(start) as Json).filter(([field]) => !isDropped(one, other, field));
        expect(compared(back)).toEqual(compared(Object.fromEntries(kept)));
      }),
      { numRuns: RUNS },
    );
  });
});

/** How likely tokens were. Every format tells a token's bytes by the token when the provider does not. */
const likely = fc
  .record({ token: word, tenths: fc.integer({ min: 0, max: 99 }) })
  .map(({ token, tenths }) => ({ token, bytes: [...Buffer.from(token)], logprob: tenths === 0 ? 0 : -tenths / 10 }));
const logprobs = fc.array(
  fc
    .record({ chosen: likely, top_logprobs: fc.array(likely, { maxLength: 3 }) })
    .map(({ chosen, top_logprobs }) => ({ ...chosen, top_logprobs })),
  { minLength: 1, maxLength: 4 },
);

/** Pages that an answer rests on: each with how far it is to where the stretch begins, and how long that is. */
const sources = fc.array(fc.record({ url: fc.webUrl(), title: word, gap: fc.nat(3), length: fc.integer({ min: 1, max: 3 }) }), {
  maxLength: 3,
});

function annotationsOf(content: string, cited: { url: string; title: string; gap: number; length: number }[]): object[] {
  const characters = [...content].length;
  let at = 0;
  return cited.flatMap(({ url, title, gap, length }) => {
    const start_index = at + gap;
    at = start_index + length;
    return at > characters ? [] : [{ type: "url_citation", url_citation: { start_index, end_index: at, title, url } }];
  });
}

/** A whole answer of OpenAI's chat API. */
const answer = fc
  .record({
    content: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(" ")),
    cited: sources,
    made: fc.array(fc.record({ name, arguments: toolArguments }), { maxLength: 3 }),
    tokens: fc.tuple(fc.nat(900), fc.nat(900)),
    told: fc.option(logprobs),
  })
  .map(({ content, cited, made, tokens: [read, written], told }) => {
    const tool_calls = made.map((one, index) => ({ id: `call_${index}`, type: "function", function: one }));
    const annotations = annotationsOf(content, cited);
    const message = {
      role: "assistant",
      content,
      refusal: null,
      ...(annotations.length > 0 ? { annotations } : {}),
      ...(made.length > 0 ? { tool_calls } : {}),
    };
    const usage = {
      prompt_tokens: 1000 + read,
      completion_tokens: written,
      total_tokens: 1000 + read + written,
      prompt_tokens_details: { cached_tokens: read },
      completion_tokens_details: { reasoning_tokens: 0 },
    };
    const choices = [
      { index: 0, message, logprobs: told && { content: told, refusal: null }, finish_reason: made.length > 0 ? "tool_calls" : "stop" },
    ];
    return { id: "a", object: "chat.completion", created: 1_760_000_000, model: "m", choices, usage };
  });

function answered(provider: ClientName, client: ClientName, body: string): string {
  const { result, body: written } = facade.translateResponse(provider, client, body, { wantsLogprobs: true });
  expect(result).toBe("rewritten");
  return written;
}

/** A streamed answer of OpenAI's chat API: text in pieces, then calls whose arguments come in two pieces each. */
const streamedAnswer = fc
  .record({
    texts: fc.array(fc.tuple(word, fc.option(logprobs)), { minLength: 1, maxLength: 5 }),
    cited: sources,
    made: fc.array(fc.record({ name, arguments: toolArguments, cut: fc.nat(50) }), { maxLength: 3 }),
  })
  .map(({ texts, cited, made }) => {
    const chunk = (delta: object, finish_reason: string | null = null, told: object[] | null = null) => {
      const choice = { index: 0, delta, logprobs: told && { content: told, refusal: null }, finish_reason };
      return `data: ${JSON.stringify({ id: "a", object: "chat.completion.chunk", created: 1, model: "m", choices: [choice] })}\n\n`;
    };
    const pieces = made.flatMap(({ name: called, arguments: args, cut }, index) => {
      const middle = [...args].slice(0, cut).join("").length;
      return [
        { index, id: `call_${index}`, type: "function", function: { name: called, arguments: "" } },
        { index, function: { arguments: args.slice(0, middle) } },
        { index, function: { arguments: args.slice(middle) } },
      ];
    });
    return [
      chunk({ role: "assistant", content: "" }),
      ...texts.map(([content, told]) => chunk({ content }, null, told)),
      chunk({ annotations: annotationsOf(texts.map(([content]) => content).join(""), cited) }),
      ...pieces.map((piece) => chunk({ tool_calls: [piece] })),
      chunk({}, made.length > 0 ? "tool_calls" : "stop"),
      "data: [DONE]\n\n",
    ].join("");
  });

function streamed(provider: ClientName, client: ClientName, stream: string, chunkBytes: number): string {
  const bytes = Buffer.from(stream);
  const opened = facade.openStream(provider, client, { includeUsage: true, wantsLogprobs: true, searchesWeb: true });
  let out = "";
  for (let at = 0; at < bytes.length; at += chunkBytes) out += opened.feed(bytes.subarray(at, at + chunkBytes)).out;
  out += opened.finish().out;
  expect(opened.state()).toMatchObject({ terminalSeen: 1 });
  opened.close();
  return out;
}

function annotationsIn(stream: string, withPlaces: boolean): unknown[] {
  const chunks = eventsOf(stream) as { choices?: { delta: { annotations?: { url_citation: { url: string } }[] } }[] }[];
  const annotations = chunks.flatMap(({ choices }) => choices?.[0]?.delta.annotations ?? []);
  return withPlaces ? annotations : annotations.map((one) => one.url_citation.url);
}

/** What a stream of OpenAI's chat API tells of its tokens. */
function likelyTokensIn(stream: string): unknown[] {
  const chunks = eventsOf(stream) as { choices?: { logprobs: { content: unknown[] } | null }[] }[];
  return chunks.flatMap(({ choices }) => choices?.[0]?.logprobs?.content ?? []);
}

describe("a stream says what it said, cut anywhere", () => {
  test.each(PAIRS)("of %s, by %s", (one, other) => {
    fc.assert(
      fc.property(streamedAnswer, fc.integer({ min: 1, max: 200 }), (chat, size) => {
        const start = one === "openai_chat" ? chat : streamed("openai_chat", one, chat, size);
        const back = streamed(other, one, streamed(one, other, start, size), size);
        expect(saidInEvents(one, eventsOf(back))).toEqual(saidInEvents("openai_chat", eventsOf(chat)));
        if (one !== "openai_chat") return;
        const isKept = other === "openai_responses";
        expect(likelyTokensIn(back)).toEqual(isKept ? likelyTokensIn(chat) : []);
        // Anthropic's API tells what a block rests on, and no more of where in it.
        expect(annotationsIn(back, isKept)).toEqual(annotationsIn(chat, isKept));
      }),
      { numRuns: RUNS },
    );
  });
});

/** The URLs that an answer of OpenAI's rests on, and its text. Its parts and annotations are taken out. */
function takePages(format: ClientName, answer: Json): unknown {
  if (format === "openai_chat") {
    const { message } = (answer.choices as { message: Json }[])[0] ?? { message: {} };
    const annotations = (message.annotations ?? []) as { url_citation: { url: string } }[];
    delete message.annotations;
    return annotations.map((one) => one.url_citation.url);
  }
  const item = (answer.output as Json[])[0] ?? {};
  const parts = item.content as { text: string; annotations: { url: string }[] }[];
  delete item.content;
  return [parts.map(({ text }) => text).join(""), parts.flatMap(({ annotations }) => annotations.map(({ url }) => url))];
}

describe("an answer is what it was", () => {
  test.each(PAIRS)("of %s, by %s", (one, other) => {
    fc.assert(
      fc.property(answer, (chat) => {
        const start = one === "openai_chat" ? JSON.stringify(chat) : answered("openai_chat", one, JSON.stringify(chat));
        const told = JSON.parse(start);
        const back = JSON.parse(answered(other, one, answered(one, other, start)));
        if (other === "anthropic_messages") {
          // A text is cut there at the stretches that rest on something, and white space between them belongs to one of them.
          expect(takePages(one, back)).toEqual(takePages(one, told));
        }
        // Anthropic's API has no place for logprobs.
        if (one === "openai_chat" && other === "anthropic_messages") told.choices[0].logprobs = null;
        expect(back).toEqual(told);
      }),
      { numRuns: RUNS },
    );
  });
});
