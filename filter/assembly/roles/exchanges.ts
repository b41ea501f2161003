import { Bytes } from "../bytes/bytes";
import { now_ns } from "../host/clock";
import { Literal } from "../host/literal";
import { getProperty, setProperty } from "../host/property";
import { Exchange } from "./exchange";

/**
 * The filter state that says to Envoy's routes which cluster comes first (up to the bar) and how the request is served (the last two
 * characters), and to an attempt which request it belongs to (between them: the VM's own mark and the exchange's id). One value for all,
 * as each costs a host call.
 */
const DISPATCH = new Literal("llm.dispatch");
const BAR: u8 = 0x7c;
const HANDLE_BYTES: u32 = 12;
const MODE_BYTES: u32 = 2;
const MODE_STREAM = new Literal("sn");
const MODE_WHOLE = new Literal("wn");
/** With one candidate there is nothing to retry on, and Envoy need not keep the request for it. */
const MODE_STREAM_ONCE = new Literal("s1");
const MODE_WHOLE_ONCE = new Literal("w1");

const live: Map<u32, Exchange> = new Map<u32, Exchange>();
const spare: Exchange[] = [];
const value = new Bytes();
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

/** All requests that are under way. */
export function liveExchanges(): Exchange[] {
  return live.values();
}

/** Tells Envoy how to serve the request, and the attempts' filters whose it is. */
export function publishExchange(exchange: Exchange): void {
  const cluster = exchange.candidates[0].provider!.cluster;
  const mode = modeOf(exchange);
  value.clear();
  value.append(cluster.ptr, cluster.length);
  value.byte(BAR);
  const handle = value.reserve(HANDLE_BYTES);
  store<u64>(handle, vmMark);
  store<u32>(handle, exchange.id, 8);
  value.length += HANDLE_BYTES;
  value.append(mode.ptr, mode.length);
  setProperty(DISPATCH, value.ptr, value.length);
}

function modeOf(exchange: Exchange): Literal {
  if (exchange.candidateCount == 1) return exchange.head.stream ? MODE_STREAM_ONCE : MODE_WHOLE_ONCE;
  return exchange.head.stream ? MODE_STREAM : MODE_WHOLE;
}

/** @returns the exchange of the request that the current attempt belongs to, null when it is not of this VM */
export function findExchange(): Exchange | null {
  const dispatch = getProperty(DISPATCH);
  if (dispatch.length < HANDLE_BYTES + MODE_BYTES) return null;
  const handle = dispatch.ptr + dispatch.length - HANDLE_BYTES - MODE_BYTES;
  if (load<u64>(handle) != vmMark) return null;
  const id = load<u32>(handle, 8);
  return live.has(id) ? live.get(id) : null;
}
