import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ProviderEngine } from "../../brightstaff/src/demo_providers/engine.ts";
import { openaiRequestProblem } from "../../brightstaff/src/demo_providers/openai/validate.ts";
import { isObject, isStream } from "../../brightstaff/src/demo_providers/wire.ts";
import { findRecording, readCassette, readChunks, replayReply } from "./recordings.ts";

/**
 * Holds the demo providers against recorded answers of the real ones: the same keys with values of the same kinds. Where several
 * recordings are given, a key has to be in one of them, and a key that all of them have must not be missing.
 */

type Shape = Map<string, Set<string>>;

/** Paths of all values in a document with their JSON types; array positions fall together, and so do the fields of tool inputs and of their schemas. */
function shapeOf(value: unknown, path = "", shape: Shape = new Map()): Shape {
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  shape.set(path, (shape.get(path) ?? new Set()).add(kind));
  if (Array.isArray(value)) for (const item of value) shapeOf(item, `${path}[]`, shape);
  else if (isObject(value) && !/\.(?:input|parameters)$/.test(path))
    for (const [key, field] of Object.entries(value)) shapeOf(field, `${path}.${key}`, shape);
  return shape;
}

function expectSameShape(demo: unknown[], recorded: unknown[]): void {
  const recordedShapes = recorded.map((document) => shapeOf(document));
  for (const shape of demo.map((document) => shapeOf(document))) {
    for (const [path, kinds] of shape) {
      const known = recordedShapes.flatMap((recordedShape) => [...(recordedShape.get(path) ?? [])]);
      expect(known, `${path} of ${JSON.stringify(demo).slice(0, 300)}`).toEqual(expect.arrayContaining([...kinds]));
    }
    const always = [...(recordedShapes[0]?.keys() ?? [])].filter((path) =>
      recordedShapes.every((recordedShape) => recordedShape.has(path)),
    );
    // A list that is empty here and there says nothing of its items.
    for (const path of always.filter((candidate) => !candidate.includes("[]"))) expect(shape.has(path), `${path} is missing`).toBe(true);
  }
}

const WEATHER_SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const TOOLS = {
  openai_responses: [{ type: "function", name: "get_weather", description: "The weather", parameters: WEATHER_SCHEMA, strict: false }],
  openai_chat: [{ type: "function", function: { name: "get_weather", parameters: WEATHER_SCHEMA } }],
  anthropic_messages: [{ name: "get_weather", input_schema: WEATHER_SCHEMA }],
};
const MODELS = { openai_chat: "gpt-4.1-nano", anthropic_messages: "claude-sonnet-4-5", openai_responses: "gpt-5.1" };
/** Where each format has the question. */
const QUESTION = "What is the weather in Paris?";
const CHAT_QUESTION = { messages: [{ role: "user", content: QUESTION }], max_tokens: 2000 };
const ASKED = { openai_chat: CHAT_QUESTION, anthropic_messages: CHAT_QUESTION, openai_responses: { input: QUESTION } };

/** Demo answers to the same question without tools and with one that it calls: bodies, or the data of all events. */
function demoAnswers(format: keyof typeof MODELS, stream: boolean, fields: object = {}, toolsToo = true): unknown[] {
  const engine = new ProviderEngine();
  const headers = { "content-type": "application/json", "anthropic-version": "2023-06-01" };
  return (toolsToo ? [{}, { tools: TOOLS[format] }] : [{}]).flatMap((extra) => {
    const body = { model: MODELS[format], ...ASKED[format], stream, ...extra, ...fields };
    const reply = engine.respondAs(format, { method: "POST", path: "/", headers, body: Buffer.from(JSON.stringify(body)) });
    expect(reply.status, JSON.stringify(reply).slice(0, 500)).toBe(200);
    return isStream(reply) ? reply.frames.flatMap((frame) => dataOf(String(frame.data))) : [JSON.parse(reply.body)];
  });
}

function dataOf(frame: string): unknown[] {
  const data = frame.split("\ndata: ")[1] ?? frame.slice("data: ".length);
  return data.startsWith("[DONE]") ? [] : [JSON.parse(data)];
}

/** The JSON documents of recordings, or null where one is missing. */
function readAll(names: string[]): unknown[] | null {
  const files = names.map(findRecording);
  if (files.some((file) => file === null)) return null;
  return files.flatMap((file) => {
    if (file === null) return [];
    if (file.endsWith(".yaml")) return readCassette(file).map(({ response }) => JSON.parse(response.body));
    if (file.endsWith(".chunks.txt")) return readChunks(file).map((line) => JSON.parse(line));
    const reply = replayReply("openai_chat", file);
    return isStream(reply) ? [] : [JSON.parse(reply.body)];
  });
}

