import type { IncomingHttpHeaders } from "node:http";

/** One request as it came in, body read whole. */
export interface ProviderRequest {
  method: string;
  /** Path with its query, as on the request line. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * One event with the frame around it: a server-sent event complete with its blank line, or a message of a binary stream. `content` marks what a client would show or run (text, thinking, tool
 * arguments); `terminal` marks the event that ends a stream well. Fault injection cuts by these marks.
 */
export interface StreamFrame {
  data: string | Buffer;
  mark: "preamble" | "content" | "closing" | "terminal";
}

export interface WholeReply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface StreamReply {
  status: number;
  headers: Record<string, string>;
  frames: StreamFrame[];
}

export type Reply = WholeReply | StreamReply;

export function isStream(reply: Reply): reply is StreamReply {
  return "frames" in reply;
}

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asString(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** The text of a message: a string, or the parts of type `text` of either format. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const texts = asArray(content).map((part) => (isObject(part) && part.type === "text" ? asString(part.text) : null));
  return texts.filter((text) => text !== null).join("\n");
}

/** Deeper documents are refused as no JSON; schemas and tool inputs stay far below. */
const JSON_DEPTH_MAX = 256;

/** A body as JSON; null when it is not UTF-8, not JSON or too deep (`JSON.parse` never answers undefined, so null is wrapped). */
export function parseJson(body: Buffer): { value: unknown } | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return nestsDeeper(value, JSON_DEPTH_MAX) ? null : { value };
  } catch {
    return null;
  }
}

function nestsDeeper(value: unknown, depthMax: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) return true;
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
  }
  return false;
}
