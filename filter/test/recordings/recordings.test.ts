// Real answers of real providers, translated for the clients of every API, however they are cut: a folder beside the repository or in
// RECORDINGS_DIR has them (its README says whence). What is in the folder is read and translated, or refused for a reason that stands here.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accumulated, type ClientFormat } from "../accumulated.ts";
import { type AnyFormatName, CLIENT_FORMATS, Facade, FORMATS, type FormatName } from "../facade.ts";
import { MODELS } from "../models.ts";
import { type Replays, randomCuts, seededRandom } from "../replays.ts";
import { type ResponsesEvent, responsesStreamProblem } from "../responses_api.ts";
import { type Recorded, readRecordings } from "./recorded.ts";
import { eventsOf, saidIn, saidInEvents } from "./said.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const FOLDER = path.resolve(ROOT, process.env.RECORDINGS_DIR ?? "../shared/recordings");
/** Another seed cuts long streams in other places. */
const SEED = Number(process.env.RECORDINGS_SEED ?? 1);

/** Every stream comes in chunks of each size up to this. */
const CHUNK_BYTES_MAX = 64;
/** Streams up to this are cut in two in every place, longer ones in random places. */
const SPLIT_EVERYWHERE_BYTES_MAX = 16 * 1024;
const RANDOM_SPLITS = 50;
const RANDOM_CUTS_MAX = 40;

const present = fs.existsSync(FOLDER);
if (!present && process.env.RECORDINGS_DIR !== undefined) throw new Error(`RECORDINGS_DIR: there is no folder ${FOLDER}`);
if (!present) test.skip(`recordings: there is no folder ${path.relative(ROOT, FOLDER)}, and RECORDINGS_DIR names no other`, () => {});

/** What is refused: the recording's name, what is said of it, and why that is right. */
const REFUSED: { name: RegExp; says: RegExp; because: string }[] = [
  {
    name: /^google\/.*(?:tool-call-arguments|no-args-tool-call|tool-call-array-arguments)/,
    says: /^other clients: The provider's stream contradicts itself/,
    because: "arguments in pieces, which Vertex sends only when `streamFunctionCallArguments` asks for them; no translated request does",
  },
  { name: /^anthropic\/spliced-/, says: /^other clients: .* contradicts itself/, because: "a proxy put it together out of two answers" },
  {
    name: /^openai\/responses\/parallel-tool-call-wrapper.*chunks/,
    says: /not valid JSON/,
    because: "its first and last lines lack their brackets",
  },
  {
    name: /chat-audio-to-text\.yaml, request/,
    says: /^anthropic_messages: .*audio cannot be sent.*; openai_responses: .*audio cannot be sent/,
    because: "neither API takes audio",
  },
  { name: /chat-multimodal\.yaml, request/, says: /^bedrock_converse: .*URLs of images/, because: "Converse takes images as bytes alone" },
  { name: /chat-no-messages\.yaml, request/, says: /^openai_chat: messages: must not be empty/, because: "OpenAI refuses it as well" },
];
/** APIs that the gateway does not have: their requests get a 404. */
const NOT_OFFERED = /^the gateway has no \/v1\/(?:completions|images\/generations|audio\/(?:transcriptions|translations))$/;

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const { recordings, skipped } = present ? readRecordings(FOLDER) : { recordings: [], skipped: [] };
const counts = new Map<string, number>();
const refusals = new Map<string, string[]>();

