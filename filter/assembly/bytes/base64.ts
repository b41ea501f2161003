// RFC 4648, section 4, with padding.

/** What a character that is none of the alphabet stands for. */
export const NO_SEXTET: i32 = -1;
/** What a text that is no base64 decodes to. */
export const NO_LENGTH: i32 = -1;

const PADDING: u8 = 0x3d;

/** The six bits that a character stands for, or NO_SEXTET. */
export function sextet(c: i32): i32 {
  if (c >= 0x41 && c <= 0x5a) return c - 0x41;
  if (c >= 0x61 && c <= 0x7a) return c - 0x61 + 26;
  if (c >= 0x30 && c <= 0x39) return c - 0x30 + 52;
  if (c == 0x2b) return 62;
  return c == 0x2f ? 63 : NO_SEXTET;
}

/** Stores what a text stands for, at most 3 bytes for 4 of it, and returns how many they are, or NO_LENGTH. */
export function decodeBase64(to: usize, ptr: usize, length: u32): i32 {
  if ((length & 3) != 0) return NO_LENGTH;
  let end = ptr + length;
  while (end > ptr && length - <u32>(end - ptr) < 2 && load<u8>(end - 1) == PADDING) end--;
  const start = to;
  let bits: i32 = 0;
  let count: i32 = 0;
  for (; ptr < end; ptr++) {
    const value = sextet(load<u8>(ptr));
    if (value == NO_SEXTET) return NO_LENGTH;
    bits = (bits << 6) | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    store<u8>(to++, <u8>(bits >> count));
    bits &= (1 << count) - 1;
  }
  return <i32>(to - start);
}
