// Every golden, as TypeScript, against the types of the API that it is for: what a provider gets against the provider's, what a client gets
// against the client's. The compiler finds fields that the API does not have, lacks or has in another type.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { FORMATS } from "../facade.ts";
import { type FixtureKind, goldensOf } from "../golden.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const GENERATED = path.join(ROOT, "filter/build/api_types");
/** What wire.ts calls the types of each kind, by format. */
const TYPES: Record<FixtureKind, string> = { requests: "Requests", responses: "Responses", streams: "Events", errors: "Errors" };
const TSC_DEADLINE_MS = 110_000;
const OUTPUT_BYTES_MAX = 1 << 28;

interface Value {
  name: string;
  type: string;
  json: unknown;
}

interface Golden {
  body?: unknown;
  events?: { data?: unknown }[];
}

/** A request that was refused has no body, and comments of a stream have no data. */
function bodiesIn({ body, events = [] }: Golden): unknown[] {
  return [body, ...events.map(({ data }) => data)].filter((value) => value !== undefined);
}

function goldenValues(): Value[] {
  const kinds = Object.entries(TYPES) as [FixtureKind, string][];
  return FORMATS.flatMap((format) =>
    kinds.flatMap(([kind, type]) =>
      goldensOf(format, kind).flatMap(({ name, target, golden }) =>
        bodiesIn(golden as Golden).map((json) => ({
          name: `${format}/goldens/${kind}/${name}.${target}`,
          type: `${type}["${target}"]`,
          json,
        })),
      ),
    ),
  );
}

/** What the compiler says of values that are of another type than they should be. */
function mistakesIn(folder: string, values: Value[]): string[] {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const imports = `import type { ${Object.values(TYPES).join(", ")} } from "../../../test/api_types/wire.ts";`;
  // One value a line: a mistake's line says whose it is.
  const lines = values.map(({ type, json }, index) => `export const value${index}: ${type} = ${JSON.stringify(json)};`);
  fs.writeFileSync(path.join(folder, "values.ts"), [imports, ...lines, ""].join("\n"));
  const project = { extends: "../../../../tsconfig.json", include: ["values.ts"], exclude: [] };
  fs.writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(project));
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout, error } = spawnSync(process.execPath, [tsc, "--project", folder, "--pretty", "false"], {
    timeout: TSC_DEADLINE_MS,
    encoding: "utf8",
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (error !== undefined) throw error;
  const told = stdout.split("\n").filter((line) => line !== "");
  return told.map((line) => line.replace(/^.*values\.ts\((\d+),\d+\)/, (_, at: string) => values[Number(at) - 2]?.name ?? "?"));
}

test("every golden is what the SDK of its API has types for", { timeout: 120_000 }, () => {
  const values = goldenValues();
  expect(values.length).toBeGreaterThan(1000);
  expect(mistakesIn(path.join(GENERATED, "goldens"), values)).toEqual([]);
});

test("a field too many, one too few, and one of another type are found, at any depth", { timeout: 120_000 }, () => {
  const delta = { index: 0, delta: { content: "x" }, finish_reason: null };
  const chunk = { id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices: [delta] };
  const { object: _, ...lacking } = chunk;
  const message = (part: object) => ({ contents: [{ role: "user", parts: [part] }] });
  const wrong = [
    ['Events["openai_chat"]', { ...chunk, choices: [{ ...delta, delta: { content: "x", contents: "y" } }] }],
    ['Events["openai_chat"]', lacking],
    ['Events["openai_chat"]', { ...chunk, created: "1" }],
    ['Events["anthropic_messages"]', { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "x", index: 0 } }],
    ['Events["openai_responses"]', { type: "response.completed", sequence_number: 1, response: {} }],
    ['Requests["anthropic_messages"]', { model: "m", max_tokens: 1, messages: [{ role: "system2", content: "x" }] }],
    ['Requests["openai_responses"]', { model: "m", input: "x", max_tokens: 1 }],
    ['Requests["gemini"]', message({ txt: "x" })],
    ['Requests["gemini"]', { ...message({ text: "x" }), generationConfig: { thinkingConfig: { thinkingLevel: "low" } } }],
    ['Requests["bedrock_converse"]', { messages: [{ role: "user", content: [{ text: 1 }] }] }],
    ['Requests["bedrock_converse"]', { messages: [], inferenceConfig: { topK: 1 } }],
    ['Errors["anthropic_messages"]', { type: "error", error: { type: "server_error", message: "m" } }],
  ].map(([type, json], index) => ({ name: `wrong ${index}`, type: type as string, json }));
  const mistakes = mistakesIn(path.join(GENERATED, "wrong"), wrong);
  for (const { name } of wrong)
    expect(
      mistakes.some((mistake) => mistake.startsWith(`${name}: `)),
      name,
    ).toBe(true);
});
