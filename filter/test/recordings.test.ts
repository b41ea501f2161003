// Real answers of real providers, translated: a folder beside the repository or in RECORDINGS_DIR has them (its README says whence).
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { eventStreamOf } from "./event_stream_fixture.ts";
import { CLIENT_FORMATS, Facade, FORMATS, type FormatName, type StreamState } from "./facade.ts";
import { type ResponsesEvent, responsesStreamProblem } from "./responses_api.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const FOLDER = path.resolve(ROOT, process.env.RECORDINGS_DIR ?? "../shared/recordings");
/** Where providers that speak each format have their recordings. */
const FOLDERS: Record<FormatName, string[]> = {
  openai_chat: ["openai/chat", "deepseek/chat", "groq", "mistral", "xai"],
  anthropic_messages: ["anthropic"],
  openai_responses: ["openai/responses", "xai/responses"],
  gemini: ["google"],
  bedrock_converse: ["amazon-bedrock"],
};
/** Chunks of these sizes besides whole streams: each is another place to cut. */
const CHUNK_SIZES_BYTES = [1, 2, 3, 7, 16, 61, 64, 1000];
/** Larger streams are cut into the larger sizes only, for the time it takes. */
const SMALL_STREAM_BYTES_MAX = 40_000;

const present = fs.existsSync(FOLDER);
if (!present && process.env.RECORDINGS_DIR !== undefined) throw new Error(`RECORDINGS_DIR: there is no folder ${FOLDER}`);
if (!present) test.skip(`recordings: there is no folder ${path.relative(ROOT, FOLDER)}, and RECORDINGS_DIR names no other`, () => {});

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

interface Recording {
  name: string;
  format: FormatName;
  text: string;
}

function recordingsOf(ending: string): Recording[] {
  if (!present) return [];
  return FORMATS.flatMap((format) =>
    FOLDERS[format].flatMap((folder) =>
      fs
        .readdirSync(path.join(FOLDER, folder))
        .filter((file) => file.endsWith(ending))
        .map((file) => ({ name: `${folder}/${file}`, format, text: fs.readFileSync(path.join(FOLDER, folder, file), "utf8") })),
    ),
  );
}

/** Recorded streams are one event's data a line; the frame around it is put back. Of a tool loop, a recording may have several answers. */
function streamsOf({ format, text }: Recording): Buffer[] {
  return format === "bedrock_converse" ? [eventStreamOf(text)] : textStreamsOf(format, text).map((stream) => Buffer.from(stream));
}

function textStreamsOf(format: FormatName, text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (format === "openai_chat") return [`${lines.map((line) => `data: ${line}\n\n`).join("")}data: [DONE]\n\n`];
  if (format === "gemini") return [lines.map((line) => `data: ${line}\r\n\r\n`).join("")];
  const streams = [""];
  for (const line of lines) {
    const type = /"type": ?"([^"]+)"/.exec(line)?.[1] ?? "";
    streams[streams.length - 1] += `event: ${type}\ndata: ${line}\n\n`;
    if (type === "message_stop" || type === "response.completed" || type === "response.failed") streams.push("");
  }
  return streams.filter((stream) => stream !== "");
}

function replay(recording: Recording, client: FormatName, bytes: Uint8Array, chunkBytes: number): { out: string; state: StreamState } {
  const stream = facade.openStream(recording.format, client, true);
  let out = "";
  for (let at = 0; at < bytes.length; at += chunkBytes) out += stream.feed(bytes.subarray(at, at + chunkBytes)).out;
  out += stream.finish().out;
  const state = stream.state();
  stream.close();
  return { out, state };
}

/** A recording whose first and last lines lack their last bracket. */
const MALFORMED = "openai/responses/parallel-tool-call-wrapper.1.chunks.txt";
/** A recording of an answer that failed before its first content. */
const FAILED = "openai/responses/openai-error.1.chunks.txt";
/** Recordings of an answer that is an error. */
const ERRORS: Record<string, string> = {
  "reasoning-model-legacy-parameter-error.json": "max_completion_tokens",
  "openai-error.1.json": "quota",
  "reasoning-model-temperature-error.json": "temperature",
};
/** A recording of an answer whose usage counts no output: a tool's program had called a further one. */
const NO_OUTPUT_COUNTED = "programmatic-tool-calling.2.json";
/**
 * Arguments of tool calls in pieces, which only a request to Vertex with `streamFunctionCallArguments` gets; translated requests have no such
 * field, and what cannot be told is refused rather than told without its arguments.
 */
const ARGUMENT_PIECES = /tool-call-arguments|no-args-tool-call|tool-call-array-arguments/;

/** Recordings of streams that end without their usage. */
const UNCOUNTED = /^amazon-bedrock\/.*json-(?:tool\.|with-tool)/;

/** A recording of an answer that a proxy spliced together out of two. */
const SPLICED = "anthropic/spliced-message-start.chunks.txt";

