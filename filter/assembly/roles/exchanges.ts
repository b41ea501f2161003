import { Bytes } from "../bytes/bytes";
import { IdTable } from "../bytes/id_table";
import { callbackNumber } from "../host/arena";
import { now_ns } from "../host/clock";
import { HeaderMap, setHeader } from "../host/headers";
import { Literal } from "../host/literal";
import * as names from "../host/names";
import { getProperty, setProperty } from "../host/property";
import { Exchange } from "./exchange";

/**
 * The filter state that says to Envoy's routes which cluster comes first (up to the bar) and whether the answer is a stream (the last
 * character), and to an attempt which request it belongs to (between them: the VM's own mark and the exchange's id). One value for all,
 * as each costs a host call. A request with one candidate has none: there is nothing to retry on, Envoy need not keep the request for it,
 * and a header that names the cluster is cheaper.
 */
const DISPATCH = new Literal("llm.dispatch");
const BAR: u8 = 0x7c;
const HANDLE_BYTES: u32 = 12;
const MODE_BYTES: u32 = 1;
const MODE_STREAM: u8 = 0x73; // s
const MODE_WHOLE: u8 = 0x77; // w

const live: IdTable<Exchange> = new IdTable<Exchange>();
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

/** @returns null when the request is over */
export function findLive(id: u32): Exchange | null {
  return live.get(id);
}

const underWay: Exchange[] = [];

/** All requests that are under way, until the next call. */
export function liveExchanges(): Exchange[] {
  live.listIn(underWay);
  return underWay;
}

/** The request that was let go last, and in which callback. */
let dispatched: Exchange | null = null;
let dispatchedIn: u32 = 0;

/** Tells Envoy how to serve the request, and the attempts' filters whose it is. */
export function publishExchange(exchange: Exchange): void {
  const cluster = exchange.candidates[0].provider!.cluster;
  if (!exchange.isServedHere) {
    dispatched = exchange;
    dispatchedIn = callbackNumber;
  }
  if (exchange.candidateCount == 1) {
    setHeader(HeaderMap.Request, exchange.head.stream ? names.ONLY_CLUSTER_STREAM : names.ONLY_CLUSTER_WHOLE, cluster.ptr, cluster.length);
    return;
  }
  value.clear();
  value.append(cluster.ptr, cluster.length);
  value.byte(BAR);
  const handle = value.reserve(HANDLE_BYTES);
  store<u64>(handle, vmMark);
  store<u32>(handle, exchange.id, 8);
  value.length += HANDLE_BYTES;
  value.byte(exchange.head.stream ? MODE_STREAM : MODE_WHOLE);
  setProperty(DISPATCH, value.ptr, value.length);
}

/**
 * The exchange of the request that the current attempt belongs to. Envoy begins the first attempt as soon as the gateway role has let the
 * request go, before any other callback, so the first needs no look-up; later ones do.
 * @returns null when it is not of this VM
 */
export function findExchange(): Exchange | null {
  const first = dispatched;
  dispatched = null;
  if (first != null && callbackNumber == dispatchedIn + 1) return first;
  const value = getProperty(DISPATCH);
  if (value.length < HANDLE_BYTES + MODE_BYTES) return null;
  const handle = value.ptr + value.length - HANDLE_BYTES - MODE_BYTES;
  if (load<u64>(handle) != vmMark) return null;
  return findLive(load<u32>(handle, 8));
}
