// Events for tests, as the filter would tell them of requests that are just over.

import type { AttemptEvent, GatewayEvent } from "./gateway_event.ts";

type Answer = {
  /** Of a stream; left out of a whole answer. */
  readonly firstToken_ms?: number;
  readonly outputTokens?: number;
  readonly duration_ms?: number;
  readonly at_ms?: number;
};

export function answered(
  model: string,
  { firstToken_ms, outputTokens = 101, duration_ms = 1_000, at_ms = Date.now() }: Answer = {},
): GatewayEvent {
  const streamed = firstToken_ms !== undefined;
  const first = streamed ? { first_token_ms: firstToken_ms } : {};
  return {
    started_ms: at_ms - duration_ms,
    client_format: "openai_chat",
    streamed,
    candidates: [model],
    attempts: [{ model, status: 200, ...first, duration_ms }],
    status: 200,
    answered_by: model,
    end: "complete",
    finish_reason: "stop",
    input_tokens: 20,
    output_tokens: outputTokens,
    ...first,
    duration_ms,
  };
}

/** A request all of whose attempts failed; each took no time. */
export function failed(attempts: readonly Omit<AttemptEvent, "duration_ms">[], at_ms: number = Date.now()): GatewayEvent {
  return {
    started_ms: at_ms,
    client_format: "openai_chat",
    streamed: false,
    candidates: attempts.map(({ model }) => model),
    attempts: attempts.map((attempt) => ({ ...attempt, duration_ms: 0 })),
    status: attempts.at(-1)?.status ?? 503,
    end: "complete",
    duration_ms: 0,
  };
}

export function timedOut(model: string, duration_ms: number): GatewayEvent {
  return { ...failed([{ model, error: "timeout" }]), attempts: [{ model, error: "timeout", duration_ms }], duration_ms };
}
