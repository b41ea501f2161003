import { getProperty, setProperty } from "../host/property";
import { Literal } from "../host/literal";
import { now_ns } from "../host/clock";
import { Exchange } from "./exchange";

/** The filter state by which an attempt finds its request: the VM's own mark, then the exchange's id. */
const EXCHANGE = new Literal("llm.exchange");
const HANDLE_BYTES: u32 = 12;

const live: Map<u32, Exchange> = new Map<u32, Exchange>();
const spare: Exchange[] = [];
const handle: usize = heap.alloc(HANDLE_BYTES);
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

/** Makes the exchange known to the attempts' filters. */
export function publishExchange(exchange: Exchange): void {
  store<u64>(handle, vmMark);
  store<u32>(handle, exchange.id, 8);
  setProperty(EXCHANGE, handle, HANDLE_BYTES);
}

/** @returns the exchange of the request that the current attempt belongs to, null when it is not of this VM */
export function findExchange(): Exchange | null {
  const value = getProperty(EXCHANGE);
  if (value.length != HANDLE_BYTES || load<u64>(value.ptr) != vmMark) return null;
  const id = load<u32>(value.ptr, 8);
  return live.has(id) ? live.get(id) : null;
}
