import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { encodeEvent } from "../../brightstaff/src/demo_providers/bedrock/event_stream.ts";
import type { WireFormat } from "../../brightstaff/src/demo_providers/engine.ts";
import type { Reply, StreamFrame } from "../../brightstaff/src/demo_providers/wire.ts";

/** Recorded traffic is not part of the repository; tests that read it skip where it is not there. */
const FOLDER = resolve(process.env.RECORDINGS_DIR ?? join(import.meta.dirname, "../../../shared/recordings"));

/** Path of a recording below the recordings folder, or null with the reason printed once a file. */
export function findRecording(name: string): string | null {
  const file = join(FOLDER, name);
  if (existsSync(file)) return file;
  console.warn(`skipped: no recording ${name} (set RECORDINGS_DIR to the folder that has it)`);
  return null;
}

/** The events' data of a `*.chunks.txt` recording, one a line. */
export function readChunks(file: string): string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
}

export interface CassetteInteraction {
  request: { method: string; url: string; body: string };
  response: { code: number; headers: Record<string, string[]>; body: string };
}

/** Request and response pairs of a go-vcr cassette. */
export function readCassette(file: string): CassetteInteraction[] {
  return (parse(readFileSync(file, "utf8")) as { interactions: CassetteInteraction[] }).interactions;
}

/** A recording as the provider would have sent it: `*.chunks.txt` framed as a stream, a cassette's first answer, else a body. */
export function replayReply(format: WireFormat, file: string): Reply {
  if (file.endsWith(".chunks.txt")) {
    const contentType = format === "bedrock_converse" ? "application/vnd.amazon.eventstream" : "text/event-stream; charset=utf-8";
    return { status: 200, headers: { "content-type": contentType }, frames: frameChunks(format, readChunks(file)) };
  }
  if (file.endsWith(".yaml")) {
    const response = readCassette(file)[0]?.response;
    if (response === undefined) throw new Error(`${file} has no interaction`);
    const contentType = response.headers["Content-Type"]?.[0] ?? "application/json";
    return { status: response.code, headers: { "content-type": contentType }, body: response.body };
  }
  const body = readFileSync(file, "utf8");
  return { status: isErrorBody(body) ? 400 : 200, headers: { "content-type": "application/json" }, body };
}

function isErrorBody(body: string): boolean {
  return Object.hasOwn(JSON.parse(body) as object, "error");
}

const FRAMES: Readonly<Record<WireFormat, (data: string) => StreamFrame>> = {
  openai_chat: (data) => ({ data: `data: ${data}\n\n`, mark: markOfOpenaiChunk(data) }),
  anthropic_messages: (data) => namedFrame(data, (type) => ANTHROPIC_MARKS[type] ?? "preamble"),
  openai_responses: (data) => namedFrame(data, markOfResponsesEvent),
  gemini: (data) => ({ data: `data: ${data}\r\n\r\n`, mark: "content" }),
  bedrock_converse: bedrockFrame,
};

function frameChunks(format: WireFormat, chunks: string[]): StreamFrame[] {
  const frames = chunks.map(FRAMES[format]);
  if (format === "openai_chat") frames.push({ data: "data: [DONE]\n\n", mark: "terminal" });
  return frames;
}

/** An event that bears the name that its data says. */
function namedFrame(data: string, markOf: (type: string) => StreamFrame["mark"]): StreamFrame {
  const { type } = JSON.parse(data) as { type: string };
  return { data: `event: ${type}\ndata: ${data}\n\n`, mark: markOf(type) };
}

function markOfResponsesEvent(type: string): StreamFrame["mark"] {
  if (/^response\.(completed|incomplete|failed)$/.test(type)) return "terminal";
  if (type.endsWith(".delta")) return "content";
  return type.endsWith(".done") ? "closing" : "preamble";
}

const ANTHROPIC_MARKS: Record<string, StreamFrame["mark"]> = {
  content_block_delta: "content",
  content_block_stop: "closing",
  message_delta: "closing",
  message_stop: "terminal",
};

/** Recorded events are {"<type>": <payload>}. */
function bedrockFrame(recorded: string): StreamFrame {
  const [[type, payload]] = Object.entries(JSON.parse(recorded) as Record<string, unknown>) as [[string, unknown]];
  const mark = type === "metadata" ? "terminal" : type === "messageStart" ? "preamble" : type.endsWith("Stop") ? "closing" : "content";
  return { data: encodeEvent(type, JSON.stringify(payload)), mark };
}

function markOfOpenaiChunk(data: string): StreamFrame["mark"] {
  const { choices } = JSON.parse(data) as { choices?: { delta?: { content?: string; tool_calls?: unknown }; finish_reason?: string }[] };
  const choice = choices?.[0];
  if (choice === undefined || choice.finish_reason) return "closing";
  return choice.delta?.content || choice.delta?.tool_calls ? "content" : "preamble";
}
