import { Bytes } from "../bytes/bytes";
import { writeInteger } from "../bytes/numbers";
import { Candidate, Exchange, Outcome } from "./exchange";

/**
 * The attempts in their order, as a header says them: `openai/gpt-5.4;status=429, anthropic/claude-sonnet-5;status=200`, or with
 * `error=` and why where there was no status to speak of.
 */
export function writeAttempts(exchange: Exchange, out: Bytes): void {
  out.clear();
  appendAttempts(exchange, out);
}

export function appendAttempts(exchange: Exchange, out: Bytes): void {
  for (let i: u32 = 0; i < exchange.attemptCount; i++) {
    if (i > 0) out.ascii(", ");
    const candidate = exchange.candidates[i];
    out.appendBytes(candidate.id);
    appendOutcome(candidate, out);
  }
}

function appendOutcome(candidate: Candidate, out: Bytes): void {
  if (candidate.outcome == Outcome.Answered) {
    out.ascii(";status=");
    writeInteger(out, candidate.status);
    return;
  }
  out.ascii(";error=");
  out.ascii(candidate.outcome == Outcome.Pending ? "reset" : errorName(candidate.outcome));
}

/** Why an attempt has no status to speak of; empty for one that has, or that is under way. */
export function errorName(outcome: Outcome): string {
  switch (outcome) {
    case Outcome.StreamError:
      return "stream-error";
    case Outcome.ConnectFailure:
      return "connect-failure";
    case Outcome.Timeout:
      return "timeout";
    case Outcome.Reset:
      return "reset";
    default:
      return "";
  }
}

/**
 * What routing took, in milliseconds: the resolver's and the ranking's share as brightstaff measured them, and the whole of the decision
 * as this side saw it.
 * @see https://www.w3.org/TR/server-timing/
 */
export function writeTiming(exchange: Exchange, out: Bytes): void {
  out.clear();
  if (exchange.resolve_ms.length > 0) {
    out.ascii("resolve;dur=");
    out.appendBytes(exchange.resolve_ms);
    out.ascii(", rank;dur=");
    out.appendBytes(exchange.rank_ms);
    out.ascii(", ");
  }
  out.ascii("decision;dur=");
  writeThousandths(out, exchange.decision_us);
}

/** Appends a number that is counted in thousandths: milliseconds from microseconds. */
export function writeThousandths(out: Bytes, value: u64): void {
  writeInteger(out, value / 1000);
  out.byte(0x2e);
  const thousandths = value % 1000;
  if (thousandths < 100) out.byte(0x30);
  if (thousandths < 10) out.byte(0x30);
  writeInteger(out, thousandths);
}
