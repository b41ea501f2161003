// Every reader gets mutated fixtures and, where they are there, recordings. Nothing may trap or hang, what comes out must be well formed, and
// the module's memory stays what it was. FUZZ_SECONDS gives each kind more time, FUZZ_SEED another beginning.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventStreamOf } from "../event_stream_fixture.ts";
import { CLIENT_FORMATS, Facade, FORMATS, type FormatName } from "../facade.ts";
import { type FixtureKind, fixturesOf } from "../golden.ts";
import { MODELS } from "../models.ts";
import { type Recorded, readRecordings } from "../recordings/recorded.ts";
import { seededRandom } from "../replays.ts";
import { mutated } from "./mutations.ts";

const FOLDER = path.resolve(import.meta.dirname, "../../..", process.env.RECORDINGS_DIR ?? "../shared/recordings");
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 1);
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Longer texts are cut: short ones are mutated more often in the same time. */
const INPUT_BYTES_MAX = 16 * 1024;
/** A call takes microseconds; a machine that does other things may take this long for one. */
const CALL_MS_MAX = 2000;

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const recordings: Recorded[] = fs.existsSync(FOLDER) ? readRecordings(FOLDER).recordings : [];
const RECORDED_KINDS = { requests: "request", responses: "answer", streams: "stream", errors: "error" } as const;

/** What to begin from, of one kind and format. */
function seedsOf(format: FormatName, kind: FixtureKind): Uint8Array[] {
  const written = fs.existsSync(fixtureFolder(format, kind)) ? fixturesOf(format, kind).map(({ bytes }) => bytes) : [];
  const recorded = recordings.filter((one) => one.format === format && one.kind === RECORDED_KINDS[kind]).map(({ bytes }) => bytes);
  return [...written, ...recorded].map((bytes) => bytes.subarray(0, INPUT_BYTES_MAX));
}

function fixtureFolder(format: FormatName, kind: FixtureKind): string {
  return path.resolve(import.meta.dirname, "../../../test/fixtures", format, kind);
}

/** Bedrock's messages have checksums: what is behind them is reached by payloads that are mutated before they are framed. */
function framedAnew(random: () => number, others: Uint8Array[]): Uint8Array {
  const fixtures = fixturesOf("bedrock_converse", "streams");
  const { text = "" } = fixtures[Math.floor(random() * fixtures.length)] ?? {};
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  const at = Math.floor(random() * lines.length);
  const [[type, payload]] = Object.entries(JSON.parse(lines[at] ?? '{"x":0}') as object) as [[string, unknown]];
  if (type.startsWith("#")) return eventStreamOf(text);
  lines[at] = JSON.stringify({ "#raw": [type, mutated(Buffer.from(JSON.stringify(payload)), others, random, INPUT_BYTES_MAX).toString()] });
  return eventStreamOf(lines.join("\n"));
}

const rounds: string[] = [];

