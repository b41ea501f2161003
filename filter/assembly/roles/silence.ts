import { Bytes } from "../bytes/bytes";
import { now_ns } from "../host/clock";
import { actOn, resetStream, startTicks } from "../host/stream";
import { FLUSH_MS, onEventTick } from "./event_batch";
import { Exchange } from "./exchange";
import { liveExchanges } from "./exchanges";

/**
 * Ends streams that fall silent behind their first content. Envoy's own limit for this (`per_try_idle_timeout`) sets a timer anew with every
 * chunk, which costs as much as reading the chunk; here a chunk costs the writing of a number, and a tick now and then looks at all streams.
 */
const TICKS_PER_LIMIT: u32 = 4;
const TICK_MS_MIN: u32 = 10;
const NS_PER_MS: u64 = 1_000_000;

const ID_BYTES: u32 = 4;

/** The time of the last tick. */
let tick_ns: u64 = 0;
/** Ids of the streams that a tick found silent. */
const silent = new Bytes();

export function watchSilence(limit_ms: u32): void {
  tick_ns = now_ns();
  startTicks(min(max(limit_ms / TICKS_PER_LIMIT, TICK_MS_MIN), FLUSH_MS));
}

/** Something of the stream has come. The time noted is up to a tick old. */
export function noteActivity(exchange: Exchange): void {
  exchange.active_ns = tick_ns;
}

/** The provider has ended the stream: it may be silent. */
export function endActivity(exchange: Exchange): void {
  exchange.active_ns = 0;
  exchange.record.providerEnded = true;
}

/** Resets every stream that was silent for the limit of its configuration; as ticks are coarse, up to half of that later. */
export function onTick(root: u32): void {
  tick_ns = now_ns();
  onEventTick(root, tick_ns);
  collectSilent();
  // A reset ends its stream within the call, which may collect garbage: nothing managed is held here meanwhile.
  for (let at: u32 = 0; at < silent.length; at += ID_BYTES) {
    actOn(load<u32>(silent.ptr + at));
    resetStream();
  }
}

function collectSilent(): void {
  silent.clear();
  const exchanges = liveExchanges();
  for (let i = 0; i < exchanges.length; i++) {
    const exchange = exchanges[i];
    if (exchange.active_ns == 0) continue;
    const limit_ms = exchange.config!.streamIdle_ms;
    if (tick_ns - exchange.active_ns <= <u64>(limit_ms + limit_ms / TICKS_PER_LIMIT) * NS_PER_MS) continue;
    exchange.record.providerEnded = true;
    store<u32>(silent.reserve(ID_BYTES), exchange.id);
    silent.length += ID_BYTES;
  }
}
