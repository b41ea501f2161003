import { hash } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { Slice, sliceLength } from "../json/slice";
import { writeText } from "../json/text";

// Tool-call ids go from one provider's answer through the client's history to another provider, so each is written in a form that all
// accept, always the same for the same id.

const UNDERSCORE: u8 = 0x5f;
const HYPHEN: u8 = 0x2d;
const DIGEST_CHARACTERS: u32 = 16;

const text = new Bytes();

/**
 * Appends a tool-call id as a JSON string of at most `lengthMax` characters out of A-Z, a-z, 0-9, _ and -. Other characters become _; a
 * longer id ends in a digest of the whole.
 */
export function writeToolId(out: Bytes, id: Slice, lengthMax: u32): void {
  text.clear();
  writeText(text, id);
  const cut = text.length > lengthMax;
  const length = cut ? lengthMax - DIGEST_CHARACTERS - 1 : text.length;
  out.byte(0x22);
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(text.ptr + i);
    out.byte(isIdCharacter(c) ? c : UNDERSCORE);
  }
  if (cut) {
    out.byte(UNDERSCORE);
    writeHexadecimal(out, hash(text.ptr, text.length));
  }
  out.byte(0x22);
}

/**
 * Appends a tool-call id as a JSON string of exactly `length` letters and digits, 10 at most: as it is when it is such, else a digest of it.
 */
export function writeExactToolId(out: Bytes, id: Slice, length: u32): void {
  text.clear();
  writeText(text, id);
  out.byte(0x22);
  if (text.length == length && isAlphanumeric()) out.appendBytes(text);
  else {
    let digest = hash(text.ptr, text.length);
    for (let i: u32 = 0; i < length; i++, digest /= ALPHANUMERIC_COUNT) out.byte(alphanumericAt(<u8>(digest % ALPHANUMERIC_COUNT)));
  }
  out.byte(0x22);
}

const ALPHANUMERIC_COUNT: u64 = 62;

function isAlphanumeric(): bool {
  for (let i: u32 = 0; i < text.length; i++) {
    const c = load<u8>(text.ptr + i);
    if (!isIdCharacter(c) || c == UNDERSCORE || c == HYPHEN) return false;
  }
  return true;
}

/** 0-9, A-Z, a-z. */
function alphanumericAt(index: u8): u8 {
  if (index < 10) return 0x30 + index;
  return index < 36 ? 0x41 - 10 + index : 0x61 - 36 + index;
}

/** Makes an id for a call that came without one. */
export function makeToolId(out: Bytes, responseId: Slice, index: i32): void {
  makeId(out, "call_", responseId, index);
}

/** Makes an id for a piece of an answer: unique by its answer's id and its place in it. */
export function makeId(out: Bytes, prefix: string, responseId: Slice, index: i32): void {
  text.clear();
  writeText(text, responseId);
  out.ascii(prefix);
  writeHexadecimal(out, hash(text.ptr, sliceLength(responseId) == 0 ? 0 : text.length) + <u64>index);
}

function isIdCharacter(c: u8): bool {
  const letter = c | 0x20;
  return letter - 0x61 <= 25 || c - 0x30 <= 9 || c == UNDERSCORE || c == HYPHEN;
}

function writeHexadecimal(out: Bytes, value: u64): void {
  for (let shift = 60; shift >= 0; shift -= 4) {
    const digit = <u8>(value >> shift) & 15;
    out.byte(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}
