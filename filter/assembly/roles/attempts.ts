import { now_ns } from "../host/clock";
import { Literal } from "../host/literal";
import { getProperty } from "../host/property";
import { actOn } from "../host/stream";
import { Candidate, Exchange, Outcome } from "./exchange";

/**
 * This side's address of the attempt's connection: there is no such attribute when it got none.
 * @see https://www.envoyproxy.io/docs/envoy/v1.40.0/intro/arch_overview/advanced/attributes
 */
const UPSTREAM_LOCAL_ADDRESS = new Literal("upstream\0local_address");
/** Envoy's timers count from the event loop's own time, which may be some milliseconds behind the clock. */
const TIMER_TOLERANCE_MS: u64 = 50;
const NS_PER_MS: u64 = 1_000_000;

/** @returns the candidate that Envoy now tries, in this context; null past the end of the list */
export function beginAttempt(exchange: Exchange, context: u32): Candidate | null {
  exchange.responder = 0;
  exchange.failureMessage.clear();
  exchange.completeBy_ns = 0;
  if (exchange.attemptCount == exchange.candidateCount) return null;
  exchange.openAttempt = context;
  const candidate = exchange.candidates[exchange.attemptCount++];
  candidate.begin(now_ns());
  return candidate;
}

/** An attempt has ended. One that nothing was heard of had no connection, or took too long, or was cut. */
export function settleAttempt(exchange: Exchange, candidate: Candidate): void {
  if (candidate.outcome != Outcome.Pending) return;
  const elapsed_ms = (now_ns() - candidate.started_ns) / NS_PER_MS;
  // The request's own place can be asked when the attempt's no longer can.
  actOn(exchange.id);
  if (getProperty(UPSTREAM_LOCAL_ADDRESS).length == 0) candidate.settle(Outcome.ConnectFailure, 0);
  else if (elapsed_ms + TIMER_TOLERANCE_MS >= exchange.answerWithin_ms) candidate.settle(Outcome.Timeout, 0);
  else candidate.settle(Outcome.Reset, 0);
}
