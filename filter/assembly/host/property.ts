import * as abi from "@solo-io/proxy-runtime/assembly/imports";
import { Literal } from "./literal";
import { answer, Span } from "./span";

/** Writes the filter state `wasm.<name>` of the request: readable in every filter of the request, and nowhere outside. */
export function setProperty(name: Literal, value: usize, valueLength: u32): void {
  abi.proxy_set_property(name.ptr, name.length, value, valueLength);
}

export function getProperty(name: Literal): Span {
  answer.length = 0;
  abi.proxy_get_property(name.ptr, name.length, changetype<usize>(answer), changetype<usize>(answer) + offsetof<Span>("length"));
  return answer;
}
