import { HIGHS, ONES } from "../bytes/words";
import { Form, Slice, sliceForm, sliceLength, sliceOf, slicePtr } from "./slice";

// Where characters, that is code points, stand in a slice's text, which is valid (see text.ts).

const BACKSLASH: u8 = 0x5c;

/** How many bytes of a slice the character at `p` takes. */
function lengthAt(p: usize, isEscaped: bool): u32 {
  const c = load<u8>(p);
  if (isEscaped && c == BACKSLASH) return escapeLengthAt(p);
  return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

function escapeLengthAt(p: usize): u32 {
  if (load<u8>(p, 1) != 0x75) return 2;
  // \ud800 to \udbff are the first of two.
  const isD = (load<u8>(p, 2) | 0x20) == 0x64;
  const next = load<u8>(p, 3) | 0x20;
  return isD && (next == 0x38 || next == 0x39 || next == 0x61 || next == 0x62) ? 12 : 6;
}

/** How many characters a slice's text has. */
export function countCharacters(slice: Slice): u32 {
  let p = slicePtr(slice);
  const end = p + sliceLength(slice);
  if (sliceForm(slice) == Form.Escaped) {
    let count: u32 = 0;
    for (; p < end; p += lengthAt(p, true)) count++;
    return count;
  }
  // All bytes but those that continue a character: 10xxxxxx.
  let count = sliceLength(slice);
  for (; p + 8 <= end; p += 8) {
    const word = load<u64>(p);
    count -= <u32>popcnt(((word & HIGHS) >> 7) & ~(word >> 6) & ONES);
  }
  for (; p < end; p++) if ((load<u8>(p) & 0xc0) == 0x80) count--;
  return count;
}

/** How many characters begin in the first `bytes` bytes of a text. */
export function charactersInBytes(text: Slice, bytes: u32): u32 {
  return countCharacters(sliceOf(slicePtr(text), min(bytes, sliceLength(text)), Form.Text));
}

/** Where in a slice's bytes its character number `index` begins; behind its last one when there are fewer. */
export function offsetOfCharacter(slice: Slice, index: u32): u32 {
  const isEscaped = sliceForm(slice) == Form.Escaped;
  const start = slicePtr(slice);
  const end = start + sliceLength(slice);
  let p = start;
  for (; p < end && index > 0; index--) p += lengthAt(p, isEscaped);
  return <u32>(p - start);
}