describe.runIf(present)("recordings", () => {
  const streams = recordingsOf(".chunks.txt").flatMap((recording) =>
    streamsOf(recording).map((stream, index) => [recording.name, index, recording, stream] as const),
  );
  test.each(streams)("%s, stream %i", (name, _, recording, bytes) => {
    for (const client of CLIENT_FORMATS) {
      const whole = replay(recording, client, bytes, bytes.length);
      if (name === SPLICED) {
        expect(whole.state.terminalSeen).toBe(client === recording.format ? 1 : 0);
        continue;
      }
      if (name === MALFORMED) {
        expect(whole.state).toMatchObject({ contentSeen: 0, terminalSeen: 0 });
        expect(whole.out).toContain("not valid JSON");
        continue;
      }
      if (name === FAILED) {
        expect(whole.state).toMatchObject({ contentSeen: 0, terminalSeen: 0, errorSeen: 1, error: { code: "insufficient_quota" } });
        continue;
      }
      if (recording.format === "gemini" && ARGUMENT_PIECES.test(name)) {
        expect(whole.state).toMatchObject({ terminalSeen: 0, errorSeen: 0 });
        expect(whole.state.error.message).toContain("contradicts itself");
        continue;
      }
      expect(whole.state).toMatchObject({ contentSeen: 1, terminalSeen: 1, errorSeen: 0 });
      expect(whole.state.summary.outputTokens).toBeGreaterThanOrEqual(UNCOUNTED.test(name) ? -1 : 0);
      expect(whole.state.summary.stopReason).toBeGreaterThan(0);
      if (client === "openai_responses" && client !== recording.format) expect(responsesStreamProblem(dataOf(whole.out))).toBeNull();
      if (client !== recording.format) expect(textOf(client, whole.out)).toBe(saidIn(recording, bytes));
      for (const size of CHUNK_SIZES_BYTES.filter((size) => size > 16 || bytes.length < SMALL_STREAM_BYTES_MAX)) {
        expect(replay(recording, client, bytes, size)).toEqual(whole);
      }
    }
  });

  test.each(recordingsOf(".json").map((recording) => [recording.name, recording] as const))("%s", (name, recording) => {
    for (const client of CLIENT_FORMATS) {
      const { result, body, summary, error } = facade.translateResponse(recording.format, client, recording.text);
      if (name.endsWith("429-retry-info.json")) {
        expect({ result, code: error.code, status: error.status }).toEqual({
          result: "provider error",
          code: "RESOURCE_EXHAUSTED",
          status: 429,
        });
        continue;
      }
      const said = ERRORS[path.basename(name)];
      if (said !== undefined) {
        expect(result).toBe("provider error");
        expect(error.message).toContain(said);
        continue;
      }
      expect(result).toBe(client === recording.format ? "unchanged" : "rewritten");
      expect(summary.outputTokens).toBeGreaterThanOrEqual(name.endsWith(NO_OUTPUT_COUNTED) ? 0 : 1);
      if (result === "rewritten") expect(Object.keys(JSON.parse(body) as object)).toContain("usage");
    }
  });
});

/** The data of a Responses stream's events. */
function dataOf(stream: string): ResponsesEvent[] {
  const lines = stream.split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line) => JSON.parse(line.slice(6)) as ResponsesEvent);
}

interface Delta {
  content?: string | { type: string; text?: string }[] | null;
}

interface GeminiEvent {
  candidates?: { content?: { parts?: { text?: string; thought?: boolean }[] } }[];
}

function geminiTextOf({ candidates }: GeminiEvent): string {
  const parts = candidates?.[0]?.content?.parts ?? [];
  return parts.map(({ text, thought }) => (thought === true ? "" : (text ?? ""))).join("");
}

/** What a recording's answer says in words. */
function saidIn({ format, text }: Recording, bytes: Buffer): string {
  if (format !== "bedrock_converse") return textOf(format, bytes.toString());
  const events = text.split("\n").filter((line) => line.trim() !== "");
  return events
    .map((line) => (JSON.parse(line) as { contentBlockDelta?: { delta: { text?: string } } }).contentBlockDelta?.delta.text ?? "")
    .join("");
}

/** The text of an answer, put together from its stream. */
function textOf(format: FormatName, stream: string): string {
  const events = stream
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map(
      (line) =>
        JSON.parse(line.slice(6)) as {
          type?: string;
          delta?: { type?: string; text?: string };
          choices?: { delta: Delta }[];
        } & GeminiEvent,
    );
  if (format === "anthropic_messages") return events.map((event) => (event.delta?.type === "text_delta" ? event.delta.text : "")).join("");
  if (format === "openai_responses") return events.map(({ type, delta }) => (type === "response.output_text.delta" ? delta : "")).join("");
  if (format === "gemini") return events.map(geminiTextOf).join("");
  const contents = events.map((event) => event.choices?.[0]?.delta.content ?? "");
  return contents.map((content) => (typeof content === "string" ? content : content.map((part) => part.text ?? "").join(""))).join("");
}
