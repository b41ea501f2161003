import { Ajv, type JSONSchemaType } from "ajv";

/** Why an attempt got no answer that could be passed on. */
export type AttemptError = "connect-failure" | "timeout" | "reset" | "stream-error";

/** One attempt of a request. With neither `status` nor `error` it was under way when the client left. */
export type AttemptEvent = {
  readonly model: string;
  readonly status?: number;
  readonly error?: AttemptError;
  /** As the provider sent it: seconds, or an HTTP date. */
  readonly retry_after?: string;
  /** From the attempt's begin to the first content of a stream. */
  readonly first_token_ms?: number;
  readonly duration_ms: number;
};

/**
 * What the filter tells of one request when it is over, as in docs/telemetry.md. What is not known is left out: a count of tokens that no
 * provider gave, a time to first token where nothing was streamed.
 */
export type GatewayEvent = {
  /** Since 1970. */
  readonly started_ms: number;
  readonly request_id?: string;
  readonly client_format: string;
  readonly router?: string;
  readonly route?: string;
  readonly decision_ms?: number;
  readonly streamed?: boolean;
  readonly candidates?: readonly string[];
  readonly attempts: readonly AttemptEvent[];
  readonly status?: number;
  readonly answered_by?: string;
  readonly end: "complete" | "broken" | "client_left";
  readonly finish_reason?: string;
  readonly input_tokens?: number;
  readonly cached_input_tokens?: number;
  readonly cache_write_tokens?: number;
  readonly output_tokens?: number;
  readonly reasoning_tokens?: number;
  /** From the request's first byte to the first content of a stream. */
  readonly first_token_ms?: number;
  readonly duration_ms: number;
};

export type EventBatch = {
  readonly events: readonly GatewayEvent[];
  /** Events that the filter had no room for since its last batch. */
  readonly dropped: number;
  /** Lines that are no events, each one lost. */
  readonly unreadable: number;
};

const NAME = { type: "string", maxLength: 1024 } as const;
const COUNT = { type: "integer", minimum: 0 } as const;
const MILLISECONDS = { type: "number", minimum: 0 } as const;
const STATUS = { type: "integer", minimum: 100, maximum: 599 } as const;
const CANDIDATES_MAX = 64;

/** Further keys are for a filter that is newer than this. */
const EVENT_SCHEMA = {
  type: "object",
  required: ["started_ms", "client_format", "attempts", "end", "duration_ms"],
  properties: {
    started_ms: COUNT,
    request_id: NAME,
    client_format: NAME,
    router: NAME,
    route: NAME,
    decision_ms: MILLISECONDS,
    streamed: { type: "boolean" },
    candidates: { type: "array", maxItems: CANDIDATES_MAX, items: NAME },
    attempts: {
      type: "array",
      maxItems: CANDIDATES_MAX,
      items: {
        type: "object",
        required: ["model", "duration_ms"],
        properties: {
          model: NAME,
          status: STATUS,
          error: { enum: ["connect-failure", "timeout", "reset", "stream-error"] },
          retry_after: NAME,
          first_token_ms: MILLISECONDS,
          duration_ms: MILLISECONDS,
        },
      },
    },
    status: STATUS,
    answered_by: NAME,
    end: { enum: ["complete", "broken", "client_left"] },
    finish_reason: NAME,
    input_tokens: COUNT,
    cached_input_tokens: COUNT,
    cache_write_tokens: COUNT,
    output_tokens: COUNT,
    reasoning_tokens: COUNT,
    first_token_ms: MILLISECONDS,
    duration_ms: MILLISECONDS,
  },
};

const ajv = new Ajv();
const isEvent = ajv.compile<GatewayEvent>(EVENT_SCHEMA);
const DROPS_SCHEMA: JSONSchemaType<{ dropped: number }> = { type: "object", required: ["dropped"], properties: { dropped: COUNT } };
const isDrops = ajv.compile(DROPS_SCHEMA);

/** Reads a batch as the filter sends it: a line of JSON for each event, and one, {"dropped": n}, where there were drops. */
export function readEventBatch(body: string): EventBatch {
  const events: GatewayEvent[] = [];
  let dropped = 0;
  let unreadable = 0;
  for (const line of body.split("\n")) {
    if (line === "") continue;
    const value = parse(line);
    if (isEvent(value)) events.push(value);
    else if (isDrops(value)) dropped += value.dropped;
    else unreadable += 1;
  }
  return { events, dropped, unreadable };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** When an event's request was over, in milliseconds since 1970. */
export function endOf({ started_ms, duration_ms }: GatewayEvent): number {
  return started_ms + duration_ms;
}

/** The time that each output token but the first took, of a stream that is whole; undefined where that is not known. */
export function timePerOutputToken_ms({ end, attempts, output_tokens: tokens }: GatewayEvent): number | undefined {
  const last = attempts.at(-1);
  if (end !== "complete" || last?.first_token_ms === undefined || tokens === undefined || tokens < 2) return undefined;
  return Math.max(0, last.duration_ms - last.first_token_ms) / (tokens - 1);
}