/** Runs `round` with one seed after another for as long as it may take, then the same seeds again: they must not take more memory each time. */
function fuzz(name: string, round: (random: () => number) => void): void {
  const run = (seed: number) => {
    const start = performance.now();
    try {
      round(seededRandom(seed));
    } catch (error) {
      throw new Error(`${name}, FUZZ_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    expect(performance.now() - start, `${name}, FUZZ_SEED=${seed}`).toBeLessThan(CALL_MS_MAX);
  };
  const end = performance.now() + (SECONDS * 1000) / 2;
  let seed = SEED;
  do run(seed++);
  while (performance.now() < end);
  const repeat = () => {
    for (let again = SEED; again < seed; again++) run(again);
    return facade.memoryBytes;
  };
  // A page may be all that the heap still lacked; what grows each time is a leak.
  const before = facade.memoryBytes;
  const settled = repeat();
  if (settled !== before) expect(repeat(), `${name}, from FUZZ_SEED=${SEED}: memory grew`).toBe(settled);
  rounds.push(`${name} ${(seed - SEED) * 2}`);
}

function picked<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

/** Server-sent events of a translated stream: each is whole JSON. */
function checkEvents(out: string): void {
  for (const line of out.split("\n")) if (line.startsWith("data: ") && line !== "data: [DONE]") JSON.parse(line.slice(6));
}

function feedInPieces(provider: FormatName, client: FormatName, bytes: Uint8Array, random: () => number): void {
  const stream = facade.openStream(provider, client, { includeUsage: random() < 0.5, wantsLogprobs: true, searchesWeb: true });
  let written = "";
  try {
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + Math.floor(random() * 2000);
      written += stream.feed(bytes.subarray(at, at + size)).out;
      at += size;
    }
    written += stream.finish().out;
    const { terminalSeen, errorSeen, error } = stream.state();
    if (provider !== client) checkEvents(written);
    if (terminalSeen === 0) expect(error.message, "a stream that is not whole ends with an error").not.toBe("");
    expect(terminalSeen === 1 && errorSeen === 1).toBe(false);
  } finally {
    stream.close();
  }
}

describe("mutated", () => {
  test("requests", { timeout: 600_000 }, () => {
    const seeds = CLIENT_FORMATS.map((format) => seedsOf(format, "requests"));
    fuzz("requests", (random) => {
      const index = Math.floor(random() * CLIENT_FORMATS.length);
      const from = CLIENT_FORMATS[index] as FormatName;
      const body = mutated(picked(seeds[index] ?? [], random), seeds.flat(), random, INPUT_BYTES_MAX);
      const to = picked(FORMATS, random);
      const result = facade.translateRequest(from, to, body, MODELS[to]);
      if ("problem" in result) {
        expect(result.problem.status).toBeGreaterThanOrEqual(400);
        expect(result.problem.message).not.toBe("");
        return;
      }
      JSON.parse(result.body);
      facade.routingView(from, body);
      facade.conversation(from, body);
    });
  });

  test("answers", { timeout: 600_000 }, () => {
    const seeds = FORMATS.map((format) => seedsOf(format, "responses"));
    fuzz("answers", (random) => {
      const index = Math.floor(random() * FORMATS.length);
      const body = mutated(picked(seeds[index] ?? [], random), seeds.flat(), random, INPUT_BYTES_MAX);
      const provider = FORMATS[index] as FormatName;
      const {
        result,
        body: written,
        error,
      } = facade.translateResponse(provider, picked(CLIENT_FORMATS, random), body, { wantsLogprobs: true, searchesWeb: true });
      if (result === "rewritten") JSON.parse(written);
      if (result !== "provider error") return;
      expect(error.status).toBeGreaterThanOrEqual(400);
      expect(error.message).not.toBe("");
    });
  });

  test("errors", { timeout: 600_000 }, () => {
    const seeds = FORMATS.map((format) => seedsOf(format, "errors"));
    fuzz("errors", (random) => {
      const index = Math.floor(random() * FORMATS.length);
      const body = mutated(picked(seeds[index] ?? [], random), seeds.flat(), random, INPUT_BYTES_MAX);
      const provider = FORMATS[index] as FormatName;
      const { error, body: written } = facade.providerError(
        provider,
        picked(CLIENT_FORMATS, random),
        400 + Math.floor(random() * 200),
        body,
      );
      expect(error.status).toBeGreaterThanOrEqual(400);
      expect(error.message).not.toBe("");
      JSON.parse(written);
    });
  });

  test("streams", { timeout: 600_000 }, () => {
    const seeds = FORMATS.map((format) => seedsOf(format, "streams"));
    fuzz("streams", (random) => {
      const index = Math.floor(random() * FORMATS.length);
      const provider = FORMATS[index] as FormatName;
      const isFramedAnew = provider === "bedrock_converse" && random() < 0.7;
      const bytes = isFramedAnew
        ? framedAnew(random, seeds.flat())
        : mutated(picked(seeds[index] ?? [], random), seeds[index] ?? [], random, INPUT_BYTES_MAX);
      feedInPieces(provider, picked(CLIENT_FORMATS, random), bytes, random);
    });
  });

  test("framing of both kinds, whatever follows what", { timeout: 600_000 }, () => {
    const seeds = FORMATS.flatMap((format) => seedsOf(format, "streams"));
    fuzz("framing", (random) => {
      const bytes = mutated(picked(seeds, random), seeds, random, INPUT_BYTES_MAX);
      facade.runFraming(bytes, 1 + Math.floor(random() * 3000));
    });
  });

  afterAll(() => console.log(`mutated inputs, FUZZ_SEED=${SEED}: ${rounds.join(", ")}`));
});
