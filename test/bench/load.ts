// The orders that the load client takes and the answers it gives, as messages between the two processes.

interface Target {
  port: number;
  /** The format that the client speaks; the provider behind may speak another. */
  api: string;
  /** As the client names it: "openai/bench-1", "router:bench". */
  model: string;
  /** Where the API is, when that is not its own path. */
  path?: string | undefined;
  /** No byte of the provider's reply may change on its way. */
  exact: boolean;
}

/** Whole replies on keep-alive connections, each connection asking again as soon as it has its answer. */
export interface WholeLoad extends Target {
  load: "whole";
  requests: number;
  connections: number;
  /** Whether the conversation has 100 KB more. */
  long?: boolean;
}

/** Whole replies at a steady rate, whatever the answers take (an open loop). */
export interface RateLoad extends Target {
  load: "rate";
  requests: number;
  rate_per_s: number;
}

/** Streams, `concurrent` of them at a time until there have been `streams`; started 1 ms apart. */
export interface StreamLoad extends Target {
  load: "streams";
  streams: number;
  concurrent: number;
  chunks: number;
  /** Whether the provider takes its time between two chunks. */
  paced: boolean;
}

export type LoadOrder = WholeLoad | RateLoad | StreamLoad;

export interface LoadResult {
  /** Time from the first request to the last byte of the last reply. */
  elapsed_ms: number;
  replies: number;
  /** Pieces that the replies arrived in. */
  reads: number;
  /** Replies with a wrong status or byte; the first of them in words. */
  wrong: number;
  first_wrong: string | null;
  /** One a reply, in the order of their ends: time to the last byte, and what `server-timing` names as the resolver's own time (0 without). */
  latencies_ms: number[];
  resolve_ms: number[];
  /** Time between two pieces of a reply, of all streams of a paced load, the 99th percentile; null of other loads. */
  gap_p99_ms: number | null;
}

export type LoadMessage = { type: "ready" } | { type: "done"; result: LoadResult } | { type: "failed"; error: string };