describe("demo answers have the shapes of recorded ones", () => {
  test("OpenAI, whole", ({ skip }) => {
    const recorded = readAll([
      "openai/chat/openai-text.json",
      "openai/cassettes/chat-tools.yaml",
      "openai/cassettes/chat-parallel-tools.yaml",
    ]);
    if (recorded === null) return skip("no recordings");
    const completions = recorded.filter((document) => isObject(document) && document.object === "chat.completion");
    expectSameShape(demoAnswers("openai_chat", false), completions);
  });

  test("OpenAI, streamed", ({ skip }) => {
    const recorded = readAll(["openai/chat/openai-text.chunks.txt"]);
    if (recorded === null) return skip("no recordings");
    const options = { stream_options: { include_usage: true } };
    // No stream with tool calls of OpenAI's own is among the recordings.
    const demo = demoAnswers("openai_chat", true, options, false);
    const isFinal = (chunk: unknown) => isObject(chunk) && chunk.usage !== null;
    const isNotFinal = (chunk: unknown) => !isFinal(chunk);
    expectSameShape(demo.filter(isNotFinal), recorded.filter(isNotFinal));
    expectSameShape(demo.filter(isFinal), recorded.filter(isFinal));
  });

  const RESPONSES_FIELDS = {
    store: false,
    include: ["reasoning.encrypted_content"],
    reasoning: { effort: "high", summary: "detailed" },
    parallel_tool_calls: true,
  };

  test("OpenAI's responses, whole", ({ skip }) => {
    const names = ["openai-reasoning-encrypted-content", "openai-phase", "parallel-tool-call-wrapper"];
    const recorded = readAll(names.map((name) => `openai/responses/${name}.1.json`));
    if (recorded === null) return skip("no recordings");
    expectSameShape(demoAnswers("openai_responses", false, RESPONSES_FIELDS), recorded);
  });

  test("OpenAI's responses, streamed, event by event", ({ skip }) => {
    const recorded = readAll(["openai/responses/openai-reasoning-encrypted-content.1.chunks.txt"]);
    if (recorded === null) return skip("no recordings");
    const demo = demoAnswers("openai_responses", true, RESPONSES_FIELDS);
    const typesOf = (events: unknown[]) => [...new Set(events.map((event) => (event as { type: string }).type))].sort();
    expect(typesOf(demo)).toEqual(typesOf(recorded));
    for (const type of typesOf(demo)) {
      const ofType = (event: unknown) => isObject(event) && event.type === type;
      expectSameShape(demo.filter(ofType), recorded.filter(ofType));
    }
  });

  test("Anthropic, whole", ({ skip }) => {
    const names = ["anthropic-text", "anthropic-json-tool.1", "anthropic-claude-opus-5-reasoning-high.1"].map(
      (name) => `anthropic/${name}.json`,
    );
    const recorded = readAll(names);
    if (recorded === null) return skip("no recordings");
    expectSameShape(demoAnswers("anthropic_messages", false), recorded);
    expectSameShape(demoAnswers("anthropic_messages", false, { thinking: { type: "enabled", budget_tokens: 1024 } }), recorded);
  });

  test("Anthropic, streamed, event by event", ({ skip }) => {
    const names = [
      "anthropic-text",
      "anthropic-json-tool.2",
      "anthropic-clear-thinking.1",
      "anthropic-code-execution-20260120-prompt-cache.1",
    ];
    const recorded = readAll(names.map((name) => `anthropic/${name}.chunks.txt`));
    if (recorded === null) return skip("no recordings");
    const demo = demoAnswers("anthropic_messages", true, { thinking: { type: "enabled", budget_tokens: 1024 } });
    const types = new Set(demo.map((event) => (event as { type: string }).type));
    expect([...types].sort()).toEqual(
      ["content_block_delta", "content_block_start", "content_block_stop", "message_delta", "message_start", "message_stop", "ping"].sort(),
    );
    for (const type of types) {
      const ofType = (event: unknown) => isObject(event) && event.type === type;
      expectSameShape(demo.filter(ofType), recorded.filter(ofType));
    }
  });
});

describe("recorded requests", () => {
  const cassettes = findRecording("openai/cassettes/chat-basic.yaml");
  const folder = cassettes === null ? null : dirname(cassettes);
  const files = folder === null ? [] : readdirSync(folder).filter((name) => name.startsWith("chat-"));

  test.skipIf(folder === null)("are taken or refused as OpenAI did, with the same error", () => {
    let compared = 0;
    for (const file of files) {
      for (const { request, response } of readCassette(join(folder ?? "", file))) {
        const body = JSON.parse(request.body) as { modalities?: string[] };
        // Audio answers are not part of the demo, and which models exist is its user's choice.
        if (response.code === 404 || body.modalities?.includes("audio")) continue;
        const problem = openaiRequestProblem(body);
        if (response.code === 200) expect(problem, file).toBeNull();
        else {
          const { status, ...error } = problem ?? { status: 200 };
          expect({ status, error }, file).toEqual({ status: response.code, ...JSON.parse(response.body) });
        }
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(15);
  });
});
