import { Arena } from "../bytes/arena";
import { equalAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { readInteger } from "../bytes/numbers";
import { JsonError } from "./errors";
import { ABSENT, Form, Slice, sliceForm, sliceLength, sliceOf, slicePtr } from "./slice";
import { writeUnescaped } from "./text";
import { skipMultibyte } from "./utf8";

/** The deepest nesting that any cursor follows, whatever its owner allows. */
export const JSON_DEPTH_CEILING: u32 = 1024;

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const OPEN_ARRAY: u8 = 0x5b;
const BACKSLASH: u8 = 0x5c;
const CLOSE_ARRAY: u8 = 0x5d;
const OPEN_OBJECT: u8 = 0x7b;
const CLOSE_OBJECT: u8 = 0x7d;
const ONES: u64 = 0x0101010101010101;
const HIGHS: u64 = 0x8080808080808080;
const QUOTES: u64 = 0x2222222222222222;
const BACKSLASHES: u64 = 0x5c5c5c5c5c5c5c5c;
const SPACES: u64 = 0x2020202020202020;

/** Which closing bracket each open level waits for, while `skip` is inside of a value. One cursor skips at a time. */
const openLevels: usize = memory.data(1024); // JSON_DEPTH_CEILING bytes

/** What the value under the cursor is, told by its first byte. */
export enum Kind {
  None,
  Object,
  Array,
  String,
  Number,
  True,
  False,
  Null,
}

/**
 * Walks forward through JSON text in UTF-8, once, without building anything. Whatever it passes, taken or skipped, is checked against RFC 8259:
 * grammar, escapes, surrogate pairs, UTF-8, depth. After the first error every call returns false or an absent slice; `error` and `at` say why and where.
 *
 *     if (cursor.enterObject()) while (cursor.nextKey()) { if (cursor.keyIs("model")) model = cursor.takeString(); else cursor.skip(); }
 *     if (!cursor.finish()) …
 *
 * Every member and element must be taken, entered or skipped before the next one is asked for.
 */
export class Cursor {
  at: usize = 0;
  end: usize = 0;
  error: JsonError = JsonError.None;
  /** The key that `nextKey` found, decoded. */
  keyPtr: usize = 0;
  keyLength: u32 = 0;
  depthMax: u32 = 0;
  private start: usize = 0;
  private depth: u32 = 0;
  private fresh: bool = false; // nothing of the innermost container was passed yet
  private escaped: bool = false; // of the string scanned last
  private decodedKey: Bytes = new Bytes();
  private arena: Arena = new Arena();

  /** Puts the cursor on a text. Slices that it decoded before (`takeToken`) are no longer valid. */
  open(ptr: usize, length: u32, depthMax: u32): void {
    this.start = ptr;
    this.end = ptr + length;
    this.depth = 0;
    this.depthMax = depthMax < JSON_DEPTH_CEILING ? depthMax : JSON_DEPTH_CEILING;
    this.error = JsonError.None;
    this.fresh = false;
    this.arena.reset();
    this.decodedKey.clear(1024);
    this.at = this.skipSpace(ptr);
  }

  @inline
  get ok(): bool {
    return this.error == JsonError.None;
  }

  /** How far the cursor is in its text, in bytes. */
  @inline
  get offset(): u32 {
    return <u32>(this.at - this.start);
  }

  kind(): Kind {
    if (this.error != JsonError.None || this.at >= this.end) return Kind.None;
    switch (load<u8>(this.at)) {
      case OPEN_OBJECT:
        return Kind.Object;
      case OPEN_ARRAY:
        return Kind.Array;
      case QUOTE:
        return Kind.String;
      case 0x74:
        return Kind.True;
      case 0x66:
        return Kind.False;
      case 0x6e:
        return Kind.Null;
      default:
        return Kind.Number; // or nothing at all, which taking or skipping it tells
    }
  }

  /** Goes into an object; false (and no error) when the value is something else. */
  @inline
  enterObject(): bool {
    return this.enter(OPEN_OBJECT);
  }

  /** Goes into an array; false (and no error) when the value is something else. */
  @inline
  enterArray(): bool {
    return this.enter(OPEN_ARRAY);
  }

  /** Moves to the next member of the object entered; false at its end. */
  nextKey(): bool {
    if (this.error != JsonError.None) return false;
    let p = this.skipSpace(this.at);
    if (p >= this.end) return this.fail(JsonError.End, p);
    let c = load<u8>(p);
    if (c == CLOSE_OBJECT) return this.leave(p);
    if (!this.fresh) {
      if (c != COMMA) return this.fail(JsonError.ObjectEnd, p);
      p = this.skipSpace(p + 1);
      if (p >= this.end) return this.fail(JsonError.End, p);
      c = load<u8>(p);
    }
    this.fresh = false;
    if (c != QUOTE) return this.fail(JsonError.Key, p);
    const close = this.scanString(p + 1);
    if (close == 0) return false;
    this.keyPtr = p + 1;
    this.keyLength = <u32>(close - p - 1);
    if (this.escaped) this.decodeKey();
    p = this.scanColon(close + 1);
    if (p == 0) return false;
    this.at = p;
    return true;
  }

  /** Whether the key found last is an ASCII literal. */
  @inline
  keyIs(literal: string): bool {
    return this.keyLength == <u32>literal.length && equalAscii(this.keyPtr, this.keyLength, literal);
  }

  /** Moves to the next element of the array entered; false at its end. */
  nextElement(): bool {
    if (this.error != JsonError.None) return false;
    let p = this.skipSpace(this.at);
    if (p >= this.end) return this.fail(JsonError.End, p);
    const c = load<u8>(p);
    if (c == CLOSE_ARRAY) return this.leave(p);
    if (!this.fresh) {
      if (c != COMMA) return this.fail(JsonError.ArrayEnd, p);
      p = this.skipSpace(p + 1);
      if (p < this.end && load<u8>(p) == CLOSE_ARRAY) return this.fail(JsonError.Value, p);
    }
    this.fresh = false;
    this.at = p;
    return true;
  }

  /**
   * The string that the object under the cursor has under `key`, decoded (absent: none); the cursor stays where it is. Cheap when the key is the first
   * one, as the APIs' own clients write it; else the members before it are passed twice.
   */
  peekMember(key: string): Slice {
    const at = this.at;
    const depth = this.depth;
    const fresh = this.fresh;
    let value = ABSENT;
    if (this.enterObject()) {
      while (this.nextKey()) {
        if (this.keyIs(key)) {
          value = this.takeToken();
          break;
        }
        this.skip();
      }
    }
    if (this.error != JsonError.None) return ABSENT;
    this.at = at;
    this.depth = depth;
    this.fresh = fresh;
    return value;
  }

  /** Passes a string and returns what stands between its quotes; anything else is skipped and absent. */
  takeString(): Slice {
    if (this.kind() != Kind.String) {
      this.skip();
      return ABSENT;
    }
    const open = this.at + 1;
    const close = this.scanString(open);
    if (close == 0) return ABSENT;
    this.at = close + 1;
    return sliceOf(open, <u32>(close - open), this.escaped ? Form.Escaped : Form.Plain);
  }

  /** Like `takeString`, with escapes decoded, so that the bytes can be compared and searched. Valid until the next `open`. */
  takeToken(): Slice {
    return this.decode(this.takeString());
  }

  /** A slice with its escapes decoded, valid until the next `open`. */
  decode(slice: Slice): Slice {
    if (sliceForm(slice) != Form.Escaped) return slice;
    const length = sliceLength(slice);
    writeUnescaped(scratch, slicePtr(slice), length);
    const ptr = this.arena.take(scratch.length);
    memory.copy(ptr, scratch.ptr, scratch.length);
    const decoded = sliceOf(ptr, scratch.length, Form.Text);
    scratch.clear();
    return decoded;
  }

  /** Passes a value of any kind and returns its source text. */
  takeValue(): Slice {
    const from = this.at;
    return this.skip() ? sliceOf(from, <u32>(this.at - from), Form.Value) : ABSENT;
  }

  /** Passes a number and returns its source text; anything else is skipped and absent. */
  takeNumber(): Slice {
    const isNumber = this.kind() == Kind.Number;
    const value = this.takeValue();
    return isNumber ? value : ABSENT;
  }

  /** Passes a number and returns its integer part; `otherwise` for anything else. */
  takeInteger(otherwise: i64): i64 {
    const value = this.takeNumber();
    return value == ABSENT ? otherwise : readInteger(slicePtr(value), sliceLength(value));
  }

  /** Passes a value and says whether it was `true`. */
  takeTrue(): bool {
    const isTrue = this.kind() == Kind.True;
    return this.skip() && isTrue;
  }

  /** Whether the text ends where the cursor stands. */
  finish(): bool {
    if (this.error != JsonError.None) return false;
    const p = this.skipSpace(this.at);
    if (p < this.end) return this.fail(JsonError.Trailing, p);
    this.at = p;
    return true;
  }

  /** Passes a value of any kind. Not recursive: the levels it is in are kept in `openLevels`. */
  skip(): bool {
    if (this.error != JsonError.None) return false;
    const base = this.depth;
    let p = this.at;
    while (true) {
      // A value begins at p.
      if (p >= this.end) return this.fail(JsonError.End, p);
      const c = load<u8>(p);
      if (c == QUOTE) {
        p = this.scanString(p + 1);
        if (p == 0) return false;
        p++;
      } else if (c == OPEN_OBJECT || c == OPEN_ARRAY) {
        if (this.depth >= this.depthMax) return this.fail(JsonError.Depth, p);
        const close: u8 = c + 2; // both brackets close two code points later
        p = this.skipSpace(p + 1);
        if (p >= this.end) return this.fail(JsonError.End, p);
        if (load<u8>(p) == close) p++;
        else {
          store<u8>(openLevels + this.depth++, close);
          if (close == CLOSE_OBJECT) {
            p = this.scanKey(p);
            if (p == 0) return false;
          }
          continue;
        }
      } else {
        p = c == MINUS || c - ZERO <= 9 ? this.scanNumber(p) : this.scanLiteral(p, c);
        if (p == 0) return false;
      }
      // A value ended at p: close what ends here, and go to the next value.
      while (true) {
        if (this.depth == base) {
          this.at = p;
          return true;
        }
        const close = load<u8>(openLevels + this.depth - 1);
        p = this.skipSpace(p);
        if (p >= this.end) return this.fail(JsonError.End, p);
        const next = load<u8>(p);
        if (next == close) {
          this.depth--;
          p++;
          continue;
        }
        if (next != COMMA) return this.fail(close == CLOSE_OBJECT ? JsonError.ObjectEnd : JsonError.ArrayEnd, p);
        p = this.skipSpace(p + 1);
        if (close == CLOSE_OBJECT) {
          p = this.scanKey(p);
          if (p == 0) return false;
        }
        break;
      }
    }
  }

  private enter(open: u8): bool {
    if (this.error != JsonError.None || this.at >= this.end || load<u8>(this.at) != open) return false;
    if (this.depth >= this.depthMax) return this.fail(JsonError.Depth, this.at);
    this.depth++;
    this.at++;
    this.fresh = true;
    return true;
  }

  private leave(p: usize): bool {
    this.depth--;
    this.fresh = false;
    this.at = p + 1;
    return false;
  }

  private fail(error: JsonError, p: usize): bool {
    if (this.error == JsonError.None) {
      this.error = error;
      this.at = p < this.end ? p : this.end;
    }
    return false;
  }

  private decodeKey(): void {
    this.decodedKey.clear();
    writeUnescaped(this.decodedKey, this.keyPtr, this.keyLength);
    this.keyPtr = this.decodedKey.ptr;
    this.keyLength = this.decodedKey.length;
  }

  /** The address of the first byte at or after `p` that is no white space. */
  private skipSpace(p: usize): usize {
    const end = this.end;
    while (p < end) {
      const c = load<u8>(p);
      if (c > 0x20) return p;
      if (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09) return p;
      p++;
      while (p + 8 <= end && load<u64>(p) == SPACES) p += 8; // indentation
    }
    return p;
  }

  /** From a key's opening quote to the value after its colon; 0 on an error. */
  private scanKey(p: usize): usize {
    if (p >= this.end) return this.failAt(JsonError.End, p);
    if (load<u8>(p) != QUOTE) return this.failAt(JsonError.Key, p);
    const close = this.scanString(p + 1);
    return close == 0 ? 0 : this.scanColon(close + 1);
  }

  private scanColon(p: usize): usize {
    p = this.skipSpace(p);
    if (p >= this.end) return this.failAt(JsonError.End, p);
    if (load<u8>(p) != COLON) return this.failAt(JsonError.Colon, p);
    return this.skipSpace(p + 1);
  }

  /** From the byte after the opening quote to the closing quote; 0 on an error. Eight bytes a step where nothing needs a look. */
  private scanString(p: usize): usize {
    const end = this.end;
    let escaped = false;
    while (p < end) {
      if (p + 8 <= end) {
        const word = load<u64>(p);
        // Bits of the first byte that is a quote, a backslash, a control character or not ASCII; those after it may be wrong (borrows).
        const hits = (((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES) | (word - SPACES) | word) & HIGHS;
        if (hits == 0) {
          p += 8;
          continue;
        }
        p += <usize>(ctz(hits) >> 3);
      }
      const c = load<u8>(p);
      if (c == QUOTE) {
        this.escaped = escaped;
        return p;
      }
      if (c == BACKSLASH) {
        p = this.scanEscape(p);
        if (p == 0) return 0;
        escaped = true;
      } else if (c >= 0x80) {
        p = this.scanMultibytes(p);
        if (p == 0) return 0;
      } else if (c < 0x20) {
        return this.failAt(JsonError.ControlCharacter, p);
      } else p++;
    }
    return this.failAt(JsonError.End, p);
  }

  private scanMultibytes(p: usize): usize {
    const end = this.end;
    do {
      const next = skipMultibyte(p, end);
      if (next == 0) return this.failAt(JsonError.Utf8, p);
      p = next;
    } while (p < end && load<u8>(p) >= 0x80);
    return p;
  }

  private scanEscape(p: usize): usize {
    if (p + 1 >= this.end) return this.failAt(JsonError.End, this.end);
    switch (load<u8>(p, 1)) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return p + 2;
      case 0x75:
        return this.scanUnicodeEscape(p);
      default:
        return this.failAt(JsonError.Escape, p);
    }
  }

  /** \uXXXX, or two of them that are a surrogate pair: a half alone stands for no text, and what it becomes differs by parser. */
  private scanUnicodeEscape(p: usize): usize {
    const code = this.scanHexadecimal(p);
    if (code < 0) return this.failAt(JsonError.Escape, p);
    if ((code & 0xf800) != 0xd800) return p + 6;
    if ((code & 0x0400) != 0) return this.failAt(JsonError.Surrogate, p);
    const low = this.scanHexadecimal(p + 6);
    if (low < 0 || (low & 0xfc00) != 0xdc00) return this.failAt(JsonError.Surrogate, p);
    return p + 12;
  }

  /** The code of the \uXXXX at `p`, or -1. */
  private scanHexadecimal(p: usize): i32 {
    if (p + 6 > this.end || load<u8>(p) != BACKSLASH || load<u8>(p, 1) != 0x75) return -1;
    let code: i32 = 0;
    for (let i: usize = 2; i < 6; i++) {
      const c = load<u8>(p + i);
      const letter = c | 0x20;
      if (c - ZERO <= 9) code = (code << 4) | <i32>(c - ZERO);
      else if (letter - 0x61 <= 5) code = (code << 4) | <i32>(letter - 0x57);
      else return -1;
    }
    return code;
  }

  private scanNumber(p: usize): usize {
    if (load<u8>(p) == MINUS) p++;
    const whole = p;
    p = this.scanDigits(p);
    if (p == whole || (load<u8>(whole) == ZERO && p > whole + 1)) return this.failAt(JsonError.Number, whole);
    if (p < this.end && load<u8>(p) == POINT) {
      const fraction = ++p;
      p = this.scanDigits(p);
      if (p == fraction) return this.failAt(JsonError.Number, p);
    }
    if (p < this.end && (load<u8>(p) | 0x20) == 0x65) {
      p++;
      if (p < this.end && (load<u8>(p) == MINUS || load<u8>(p) == 0x2b)) p++;
      const exponent = p;
      p = this.scanDigits(p);
      if (p == exponent) return this.failAt(JsonError.Number, p);
    }
    return p;
  }

  private scanDigits(p: usize): usize {
    const end = this.end;
    while (p < end && load<u8>(p) - ZERO <= 9) p++;
    return p;
  }

  private scanLiteral(p: usize, c: u8): usize {
    if (c == 0x66) {
      if (p + 5 <= this.end && load<u32>(p, 1) == 0x65736c61) return p + 5; // "alse", little-endian
    } else if (p + 4 <= this.end) {
      const word = load<u32>(p);
      if (word == 0x65757274 || word == 0x6c6c756e) return p + 4; // "true", "null"
    }
    return this.failAt(JsonError.Value, p);
  }

  private failAt(error: JsonError, p: usize): usize {
    this.fail(error, p);
    return 0;
  }
}

/** For strings on their way to an arena. */
const scratch = new Bytes();
