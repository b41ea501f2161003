import { Bytes } from "../bytes/bytes";
import { BACKSLASHES, HIGHS, ONES, QUOTES, SPACES } from "../bytes/words";
import { Form, Slice, sliceForm, sliceLength, slicePtr } from "./slice";
import { storeCodePoint } from "./utf8";

// Strings between their three forms: text, text escaped for JSON, and whole JSON values. All input is taken to be valid already: it comes
// from the cursor, which checks it, or from the gateway itself.

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;

/** Appends text as the inside of a JSON string. */
export function writeEscaped(out: Bytes, ptr: usize, length: u32): void {
  const end = ptr + length;
  let run = ptr; // where the bytes begin that need no escape and are copied at once
  while (ptr < end) {
    if (ptr + 8 <= end) {
      const word = load<u64>(ptr);
      const hits = (((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES) | (word - SPACES)) & ~word & HIGHS;
      if (hits == 0) {
        ptr += 8;
        continue;
      }
      ptr += <usize>(ctz(hits) >> 3);
    }
    const c = load<u8>(ptr);
    if (c >= 0x20 && c != QUOTE && c != BACKSLASH) {
      ptr++;
      continue;
    }
    out.append(run, <u32>(ptr - run));
    writeEscape(out, c);
    run = ++ptr;
  }
  out.append(run, <u32>(end - run));
}

function writeEscape(out: Bytes, c: u8): void {
  out.byte(BACKSLASH);
  if (c == QUOTE || c == BACKSLASH) out.byte(c);
  else if (c == 0x0a) out.byte(0x6e);
  else if (c == 0x0d) out.byte(0x72);
  else if (c == 0x09) out.byte(0x74);
  else if (c == 0x08) out.byte(0x62);
  else if (c == 0x0c) out.byte(0x66);
  else {
    out.ascii("u00");
    out.byte(c < 0x10 ? 0x30 : 0x31);
    const low = c & 15;
    out.byte(low < 10 ? 0x30 + low : 0x57 + low);
  }
}

/** Appends the text that the inside of a JSON string stands for. */
export function writeUnescaped(out: Bytes, ptr: usize, length: u32): void {
  const end = ptr + length;
  let to = out.reserve(length); // text is never longer than its escaped form
  const start = to;
  while (ptr < end) {
    if (ptr + 8 <= end) {
      const word = load<u64>(ptr);
      const different = word ^ BACKSLASHES;
      const hits = (different - ONES) & ~different & HIGHS;
      store<u64>(to, word);
      const clean: usize = hits == 0 ? 8 : <usize>(ctz(hits) >> 3);
      to += clean;
      ptr += clean;
      if (hits == 0) continue;
    }
    const c = load<u8>(ptr++);
    if (c != BACKSLASH) {
      store<u8>(to++, c);
      continue;
    }
    const escape = load<u8>(ptr++);
    if (escape != 0x75) {
      store<u8>(to++, unescaped(escape));
      continue;
    }
    let code = hexadecimal(ptr);
    ptr += 4;
    if ((code & 0xfc00) == 0xd800) {
      code = 0x10000 + ((code & 0x3ff) << 10) + (hexadecimal(ptr + 2) & 0x3ff);
      ptr += 6;
    }
    to = storeCodePoint(to, code);
  }
  out.length += <u32>(to - start);
}

function unescaped(escape: u8): u8 {
  switch (escape) {
    case 0x6e:
      return 0x0a;
    case 0x74:
      return 0x09;
    case 0x72:
      return 0x0d;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    default:
      return escape; // quote, backslash, slash
  }
}

/** The value of four hexadecimal digits. */
function hexadecimal(ptr: usize): u32 {
  let code: u32 = 0;
  for (let i = 0; i < 4; i++) {
    const c = <u32>load<u8>(ptr + i);
    code = (code << 4) | (c < 0x3a ? c - 0x30 : (c | 0x20) - 0x57);
  }
  return code;
}

/** Appends a slice's text as a JSON string, quotes included. An absent slice is the empty string; of a value, its source text is quoted. */
export function writeString(out: Bytes, slice: Slice): void {
  out.byte(QUOTE);
  writeStringBody(out, slice);
  out.byte(QUOTE);
}

/** `writeString` without the quotes: for strings put together from several slices. */
export function writeStringBody(out: Bytes, slice: Slice): void {
  const form = sliceForm(slice);
  if (form == Form.Plain || form == Form.Escaped) out.append(slicePtr(slice), sliceLength(slice));
  else if (form != Form.Absent) writeEscaped(out, slicePtr(slice), sliceLength(slice));
}

/** Appends a slice's text as it is meant; of a value, its source text. */
export function writeText(out: Bytes, slice: Slice): void {
  if (sliceForm(slice) == Form.Escaped) writeUnescaped(out, slicePtr(slice), sliceLength(slice));
  else out.append(slicePtr(slice), sliceLength(slice));
}

/** Whether a slice's text is empty or white space. */
export function isBlank(slice: Slice): bool {
  let p = slicePtr(slice);
  const end = p + sliceLength(slice);
  const escaped = sliceForm(slice) == Form.Escaped;
  for (; p < end; p++) {
    let c = load<u8>(p);
    if (escaped && c == BACKSLASH) c = unescaped(load<u8>(++p)); // of a \u escape that is the u, which is no white space
    if (c != 0x20 && (c < 0x09 || c > 0x0d)) return false;
  }
  return true;
}
