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
  switch (candidate.outcome) {
    case Outcome.Answered:
      out.ascii(";status=");
      writeInteger(out, candidate.status);
      break;
    case Outcome.StreamError:
      out.ascii(";error=stream-error");
      break;
    case Outcome.ConnectFailure:
      out.ascii(";error=connect-failure");
      break;
    case Outcome.Timeout:
      out.ascii(";error=timeout");
      break;
    default:
      out.ascii(";error=reset");
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
  writeInteger(out, exchange.decision_us / 1000);
  out.byte(0x2e);
  const thousandths = exchange.decision_us % 1000;
  if (thousandths < 100) out.byte(0x30);
  if (thousandths < 10) out.byte(0x30);
  writeInteger(out, thousandths);
}
