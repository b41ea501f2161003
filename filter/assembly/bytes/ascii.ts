// Comparing and copying byte ranges. A range is an address and a length in bytes; nothing here allocates.

/** Below this length a loop of 8-byte loads beats the engine's `memory.copy`, whose call costs some 10 ns. */
const SHORT_COPY_BYTES_MAX: u32 = 64;

/** Copies `length` bytes; the ranges do not overlap. */
export function copy(to: usize, from: usize, length: u32): void {
  if (length > SHORT_COPY_BYTES_MAX) {
    memory.copy(to, from, length);
    return;
  }
  if (length < 8) {
    while (length > 0) {
      store<u8>(to++, load<u8>(from++));
      length--;
    }
    return;
  }
  // The last word overlaps the one before it, so that no byte outside of the range is touched.
  const lastTo = to + length - 8;
  const last = load<u64>(from + length - 8);
  while (to < lastTo) {
    store<u64>(to, load<u64>(from));
    to += 8;
    from += 8;
  }
  store<u64>(lastTo, last);
}

/** Whether two ranges hold the same bytes. */
export function equal(a: usize, aLength: u32, b: usize, bLength: u32): bool {
  if (aLength != bLength) return false;
  let left = aLength;
  while (left >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
    left -= 8;
  }
  while (left > 0) {
    if (load<u8>(a++) != load<u8>(b++)) return false;
    left--;
  }
  return true;
}

/** Whether a range holds the characters of an ASCII literal. */
export function equalAscii(ptr: usize, length: u32, literal: string): bool {
  if (length != <u32>literal.length) return false;
  return startsWithAscii(ptr, length, literal);
}

/** Whether a range begins with the characters of an ASCII literal. */
export function startsWithAscii(ptr: usize, length: u32, literal: string): bool {
  const count = <u32>literal.length;
  if (length < count) return false;
  let code = changetype<usize>(literal);
  const end = ptr + count;
  while (ptr < end) {
    if (load<u8>(ptr++) != <u8>load<u16>(code)) return false;
    code += 2;
  }
  return true;
}

/** The offset of an ASCII literal in a range, or -1. */
export function indexOfAscii(ptr: usize, length: u32, literal: string): i32 {
  const count = <u32>literal.length;
  for (let at: u32 = 0; at + count <= length; at++) {
    if (startsWithAscii(ptr + at, length - at, literal)) return at;
  }
  return -1;
}

/** FNV-1a, 64 bits. */
export function hash(ptr: usize, length: u32): u64 {
  let state: u64 = 0xcbf29ce484222325;
  const end = ptr + length;
  while (ptr < end) state = (state ^ <u64>load<u8>(ptr++)) * 0x100000001b3;
  return state;
}
