import * as abi from "@solo-io/proxy-runtime/assembly/imports";
import { HeaderBlock } from "./header_block";
import { Literal } from "./literal";
import { answer } from "./span";

/** What a callback tells Envoy to do next. */
export const CONTINUE: i32 = 0;
/** At headers: hold them, go on reading the body. */
export const STOP_HEADERS: i32 = 1;
/** At a body: hold it and hand it over as a whole with the next piece. */
export const STOP_AND_BUFFER: i32 = 1;
/** At a body: hold what the filter left in the buffer; the next piece comes alone. */
export const STOP_NO_BUFFER: i32 = 3;

const NO_GRPC_STATUS: i32 = -1;
/** Serialised headers with no pair in them. */
const NO_PAIRS: usize = heap.alloc(4);
store<u32>(NO_PAIRS, 0);

/** Lets a request go on that a callback has stopped. */
export function continueRequest(): void {
  abi.proxy_continue_stream(0);
}

/** Answers the client from here; the callback must stop the request behind this. `details` is what Envoy's access log shows. */
export function sendLocalReply(status: u32, details: Literal, headers: HeaderBlock, body: usize, bodyLength: u32): void {
  abi.proxy_send_local_response(status, details.ptr, details.length, body, bodyLength, headers.ptr, headers.length, NO_GRPC_STATUS);
}

/**
 * Starts an HTTP call of Envoy's own to a cluster; `proxy_on_http_call_response` gets the answer, or sizes of 0 on failure.
 * @returns the call's token, 0 when it could not be started
 */
export function startCall(cluster: usize, clusterLength: u32, headers: HeaderBlock, body: usize, bodyLength: u32, timeout_ms: u32): u32 {
  store<u32>(changetype<usize>(answer), 0);
  // prettier-ignore
  const result = abi.proxy_http_call(
    cluster,
    clusterLength,
    headers.ptr,
    headers.length,
    body,
    bodyLength,
    NO_PAIRS,
    4,
    timeout_ms,
    changetype<usize>(answer),
  );
  return result == 0 ? load<u32>(changetype<usize>(answer)) : 0;
}

/** Resets the client's stream that `actOn` chose, and with it the attempt: nothing more can be said in it. */
export function resetStream(): void {
  abi.proxy_close_stream(1);
}

/** Makes Envoy call `proxy_on_tick` this often from now on. */
export function startTicks(period_ms: u32): void {
  abi.proxy_set_tick_period_milliseconds(period_ms);
}

/** Makes the host calls that follow act on another stream than the one called back for. */
export function actOn(context: u32): void {
  abi.proxy_set_effective_context(context);
}
