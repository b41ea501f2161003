import { copy, equal, equalAscii } from "./ascii";

/** What a cleared buffer keeps for its next use, in bytes: a rare body of many megabytes must not hold its memory for ever. */
export const BYTES_KEPT_MAX: u32 = 1 << 20;

const CAPACITY_MIN: u32 = 64;

/**
 * A growable run of bytes outside of the garbage collector's sight, so that writing costs no allocation once it has grown.
 * Whoever drops a `Bytes` calls `free()` first: the collector does not know of the memory behind `ptr`.
 */
export class Bytes {
  ptr: usize = 0;
  length: u32 = 0;
  capacity: u32 = 0;

  /** Makes room for `extra` more bytes and returns where they go; `length` is the caller's to raise. */
  @inline
  reserve(extra: u32): usize {
    if (this.capacity - this.length < extra) this.grow(extra);
    return this.ptr + this.length;
  }

  @inline
  byte(value: u8): void {
    store<u8>(this.reserve(1), value);
    this.length++;
  }

  append(ptr: usize, length: u32): void {
    copy(this.reserve(length), ptr, length);
    this.length += length;
  }

  @inline
  appendBytes(other: Bytes): void {
    this.append(other.ptr, other.length);
  }

  /** Appends an ASCII literal. Literals lie in memory as UTF-16; eight units a step are narrowed to eight bytes. */
  ascii(literal: string): void {
    const count = <u32>literal.length;
    let to = this.reserve(count);
    let from = changetype<usize>(literal);
    const end = to + count;
    if (count >= 8) {
      for (const last = end - 8; to < last; to += 8, from += 16) narrow(from, to);
      // The last step overlaps the one before it.
      narrow(from - 2 * (to - (end - 8)), end - 8);
    } else {
      for (; to < end; from += 2) store<u8>(to++, <u8>load<u16>(from));
    }
    this.length += count;
  }

  /** Empties the buffer; memory beyond `kept` bytes is given back. */
  clear(kept: u32 = BYTES_KEPT_MAX): void {
    this.length = 0;
    if (this.capacity > kept) this.free();
  }

  /** Drops the first `count` bytes. */
  dropFront(count: u32): void {
    if (count == 0) return;
    this.length -= count;
    memory.copy(this.ptr, this.ptr + count, this.length);
  }

  free(): void {
    if (this.ptr != 0) heap.free(this.ptr);
    this.ptr = 0;
    this.length = 0;
    this.capacity = 0;
  }

  @inline
  equals(other: Bytes): bool {
    return equal(this.ptr, this.length, other.ptr, other.length);
  }

  @inline
  equalsAscii(literal: string): bool {
    return equalAscii(this.ptr, this.length, literal);
  }

  private grow(extra: u32): void {
    const needed = this.length + extra;
    let capacity = this.capacity + (this.capacity >> 1);
    if (capacity < needed) capacity = needed;
    if (capacity < CAPACITY_MIN) capacity = CAPACITY_MIN;
    this.ptr = this.ptr == 0 ? heap.alloc(capacity) : heap.realloc(this.ptr, capacity);
    this.capacity = capacity;
  }
}

function narrow(from: usize, to: usize): void {
  const units = v128.load(from);
  store<u64>(to, i64x2.extract_lane(i8x16.narrow_i16x8_u(units, units), 0));
}
