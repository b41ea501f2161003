import { Bytes } from "../bytes/bytes";
import { now_ns } from "../host/clock";
import { actOn, resetStream, startTicks } from "../host/stream";
import { StreamTranslator } from "../translation";
import { answerExhausted, refuseSlowBody } from "./answers";
import { GatewayConfig } from "./config";
import { FLUSH_MS, onEventTick } from "./event_batch";
import { Candidate, Exchange, Outcome } from "./exchange";
import { findLive, liveExchanges } from "./exchanges";

/**
 * Ends streams that fall silent behind their first content. Envoy's own limit for this (`per_try_idle_timeout`) sets a timer anew with every
 * chunk, which costs as much as reading the chunk; here a chunk costs the writing of a number, and a tick now and then looks at all streams.
 */
const TICKS_PER_LIMIT: u32 = 4;
const TICK_MS_MIN: u32 = 10;
/** How long a client may take for its whole request. */
const BODY_MS_MAX: u64 = 300_000;
const NS_PER_MS: u64 = 1_000_000;

const STATUS_GATEWAY_TIMEOUT: u32 = 504;
const ID_BYTES: u32 = 4;

/** The time of the last tick. */
let tick_ns: u64 = 0;
/** Ids of the streams that a tick found silent. */
const silent = new Bytes();
/** Ids of those whose answers are overdue. */
const late = new Bytes();

export function watchSilence(config: GatewayConfig): void {
  tick_ns = now_ns();
  const limit_ms = min(config.streamIdle_ms, min(config.firstToken_ms, config.reply_ms));
  startTicks(min(max(limit_ms / TICKS_PER_LIMIT, TICK_MS_MIN), FLUSH_MS));
}

/** From a request's headers on: a client that sends its body in drops holds what the gateway keeps of it. */
export function watchBody(exchange: Exchange): void {
  exchange.completeBy_ns = exchange.record.started_ns + BODY_MS_MAX * NS_PER_MS;
}

/**
 * From the headers of an answer on: Envoy's deadline for an attempt (`per_try_timeout`) has ended with them where the answer passes no filter of
 * the provider's cluster, and the client has seen nothing yet.
 */
export function watchAnswer(exchange: Exchange, candidate: Candidate): void {
  exchange.completeBy_ns = candidate.started_ns + <u64>exchange.answerWithin_ms * NS_PER_MS;
}

/** Something of the stream has come. The time noted is up to a tick old. */
export function noteActivity(stream: StreamTranslator): void {
  stream.heard_ns = tick_ns;
}

/** The provider has ended the stream: it may be silent. */
export function endActivity(exchange: Exchange, stream: StreamTranslator): void {
  stream.heard_ns = 0;
  exchange.record.providerEnded = true;
}

/**
 * Resets every stream that was silent for the limit of its configuration, and answers for providers that have begun and do not get on; as ticks
 * are coarse, up to half of the limit later.
 */
export function onTick(root: u32): void {
  tick_ns = now_ns();
  onEventTick(root, tick_ns);
  collectSilent();
  // A reset ends its stream within the call, which may collect garbage: nothing managed is held here meanwhile.
  for (let at: u32 = 0; at < silent.length; at += ID_BYTES) {
    actOn(load<u32>(silent.ptr + at));
    resetStream();
  }
  for (let at: u32 = 0; at < late.length; at += ID_BYTES) answerLate(findLive(load<u32>(late.ptr + at)));
}

function answerLate(exchange: Exchange | null): void {
  if (exchange == null) return;
  exchange.completeBy_ns = 0;
  actOn(exchange.id);
  if (exchange.candidateCount == 0) {
    exchange.answeredLocally = true;
    refuseSlowBody(exchange.clientFormat);
    return;
  }
  const candidate = exchange.candidates[exchange.attemptCount - 1];
  if (candidate.outcome == Outcome.Pending) candidate.settle(Outcome.Timeout, 0);
  answerExhausted(exchange, STATUS_GATEWAY_TIMEOUT);
}

function collectSilent(): void {
  silent.clear();
  late.clear();
  const exchanges = liveExchanges();
  for (let i = 0; i < exchanges.length; i++) {
    const exchange = exchanges[i];
    if (exchange.completeBy_ns > 0 && tick_ns >= exchange.completeBy_ns) note(exchange.id, late);
    const stream = exchange.record.stream;
    if (stream == null || stream.heard_ns == 0) continue;
    const limit_ms = exchange.config!.streamIdle_ms;
    if (tick_ns - stream.heard_ns <= <u64>(limit_ms + limit_ms / TICKS_PER_LIMIT) * NS_PER_MS) continue;
    exchange.record.providerEnded = true;
    note(exchange.id, silent);
  }
}

function note(id: u32, list: Bytes): void {
  store<u32>(list.reserve(ID_BYTES), id);
  list.length += ID_BYTES;
}
