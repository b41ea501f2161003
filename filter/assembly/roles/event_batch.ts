import { Bytes } from "../bytes/bytes";
import { writeInteger } from "../bytes/numbers";
import { now_ns } from "../host/clock";
import { HeaderBlock } from "../host/header_block";
import { getHeader, HeaderMap } from "../host/headers";
import { Literal } from "../host/literal";
import * as names from "../host/names";
import { startCall } from "../host/stream";
import { GatewayConfig } from "./config";
import { Exchange } from "./exchange";

/** How often what has gathered is sent. */
export const FLUSH_MS: u32 = 1_000;
/** What has gathered is sent at once when it is this long: some 150 events. */
const FLUSH_BYTES: u32 = 64 * 1024;
/** What a VM keeps at most of events that wait, and as much again of a batch under way; brightstaff takes bodies of more. */
const WAITING_BYTES_MAX: u32 = 256 * 1024;
const ANSWER_MS_MAX: u32 = 5_000;
const NS_PER_MS: u64 = 1_000_000;
/** A batch whose answer has not come by then was lost with the configuration that it was sent under. */
const LOST_MS: u64 = 2 * ANSWER_MS_MAX;

const NDJSON = new Literal("application/x-ndjson");
const ACCEPTED = new Literal("204");
/** The first digit of 4xx. */
const CLIENT_ERROR: u8 = 0x34;

/** Lines of JSON, an event each. */
let waiting = new Bytes();
/** The batch that brightstaff was sent last, until it has said that it has it. */
let batch = new Bytes();
let waitingCount: u32 = 0;
let batchCount: u32 = 0;
/** Events that found no room since the last batch that brightstaff has taken, and those that this batch tells it of. */
let dropped: u32 = 0;
let droppedTold: u32 = 0;
/** The call under way, by its root context and token, 0 while there is none. */
let call: u64 = 0;
let called_ns: u64 = 0;
let config: GatewayConfig | null = null;
const headers = new HeaderBlock();

/** Where events go from now on. */
export function sendEventsBy(latest: GatewayConfig): void {
  config = latest;
}

/** A request is over: its event joins those that wait, or is counted as dropped when there is no room. */
export function recordEvent(exchange: Exchange, root: u32): void {
  if (config!.eventsPath.length == 0) return;
  const before = waiting.length;
  exchange.record.write(exchange, now_ns(), waiting);
  if (waiting.length > WAITING_BYTES_MAX) {
    waiting.length = before;
    dropped++;
  } else {
    waitingCount++;
  }
  if (waiting.length >= FLUSH_BYTES && batch.length == 0) flush(root);
}

/** Sends what has gathered, or once more what brightstaff did not take. */
export function onEventTick(root: u32, tick_ns: u64): void {
  if (call != 0 && tick_ns - called_ns <= LOST_MS * NS_PER_MS) return;
  call = 0;
  if (batch.length > 0) send(root);
  else if (waiting.length > 0) flush(root);
}

function flush(root: u32): void {
  const empty = batch;
  batch = waiting;
  waiting = empty;
  batchCount = waitingCount;
  waitingCount = 0;
  droppedTold = dropped;
  if (dropped > 0) {
    batch.ascii('{"dropped":');
    writeInteger(batch, dropped);
    batch.ascii("}\n");
  }
  send(root);
}

function send(root: u32): void {
  const to = config!;
  headers.reset();
  headers.addLiteral(names.METHOD, names.POST);
  headers.add(names.PATH, to.eventsPath.ptr, to.eventsPath.length);
  headers.add(names.AUTHORITY, to.decisionAuthority.ptr, to.decisionAuthority.length);
  headers.addLiteral(names.CONTENT_TYPE, NDJSON);
  headers.finish();
  called_ns = now_ns();
  const token = startCall(to.decisionCluster.ptr, to.decisionCluster.length, headers, batch.ptr, batch.length, ANSWER_MS_MAX);
  if (token != 0) call = ((<u64>root) << 32) | token;
}

/**
 * An answer to a call has come (or will not): true when it was a batch's. What brightstaff has not taken is sent again with the next tick,
 * for as long as it takes, while what comes meanwhile has its bounded place to wait. A batch that it refuses is dropped.
 */
export function onEventsAnswered(root: u32, token: u32): bool {
  if (call == 0 || call != (((<u64>root) << 32) | token)) return false;
  call = 0;
  const status = getHeader(HeaderMap.CallResponse, names.STATUS);
  const isTaken = status.is(ACCEPTED);
  const isRefused = status.length > 0 && load<u8>(status.ptr) == CLIENT_ERROR;
  if (!isTaken && !isRefused) return true;
  if (isTaken) dropped -= droppedTold;
  else dropped += batchCount;
  batch.clear();
  return true;
}
