import * as abi from "@solo-io/proxy-runtime/assembly/imports";
import { Literal } from "./literal";
import { answer, Span } from "./span";

export const enum HeaderMap {
  Request = 0,
  Response = 2,
  CallResponse = 6,
}

/** @returns the value of the first header of that name, of length 0 when there is none */
export function getHeader(map: HeaderMap, name: Literal): Span {
  return getHeaderNamed(map, name.ptr, name.length);
}

export function getHeaderNamed(map: HeaderMap, name: usize, nameLength: u32): Span {
  answer.length = 0;
  abi.proxy_get_header_map_value(map, name, nameLength, changetype<usize>(answer), changetype<usize>(answer) + offsetof<Span>("length"));
  return answer;
}

export function setHeader(map: HeaderMap, name: Literal, value: usize, valueLength: u32): void {
  setHeaderNamed(map, name.ptr, name.length, value, valueLength);
}

export function setHeaderNamed(map: HeaderMap, name: usize, nameLength: u32, value: usize, valueLength: u32): void {
  abi.proxy_replace_header_map_value(map, name, nameLength, value, valueLength);
}

export function removeHeader(map: HeaderMap, name: Literal): void {
  removeHeaderNamed(map, name.ptr, name.length);
}

export function removeHeaderNamed(map: HeaderMap, name: usize, nameLength: u32): void {
  abi.proxy_remove_header_map_value(map, name, nameLength);
}

/**
 * All headers of a map, fetched in one host call, in the ABI's form: a count, two lengths for each pair, then every name and value with
 * a zero byte behind each.
 * @see https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1#serialization
 */
@final
export class HeaderPairs {
  private pairs: usize = 0;
  private count: u32 = 0;
  private cursor: usize = 0;
  private lengths: usize = 0;
  private left: u32 = 0;
  name: usize = 0;
  nameLength: u32 = 0;
  value: usize = 0;
  valueLength: u32 = 0;

  fetch(map: HeaderMap): void {
    answer.length = 0;
    abi.proxy_get_header_map_pairs(map, changetype<usize>(answer), changetype<usize>(answer) + offsetof<Span>("length"));
    this.count = answer.length < 4 ? 0 : load<u32>(answer.ptr);
    this.pairs = answer.ptr + 4;
    this.rewind();
  }

  /** Goes back before the first pair. */
  rewind(): void {
    this.left = this.count;
    this.lengths = this.pairs;
    this.cursor = this.pairs + <usize>this.count * 8;
  }

  /** Steps to the next pair; false behind the last. */
  next(): bool {
    if (this.left == 0) return false;
    this.left--;
    this.nameLength = load<u32>(this.lengths);
    this.valueLength = load<u32>(this.lengths, 4);
    this.lengths += 8;
    this.name = this.cursor;
    this.value = this.name + this.nameLength + 1;
    this.cursor = this.value + this.valueLength + 1;
    return true;
  }

  nameIs(name: Literal): bool {
    return name.equals(this.name, this.nameLength);
  }
}
