import { equal } from "../bytes/ascii";

/** An ASCII constant as bytes in linear memory: made once at start, so that no host call has to encode a string. */
@final
export class Literal {
  readonly ptr: usize;
  readonly length: u32;

  constructor(text: string) {
    this.length = text.length;
    this.ptr = heap.alloc(this.length + 1);
    for (let i: u32 = 0; i < this.length; i++) store<u8>(this.ptr + i, <u8>text.charCodeAt(i));
  }

  equals(ptr: usize, length: u32): bool {
    return equal(this.ptr, this.length, ptr, length);
  }

  isPrefixOf(ptr: usize, length: u32): bool {
    return length >= this.length && equal(this.ptr, this.length, ptr, this.length);
  }
}
