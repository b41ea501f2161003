// What the benchmark has to know of a wire format: how its API is asked, how it answers, and what a client reads out of that.

import type { Turn } from "../workload.ts";

/** What a provider finds in a request. */
export interface Asked {
  model: string;
  stream: boolean;
  /** Each turn as `role: text`, a line break between two. */
  conversation: string;
  tokens_max: number | undefined;
}

/** What a client finds in a reply. */
export interface Seen {
  text: string;
  stopped: boolean;
  input: number | undefined;
  output: number | undefined;
}

/** A provider's side of a format. */
export interface WireFormat {
  id: string;
  title: string;
  /** What comes behind the origin in the provider's `base_url`. */
  basePath: string;
  /** Whether a request is of this API, by its path (with the query). */
  serves(path: string): boolean;
  read(path: string, body: unknown): Asked;
  reply(text: string): string;
  streamType: string;
  /** A stream's bytes as the provider writes them: the opening, one piece each with an event of content, the end. */
  streamWrites(contentChunks: number): (string | Buffer)[];
}

/** A format that clients speak too. */
export interface ClientFormat extends WireFormat {
  path: string;
  /** Credentials are sent along, as a client would. */
  headers: readonly string[];
  request(model: string, stream: boolean, turns: readonly Turn[]): unknown;
  readWhole(reply: never): Seen;
  /** What is seen in a stream, or what is wrong with it. */
  readStream(data: readonly string[]): Seen | string;
}

/** The text of a message's content, be it one string or parts. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((part: { text?: string }) => part.text ?? "").join("") : "";
}

export function conversationOf(turns: readonly { role?: string; content?: unknown }[]): string {
  const nameOf = (role = "user") => (role === "developer" ? "system" : role === "model" ? "assistant" : role);
  return turns.map(({ role, content }) => `${nameOf(role)}: ${textOf(content)}`).join("\n");
}

/** A server-sent event, as APIs that name their events by `type` write it. */
export function namedEvent(value: { type: string }): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}
