/**
 * llm_gateway.wasm: what Envoy calls. One module serves both places (the listener's filter chain and each provider cluster's); the
 * plugin's configuration says which role it plays there.
 * @see https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1
 */
import "./host/abort";
import { beginCallback, beginConfiguration } from "./host/arena";
import { onDecision } from "./roles/decisions";
import { onEventsAnswered } from "./roles/event_batch";
import { configureRoot, createStreamContext, deleteRoot, isRoot } from "./roles/roots";
import { onTick } from "./roles/silence";
import { listChunkMemory, streams } from "./roles/stream_context";

export { malloc } from "./host/arena";

const OK: u32 = 1;
/**
 * Streams between two passes of the garbage collector, which visits everything alive: what is kept for use again of every format, too. Streams
 * leave next to nothing behind, so it may wait.
 */
const STREAMS_PER_COLLECTION: u32 = 8192;

let streamsSinceCollection: u32 = 0;

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_vm_start(root: u32, configurationSize: u32): u32 {
  return OK;
}

export function proxy_on_configure(root: u32, configurationSize: u32): u32 {
  beginConfiguration();
  return configureRoot(root, configurationSize) ? OK : 0;
}

export function proxy_on_context_create(context: u32, root: u32): void {
  if (root != 0) streams.set(context, createStreamContext(context, root));
}

export function proxy_on_request_headers(context: u32, headers: u32, endOfStream: u32): i32 {
  beginCallback();
  return streams.get(context)!.onRequestHeaders(endOfStream != 0);
}

export function proxy_on_request_body(context: u32, size: u32, endOfStream: u32): i32 {
  beginCallback();
  return streams.get(context)!.onRequestBody(size, endOfStream != 0);
}

export function proxy_on_request_trailers(context: u32, trailers: u32): i32 {
  beginCallback();
  return streams.get(context)!.onRequestTrailers();
}

export function proxy_on_response_headers(context: u32, headers: u32, endOfStream: u32): i32 {
  beginCallback();
  return streams.get(context)!.onResponseHeaders(endOfStream != 0);
}

export function proxy_on_response_body(context: u32, size: u32, endOfStream: u32): i32 {
  beginCallback();
  return streams.get(context)!.onResponseBody(size, endOfStream != 0);
}

/**
 * Where the memory lies that the next chunk of a stream's answer will need: the address of a list that holds until the next call, of the addresses of
 * its lines of 64 bytes, with a 0 behind the last. 0 when no chunk that follows is looked at. No part of proxy-wasm: only our own host asks.
 */
export function chunk_memory(context: u32): usize {
  return listChunkMemory(context);
}

export function proxy_on_response_trailers(context: u32, trailers: u32): i32 {
  beginCallback();
  return streams.get(context)!.onResponseTrailers();
}

export function proxy_on_http_call_response(root: u32, token: u32, headers: u32, bodySize: u32, trailers: u32): void {
  beginCallback();
  if (!onEventsAnswered(root, token)) onDecision(root, token, bodySize);
}

export function proxy_on_tick(root: u32): void {
  beginCallback();
  onTick(root);
}

export function proxy_on_delete(context: u32): void {
  beginCallback();
  if (++streamsSinceCollection == STREAMS_PER_COLLECTION) {
    streamsSinceCollection = 0;
    __collect(); // here no reference to anything managed is on the stack, which this collector does not look at
  }
  if (isRoot(context)) {
    deleteRoot(context);
    __collect(); // a configuration that was replaced
    return;
  }
  const stream = streams.get(context)!;
  streams.delete(context);
  stream.onDelete();
}
