import { Arena } from "../bytes/arena";
import { equalAscii } from "../bytes/ascii";
import { decodeBase64, NO_LENGTH } from "../bytes/base64";
import { Bytes } from "../bytes/bytes";
import { readInteger } from "../bytes/numbers";
import { JsonError } from "./errors";
import { Scanner } from "./scanner";
import { ABSENT, Form, Slice, sliceForm, sliceLength, sliceOf, slicePtr } from "./slice";
import { writeUnescaped } from "./text";
import { isUtf8 } from "./utf8";

/** The deepest nesting that any cursor follows, whatever its owner allows. */
export const JSON_DEPTH_CEILING: u32 = 1024;

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const ZERO: u8 = 0x30;
const OPEN_ARRAY: u8 = 0x5b;
const CLOSE_ARRAY: u8 = 0x5d;
const OPEN_OBJECT: u8 = 0x7b;
const CLOSE_OBJECT: u8 = 0x7d;
/** Fewer than the digits of 2^53. */
const PLAIN_DIGITS_MAX: usize = 15;

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
 * Walks forward through JSON text in UTF-8, once, without building anything. Whatever it passes, taken or skipped, is checked against RFC
 * 8259: grammar, escapes, surrogate pairs, UTF-8, depth. After the first error every call returns false or an absent slice; `error` and
 * `at` say why and where.
 *
 *     if (cursor.enterObject()) while (cursor.nextKey()) { if (cursor.keyIs("model")) model = cursor.takeString(); else cursor.skip(); }
 *     if (!cursor.finish()) …
 *
 * Every member and element must be taken, entered or skipped before the next one is asked for.
 */
export class Cursor extends Scanner {
  /** The key that `nextKey` found, decoded. */
  keyPtr: usize = 0;
  keyLength: u32 = 0;
  depthMax: u32 = 0;
  private start: usize = 0;
  private depth: u32 = 0;
  private fresh: bool = false; // nothing of the innermost container was passed yet
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

  /** Puts the cursor on a value that another one took (`takeValue`); false when there is none. */
  openValue(value: Slice, depthMax: u32): bool {
    this.open(slicePtr(value), sliceLength(value), depthMax);
    return value != ABSENT;
  }

  /** Puts the cursor on a member of an object whose beginning is not looked at: `nextKey` finds it, and those behind it. */
  openMember(ptr: usize, length: u32, depthMax: u32): void {
    this.open(ptr, length, depthMax);
    this.depth = 1;
    this.fresh = true;
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
   * The string that the object under the cursor has under `key`, decoded (absent: none); the cursor stays where it is. Cheap when the key
   * is the first one, as the APIs' own clients write it; else the members before it are passed twice.
   */
  peekMember(key: string): Slice {
    return this.peek(key, true);
  }

  /** The value that the object under the cursor has under `key`, as its source text (absent: none); the cursor stays where it is. */
  peekValue(key: string): Slice {
    return this.peek(key, false);
  }

  private peek(key: string, asToken: bool): Slice {
    const at = this.at;
    const depth = this.depth;
    const fresh = this.fresh;
    let value = ABSENT;
    if (this.enterObject()) {
      while (this.nextKey()) {
        if (this.keyIs(key)) {
          value = asToken ? this.takeToken() : this.takeValue();
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

  /** The text that base64 stands for, valid until the next `open`; absent when it is none, or no UTF-8. */
  decodeBase64(slice: Slice): Slice {
    const ptr = this.arena.take((sliceLength(slice) >> 2) * 3);
    const length = decodeBase64(ptr, slicePtr(slice), sliceLength(slice));
    if (length == NO_LENGTH || !isUtf8(ptr, ptr + length)) return ABSENT;
    return sliceOf(ptr, length, Form.Text);
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
    const plain = this.takePlainInteger();
    if (plain >= 0) return plain;
    const value = this.takeNumber();
    return value == ABSENT ? otherwise : readInteger(slicePtr(value), sliceLength(value));
  }

  /** As counts are written: a few digits and a comma or a bracket behind them. -1, and nothing passed, when it is anything else. */
  private takePlainInteger(): i64 {
    if (this.error != JsonError.None) return -1;
    const from = this.at;
    const end = this.end;
    let p = from;
    let value: i64 = 0;
    while (p < end && p - from < PLAIN_DIGITS_MAX && load<u8>(p) - ZERO <= 9) value = value * 10 + <i64>(load<u8>(p++) - ZERO);
    if (p == from || p == end || (load<u8>(from) == ZERO && p > from + 1)) return -1;
    const next = load<u8>(p);
    if (next != COMMA && next != CLOSE_OBJECT && next != CLOSE_ARRAY) return -1;
    this.at = p;
    return value;
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

  private decodeKey(): void {
    this.decodedKey.clear();
    writeUnescaped(this.decodedKey, this.keyPtr, this.keyLength);
    this.keyPtr = this.decodedKey.ptr;
    this.keyLength = this.decodedKey.length;
  }
}

/** For strings on their way to an arena. */
const scratch = new Bytes();
