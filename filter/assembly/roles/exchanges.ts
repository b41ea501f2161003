import { copy } from "../bytes/ascii";
import { now_ns } from "../host/clock";
import { Literal } from "../host/literal";
import { getProperty, setProperty } from "../host/property";
import { Exchange } from "./exchange";

/**
 * The filter state that tells Envoy's routes how the request is served (the text up to the colon) and an attempt which request it belongs
 * to (behind it: the VM's own mark, then the exchange's id). One value for both, as each costs a host call.
 */
const MODE = new Literal("llm.mode");
const MODE_STREAM = new Literal("stream:");
const MODE_WHOLE = new Literal("whole:");
/** With one candidate there is nothing to retry on, and Envoy need not keep the request for it. */
const MODE_STREAM_ONCE = new Literal("stream-once:");
const MODE_WHOLE_ONCE = new Literal("whole-once:");
const MODE_BYTES_MAX: u32 = 16;
const HANDLE_BYTES: u32 = 12;

const live: Map<u32, Exchange> = new Map<u32, Exchange>();
const spare: Exchange[] = [];
const value: usize = heap.alloc(MODE_BYTES_MAX + HANDLE_BYTES);
/**
 * Tells this VM's exchanges from those of one that a trap has ended, or of another build that served the request's first half while the
 * module was being replaced: its ids say nothing here.
 */
let vmMark: u64 = 0;

export function openExchange(id: u32): Exchange {
  if (vmMark == 0) vmMark = now_ns();
  const exchange = spare.length > 0 ? spare.pop() : new Exchange();
  exchange.id = id;
  live.set(id, exchange);
  return exchange;
}

export function closeExchange(exchange: Exchange): void {
  live.delete(exchange.id);
  exchange.reset();
  spare.push(exchange);
}

/** Tells Envoy how to serve the request, and the attempts' filters whose it is. */
export function publishExchange(exchange: Exchange): void {
  const mode = modeOf(exchange);
  copy(value, mode.ptr, mode.length);
  store<u64>(value + mode.length, vmMark);
  store<u32>(value + mode.length, exchange.id, 8);
  setProperty(MODE, value, mode.length + HANDLE_BYTES);
}

function modeOf(exchange: Exchange): Literal {
  if (exchange.candidateCount == 1) return exchange.head.stream ? MODE_STREAM_ONCE : MODE_WHOLE_ONCE;
  return exchange.head.stream ? MODE_STREAM : MODE_WHOLE;
}

/** @returns the exchange of the request that the current attempt belongs to, null when it is not of this VM */
export function findExchange(): Exchange | null {
  const mode = getProperty(MODE);
  if (mode.length < HANDLE_BYTES) return null;
  const handle = mode.ptr + mode.length - HANDLE_BYTES;
  if (load<u64>(handle) != vmMark) return null;
  const id = load<u32>(handle, 8);
  return live.has(id) ? live.get(id) : null;
}
