/**
 * The address after one UTF-8 sequence of two bytes or more that begins at `p`, or 0 when it is not well formed (table 3-7 of the
 * Unicode standard: no overlong forms, no surrogates, nothing past U+10FFFF).
 */
export function skipMultibyte(p: usize, end: usize): usize {
  const lead = load<u8>(p);
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return end - p >= 2 && isContinuation(load<u8>(p, 1)) ? p + 2 : 0;
  if (lead < 0xf0) {
    if (end - p < 3 || !isContinuation(load<u8>(p, 1)) || !isContinuation(load<u8>(p, 2))) return 0;
    const second = load<u8>(p, 1);
    if (lead == 0xe0 && second < 0xa0) return 0;
    if (lead == 0xed && second > 0x9f) return 0;
    return p + 3;
  }
  if (lead > 0xf4 || end - p < 4) return 0;
  if (!isContinuation(load<u8>(p, 1)) || !isContinuation(load<u8>(p, 2)) || !isContinuation(load<u8>(p, 3))) return 0;
  const second = load<u8>(p, 1);
  if (lead == 0xf0 && second < 0x90) return 0;
  if (lead == 0xf4 && second > 0x8f) return 0;
  return p + 4;
}

export function isUtf8(p: usize, end: usize): bool {
  while (p < end) {
    if (load<u8>(p) < 0x80) p++;
    else {
      p = skipMultibyte(p, end);
      if (p == 0) return false;
    }
  }
  return true;
}

function isContinuation(byte: u8): bool {
  return (byte & 0xc0) == 0x80;
}

/** Stores a code point as UTF-8 and returns the address after it. Four bytes of room are needed. */
export function storeCodePoint(to: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(to, <u8>code);
    return to + 1;
  }
  if (code < 0x800) {
    store<u8>(to, <u8>(0xc0 | (code >> 6)));
    store<u8>(to, <u8>(0x80 | (code & 0x3f)), 1);
    return to + 2;
  }
  if (code < 0x10000) {
    store<u8>(to, <u8>(0xe0 | (code >> 12)));
    store<u8>(to, <u8>(0x80 | ((code >> 6) & 0x3f)), 1);
    store<u8>(to, <u8>(0x80 | (code & 0x3f)), 2);
    return to + 3;
  }
  store<u8>(to, <u8>(0xf0 | (code >> 18)));
  store<u8>(to, <u8>(0x80 | ((code >> 12) & 0x3f)), 1);
  store<u8>(to, <u8>(0x80 | ((code >> 6) & 0x3f)), 2);
  store<u8>(to, <u8>(0x80 | (code & 0x3f)), 3);
  return to + 4;
}
