/**
 * How a mock provider treats one request. Behaviours that speak of events have their counterpart for whole replies: "before
 * content" is then before the first byte of the body, "after content" in the middle of it.
 */
export type Behaviour =
  /** The demo engine's own answer, or its refusal of a malformed request. */
  | { kind: "answer" }
  /** An error status with the format's true error body; `headers` come on top (for a 429 `retry-after`, by default "1"). */
  | { kind: "status"; status: number; headers?: Record<string, string>; message?: string }
  /** Reads the request, then resets the connection (RST, or RST_STREAM on HTTP/2) without a byte of an answer. */
  | { kind: "reset" }
  | { kind: "hang before headers" }
  /** 200 and headers, then nothing. */
  | { kind: "hang after headers" }
  /** 200, headers and keep-alives without end: `ping` events, comments, or white space before a whole reply's JSON. */
  | { kind: "pings forever"; intervalMs?: number }
  /** 200 with an HTML page, as proxies in front of a provider send. */
  | { kind: "html" }
  /** 200 and an error inside of the answer: as its first event, after the events that precede content, or after content. */
  | { kind: "error event"; at: "first" | "before content" | "after content"; status?: number }
  /** The connection breaks. */
  | { kind: "cut"; at: Cut }
  /** The answer ends cleanly but without its terminal events: a stream as if complete, a whole reply as half a JSON. */
  | { kind: "end early"; at: Cut }
  /** 200 without a body. */
  | { kind: "empty" }
  | { kind: "invalid json" }
  /** A binary stream with one bit changed: in its first message, or behind content. Other answers are not changed. */
  | { kind: "damaged"; at: "first" | "after content" }
  /** The answer's text, made `textBytes` long. */
  | { kind: "huge"; textBytes: number }
  /** What a provider once answered: the path of a recording (see recordings.ts). */
  | { kind: "replay"; file: string };

export type Cut = "before content" | "after content";

/** How the bytes of an answer go out; each can be set for a provider and, over that, for one behaviour. */
export interface Pace {
  /** Before the response headers. */
  delayMs?: number;
  /** Between a stream's events, or between pieces where `chunkBytes` is set. */
  chunkIntervalMs?: number;
  /** Cuts the body into pieces of these sizes, again and again, whatever the boundaries of its events. */
  chunkBytes?: number | readonly number[];
}

export type PacedBehaviour = Behaviour & Pace;
