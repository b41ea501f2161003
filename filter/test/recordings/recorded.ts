// Reads a folder of recorded provider traffic: every file of it becomes one or more recordings, or a skip with its reason.
import fs from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { eventStreamOf } from "../event_stream_fixture.ts";
import type { AnyFormatName, FormatName } from "../facade.ts";
import { eventsOf } from "./said.ts";

export interface Recorded {
  name: string;
  kind: "request" | "answer" | "stream" | "error";
  /** The URL's path, where the recording has it. */
  path: string;
  format: AnyFormatName | null;
  bytes: Uint8Array;
  /** The data of a stream's events. */
  events: unknown[];
  /** Of an answer or an error. */
  status: number;
}

/** What cannot be read, and why. */
export interface Skipped {
  name: string;
  reason: string;
}

/** Which format the answers of each folder are in; null are those of an API that the gateway does not offer, at `path`. */
const FOLDERS: Record<string, { format: FormatName | null; path?: string }> = {
  "amazon-bedrock": { format: "bedrock_converse" },
  anthropic: { format: "anthropic_messages" },
  "deepseek/chat": { format: "openai_chat" },
  google: { format: "gemini" },
  groq: { format: "openai_chat" },
  mistral: { format: "openai_chat" },
  "openai/chat": { format: "openai_chat" },
  "openai/completion": { format: null, path: "/v1/completions" },
  "openai/responses": { format: "openai_responses" },
  xai: { format: "openai_chat" },
  "xai/responses": { format: "openai_responses" },
};
const CASSETTES = "openai/cassettes";
/** The formats of a cassette's paths; other paths are of APIs that the gateway does not offer. */
const PATHS: Record<string, AnyFormatName> = { "/v1/chat/completions": "openai_chat", "/v1/embeddings": "openai_embeddings" };
/** Azure's path names a deployment before the API's own. */
const AZURE_PATH = /^\/openai\/deployments\/[^/]+/;
/** What describes the folder. */
const NO_RECORDINGS = ["README.md"];

export function readRecordings(root: string): { recordings: Recorded[]; skipped: Skipped[] } {
  const recordings: Recorded[] = [];
  const skipped: Skipped[] = [];
  const files = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files) {
    const name = path.relative(root, path.join(entry.parentPath, entry.name));
    if (NO_RECORDINGS.includes(name)) continue;
    const text = fs.readFileSync(path.join(root, name), "utf8");
    const folder = FOLDERS[path.dirname(name)];
    if (path.dirname(name) === CASSETTES && name.endsWith(".yaml")) recordings.push(...cassette(name, text));
    else if (folder === undefined) skipped.push({ name, reason: "its folder is not known, so its format is not either" });
    else if (name.endsWith(".json")) recordings.push(answer(name, folder, text));
    else if (name.endsWith(".chunks.txt")) recordings.push(...streams(name, folder, text));
    else skipped.push({ name, reason: "neither .json nor .chunks.txt" });
  }
  const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);
  return { recordings: recordings.sort(byName), skipped: skipped.sort(byName) };
}

function answer(name: string, { format, path: urlPath = "" }: { format: AnyFormatName | null; path?: string }, text: string): Recorded {
  // A whole OpenAI response has "error": null.
  const { error, type } = JSON.parse(text) as { error?: { code?: unknown } | null; type?: string };
  const isError = type === "error" || (error !== undefined && error !== null);
  const status = isError ? (typeof error?.code === "number" ? error.code : 400) : 200;
  return { name, kind: isError ? "error" : "answer", path: urlPath, format, bytes: Buffer.from(text), events: [], status };
}

/** Of a tool loop, a recording may have several answers. The frame around each event is put back. */
function streams(name: string, { format, path: urlPath = "" }: { format: FormatName | null; path?: string }, text: string): Recorded[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const base = { kind: "stream", path: urlPath, format, status: 200 } as const;
  if (format === "bedrock_converse") return [{ ...base, name, bytes: eventStreamOf(text), events: lines.map((line) => JSON.parse(line)) }];
  const parts = splitAnswers(format, lines);
  return parts.map((part, index) => ({
    ...base,
    name: parts.length > 1 ? `${name}#${index + 1}` : name,
    bytes: framed(format, part),
    events: eventsIn(part),
  }));
}

function eventsIn(lines: string[]): unknown[] {
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return []; // there is a recording with lines that are cut
    }
  });
}

function typeOf(line: string): string {
  return /"type": ?"([^"]+)"/.exec(line)?.[1] ?? "";
}

function splitAnswers(format: FormatName | null, lines: string[]): string[][] {
  if (format !== "anthropic_messages" && format !== "openai_responses") return [lines];
  const answers: string[][] = [[]];
  for (const line of lines) {
    answers.at(-1)?.push(line);
    if (["message_stop", "response.completed", "response.failed"].includes(typeOf(line))) answers.push([]);
  }
  return answers.filter((one) => one.length > 0);
}

function framed(format: FormatName | null, lines: string[]): Buffer {
  if (format === "gemini") return Buffer.from(lines.map((line) => `data: ${line}\r\n\r\n`).join(""));
  if (format === "openai_chat") return Buffer.from(`${lines.map((line) => `data: ${line}\n\n`).join("")}data: [DONE]\n\n`);
  return Buffer.from(lines.map((line) => `event: ${typeOf(line)}\ndata: ${line}\n\n`).join(""));
}

interface Interaction {
  request: { url: string; body: string };
  response: { body: string; code: number; headers: Record<string, string[]> };
}

/** A request and its answer, in the form of go-vcr. */
function cassette(name: string, text: string): Recorded[] {
  const { interactions } = parse(text) as { interactions: Interaction[] };
  return interactions.flatMap(({ request, response }) => {
    const urlPath = new URL(request.url).pathname.replace(AZURE_PATH, "/v1");
    const base = { path: urlPath, format: PATHS[urlPath] ?? null, events: [] as unknown[] };
    const isStream = (response.headers["Content-Type"] ?? []).some((type) => type.startsWith("text/event-stream"));
    const kind = response.code >= 400 ? "error" : isStream ? "stream" : "answer";
    return [
      { ...base, name: `${name}, request`, kind: "request", bytes: Buffer.from(request.body), status: 0 },
      {
        ...base,
        name: `${name}, ${kind}`,
        kind,
        bytes: Buffer.from(response.body),
        status: response.code,
        events: isStream ? eventsOf(response.body) : [],
      },
    ] satisfies Recorded[];
  });
}