function count(recorded: Recorded, outcome: "read" | "translated" | "refused"): void {
  const key = `${recorded.kind} ${outcome}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Null when the recording came through for every client, otherwise why it did not. */
async function outcomeOf(recorded: Recorded): Promise<string | null> {
  if (recorded.format === null) {
    expect(facade.formatOfPath(recorded.path)).toBe(-1);
    return `the gateway has no ${recorded.path}`;
  }
  if (recorded.kind === "request") return requestOutcome(recorded, recorded.format);
  if (recorded.kind === "stream") return streamOutcome(recorded, recorded.format as FormatName);
  for (const client of clientsOf(recorded.format)) {
    if (recorded.kind === "error") checkError(recorded, recorded.format, client);
    else checkAnswer(recorded, recorded.format, client);
  }
  return null;
}

/** Embeddings are passed on in their own format alone. */
function clientsOf(format: AnyFormatName): readonly AnyFormatName[] {
  return isForAnswers(format) ? CLIENT_FORMATS : [format];
}

function isForAnswers(format: AnyFormatName): format is FormatName {
  return (FORMATS as readonly string[]).includes(format);
}

function requestOutcome({ bytes }: Recorded, from: AnyFormatName): string | null {
  const reasons = (isForAnswers(from) ? FORMATS : [from]).flatMap((to) => {
    const result = facade.translateRequest(from, to, bytes, isForAnswers(to) ? MODELS[to] : "m");
    if ("body" in result) {
      JSON.parse(result.body);
      return [];
    }
    expect(result.problem.status).toBe(400);
    return [`${to}: ${result.problem.message}`];
  });
  return reasons.length > 0 ? reasons.join("; ") : null;
}

async function streamOutcome(recorded: Recorded, format: FormatName): Promise<string | null> {
  const reasons = new Set<string>();
  for (const client of CLIENT_FORMATS) {
    const replays = facade.replays(format, client, recorded.bytes, { includeUsage: true });
    const { out, state } = replays.whole;
    checkCuts(recorded, replays);
    if (state.errorSeen === 1) expect(out).toContain(state.error.message);
    else if (state.terminalSeen === 0) reasons.add(`${client === format ? "its own clients" : "other clients"}: ${state.error.message}`);
    else if (!REFUSED.some(({ name }) => name.test(recorded.name))) await checkStream(recorded, format, client, replays);
  }
  return reasons.size > 0 ? [...reasons].join("; ") : null;
}

async function checkStream(
  recorded: Recorded,
  format: FormatName,
  client: ClientFormat,
  { whole: { out, state } }: Replays,
): Promise<void> {
  const said = saidInEvents(format, recorded.events);
  if (said.text !== "" || said.calls.length > 0) expect(state.contentSeen).toBe(1);
  if (COUNTS_OUTPUT.test(JSON.stringify(recorded.events))) expect(state.summary.outputTokens).toBeGreaterThanOrEqual(0);
  expect(state.summary.stopReason).toBeGreaterThan(0);
  if (client === format) {
    expect(out).toBe(Buffer.from(recorded.bytes).toString());
    return;
  }
  const events = eventsOf(out);
  expect(saidInEvents(client, events)).toEqual(said);
  expect(saidIn(client, await accumulated(client, out))).toEqual(said);
  if (client === "openai_responses") expect(responsesStreamProblem(events as ResponsesEvent[])).toBeNull();
}

/** The number of tokens of an answer, in each format. */
const COUNTS_OUTPUT = /"(?:completion_tokens|output_tokens|candidatesTokenCount|outputTokens)":\d/;

/** However the stream is cut, the client gets the same. */
function checkCuts(recorded: Recorded, replays: Replays): void {
  const length = recorded.bytes.length;
  expect(replays.otherInChunks(CHUNK_BYTES_MAX)).toBeNull();
  if (length < SPLIT_EVERYWHERE_BYTES_MAX) {
    expect(replays.otherInTwo()).toBeNull();
    return;
  }
  const random = seededRandom(SEED);
  for (let i = 0; i < RANDOM_SPLITS; i++) {
    const places = randomCuts(random, length, 1 + Math.floor(random() * RANDOM_CUTS_MAX));
    expect(replays.otherCutAt(places), `seed ${SEED}, cut at ${places.join(", ")}`).toBeNull();
  }
}

function checkAnswer({ bytes }: Recorded, format: AnyFormatName, client: AnyFormatName): void {
  const { result, body, summary } = facade.translateResponse(format, client, bytes);
  const text = Buffer.from(bytes).toString();
  expect({ result, outputTokens: summary.outputTokens }).toEqual({
    result: client === format ? "unchanged" : "rewritten",
    outputTokens: isForAnswers(format) && COUNTS_OUTPUT.test(text) ? expect.toSatisfy((tokens: number) => tokens >= 0) : expect.anything(),
  });
  if (client === format) return;
  const answer = JSON.parse(body);
  expect(answer.usage).toBeDefined();
  expect(saidIn(client as FormatName, answer)).toEqual(saidIn(format as FormatName, JSON.parse(text)));
}

function checkError({ bytes, status }: Recorded, format: AnyFormatName, client: AnyFormatName): void {
  const { error, body } = facade.providerError(format, client, status, bytes);
  const { error: recorded } = JSON.parse(Buffer.from(bytes).toString()) as { error: { message: string } };
  expect(error).toMatchObject({ status, message: recorded.message });
  expect(JSON.parse(body)).toMatchObject({ error: { message: recorded.message } });
  // A provider may send it with status 200 as well.
  if (isForAnswers(format)) expect(facade.translateResponse(format, client, bytes).result).toBe("provider error");
}

describe.runIf(present)("recordings", () => {
  test("none is skipped", () => {
    expect(skipped).toEqual([]);
    expect(recordings.length).toBeGreaterThan(0);
  });

  test.each(recordings.map((recorded) => [recorded.name, recorded] as const))("%s", async (name, recorded) => {
    count(recorded, "read");
    const reason = await outcomeOf(recorded);
    count(recorded, reason === null ? "translated" : "refused");
    const expected = REFUSED.find((one) => one.name.test(name));
    if (reason !== null) {
      const told = expected === undefined ? reason : `${expected.because} (${reason.split(";")[0]})`;
      refusals.set(told, [...(refusals.get(told) ?? []), name]);
    }
    expect(reason ?? "translated").toMatch(recorded.format === null ? NOT_OFFERED : (expected?.says ?? /^translated$/));
  });

  afterAll(() => console.log(summary()));
});

function summary(): string {
  const kinds = ["request", "answer", "stream", "error"];
  const row = (kind: string) => ["read", "translated", "refused"].map((outcome) => counts.get(`${kind} ${outcome}`) ?? 0);
  const streamed = recordings.filter(({ kind, format }) => kind === "stream" && format !== null);
  const split = streamed.filter(({ bytes }) => bytes.length < SPLIT_EVERYWHERE_BYTES_MAX).length;
  const replayed =
    `  each stream for ${CLIENT_FORMATS.length} APIs in chunks of 1 to ${CHUNK_BYTES_MAX} bytes; ${split} cut in two in every place, ` +
    `${streamed.length - split} in ${RANDOM_SPLITS} random ways each`;
  const lines = kinds.map((kind) => {
    const [read, translated, refused] = row(kind);
    return `  ${kind}s: ${read} read, ${translated} translated, ${refused} refused`;
  });
  const reasons = [...refusals].map(([reason, names]) => `  refused, ${reason}: ${names.join(", ")}`);
  const skips = skipped.map(({ name, reason }) => `  skipped, ${reason}: ${name}`);
  return [`recordings, seed ${SEED}: ${skipped.length} files skipped`, ...lines, replayed, ...reasons, ...skips].join("\n");
}
