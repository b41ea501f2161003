import * as abi from "@solo-io/proxy-runtime/assembly/imports";
import { proxy_set_buffer_bytes } from "./env";
import { answer, Span } from "./span";

export const enum Body {
  Request = 0,
  Response = 1,
  CallResponse = 4,
  PluginConfiguration = 7,
}

const WHOLE: u32 = 0x7fffffff;

/** Copies up to `length` bytes from the head of a body into the arena. */
export function readBody(body: Body, length: u32): Span {
  answer.length = 0;
  abi.proxy_get_buffer_bytes(body, 0, length, changetype<usize>(answer), changetype<usize>(answer) + offsetof<Span>("length"));
  return answer;
}

/** Puts other bytes in the place of all that is buffered of a body. */
export function replaceBody(body: Body, ptr: usize, length: u32): void {
  proxy_set_buffer_bytes(body, 0, WHOLE, ptr, length);
}

/** Puts other bytes in the place of the first `headLength` bytes of a body; what follows is not copied. */
export function replaceBodyHead(body: Body, headLength: u32, ptr: usize, length: u32): void {
  proxy_set_buffer_bytes(body, 0, headLength, ptr, length);
}

/** Adds bytes behind the `size` bytes that a body's piece holds. */
export function appendToBody(body: Body, size: u32, ptr: usize, length: u32): void {
  proxy_set_buffer_bytes(body, size, 0, ptr, length);
}
