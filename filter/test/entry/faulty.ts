/** A filter with the exports of llm_gateway.wasm that fails, or holds a request, as a request's header says: what its host does then is to be seen. */
import "../../assembly/host/abort";
import { beginCallback } from "../../assembly/host/arena";
import { getHeader, HeaderMap } from "../../assembly/host/headers";
import { Literal } from "../../assembly/host/literal";
import { CONTINUE, STOP_HEADERS } from "../../assembly/host/stream";

export { malloc } from "../../assembly/host/arena";

const DO = new Literal("x-do");
const HOLD = new Literal("hold");
const UNREACHABLE = new Literal("unreachable");
const OUT_OF_BOUNDS = new Literal("out-of-bounds");
const scratch = heap.alloc(4);
const RECURSION = new Literal("recursion");

export function proxy_abi_version_0_2_1(): void {}
export function proxy_on_vm_start(root: u32, configurationSize: u32): u32 {
  return 1;
}
export function proxy_on_configure(root: u32, configurationSize: u32): u32 {
  return 1;
}
export function proxy_on_context_create(context: u32, root: u32): void {}

export function proxy_on_request_headers(context: u32, headers: u32, endOfStream: u32): i32 {
  beginCallback();
  const what = getHeader(HeaderMap.Request, DO);
  if (what.is(HOLD)) return STOP_HEADERS;
  if (what.is(UNREACHABLE)) unreachable();
  if (what.is(OUT_OF_BOUNDS)) return load<u8>(0xfffffff0);
  if (what.is(RECURSION)) return recurse(1);
  return CONTINUE;
}

/** No loop can be made of it: what a level finds depends on what the one below has left in memory. */
function recurse(depth: i32): i32 {
  store<i32>(scratch, depth);
  const below = depth == 0 ? CONTINUE : recurse(depth + 1);
  return below + load<i32>(scratch);
}

export function proxy_on_request_body(context: u32, size: u32, endOfStream: u32): i32 {
  return CONTINUE;
}
export function proxy_on_request_trailers(context: u32, trailers: u32): i32 {
  return CONTINUE;
}
export function proxy_on_response_headers(context: u32, headers: u32, endOfStream: u32): i32 {
  return CONTINUE;
}
export function proxy_on_response_body(context: u32, size: u32, endOfStream: u32): i32 {
  return CONTINUE;
}
export function chunk_memory(context: u32): usize {
  return 0;
}

export function proxy_on_response_trailers(context: u32, trailers: u32): i32 {
  return CONTINUE;
}
export function proxy_on_http_call_response(root: u32, token: u32, headers: u32, bodySize: u32, trailers: u32): void {}
export function proxy_on_tick(root: u32): void {}
export function proxy_on_delete(context: u32): void {}
