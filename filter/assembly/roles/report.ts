import { Bytes } from "../bytes/bytes";
import { writeInteger } from "../bytes/numbers";
import { HeaderBlock } from "../host/header_block";
import { HeaderMap } from "../host/headers";
import { Literal } from "../host/literal";
import * as names from "../host/names";
import { requestIdHeader } from "../translation";
import { settleAttempt } from "./attempts";
import { Candidate, Exchange, Outcome } from "./exchange";

const NO_ROUTE = new Literal("none");
const STATUS_OK: u32 = 200;

const headers = new HeaderBlock();
const timing = new Bytes();
const attempts = new Bytes();

/** Sets the headers that say which route, model and attempts led to the answer. */
export function describeAnswer(exchange: Exchange): void {
  headers.reset();
  addDescription(exchange, headers);
  headers.setIn(HeaderMap.Response);
}

/** Adds those headers to the ones of an answer of the gateway's own. */
export function addDescription(exchange: Exchange, to: HeaderBlock): void {
  if (exchange.isRouted) addRouting(exchange, to);
  addRequestId(exchange, to);
  if (exchange.attemptCount == 0) return;
  const candidate = exchange.candidates[exchange.attemptCount - 1];
  settleAttempt(exchange, candidate);
  if (exchange.responder != 0) to.add(names.SELECTED_MODEL, candidate.id.ptr, candidate.id.length);
  if (!exchange.isRouted && exchange.attemptCount == 1 && candidate.status == STATUS_OK) return; // there is no more to tell
  attempts.clear();
  appendAttempts(exchange, attempts);
  to.add(names.ATTEMPTS, attempts.ptr, attempts.length);
}

function addRouting(exchange: Exchange, to: HeaderBlock): void {
  if (exchange.route.length > 0) to.add(names.SELECTED_ROUTE, exchange.route.ptr, exchange.route.length);
  else to.addLiteral(names.SELECTED_ROUTE, NO_ROUTE);
  const confidence = exchange.confidence;
  if (confidence.length > 0) to.add(names.CONFIDENCE, confidence.ptr, confidence.length);
  writeTiming(exchange, timing);
  to.add(names.SERVER_TIMING, timing.ptr, timing.length);
  const state = exchange.session.state;
  if (state.length > 0) to.add(names.SESSION, state.ptr, state.length);
}

/**
 * The request's id, where clients of its format look for it. It is this gateway's, which the request's event has too; a provider that the client
 * could have asked itself has put its own there.
 */
function addRequestId(exchange: Exchange, to: HeaderBlock): void {
  const format = exchange.clientFormat;
  if (exchange.responder != 0 && exchange.candidates[exchange.attemptCount - 1].endpoint!.format == format) return;
  const id = exchange.record.requestId;
  if (id.length == 0) return;
  const header = requestIdHeader(format);
  to.addNamed(header.ptr, header.length, id.ptr, id.length);
}

/**
 * The attempts in their order, as a header says them: `openai/gpt-5.4;status=429, anthropic/claude-sonnet-5;status=200`, or with
 * `error=` and why where there was no status to speak of.
 */
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
function writeTiming(exchange: Exchange, out: Bytes): void {
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
