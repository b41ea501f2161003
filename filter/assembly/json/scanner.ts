import { SPACES } from "../bytes/words";
import { JsonError } from "./errors";
import { skipMultibyte } from "./utf8";

const QUOTE: u8 = 0x22;
const SPACE: u8 = 0x20;
const COLON: u8 = 0x3a;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const BACKSLASH: u8 = 0x5c;

/**
 * The tokens of JSON text in UTF-8, checked against RFC 8259. Each method takes the address where a token begins and returns the address
 * after it, or 0 when it is none; the first error is kept.
 */
export class Scanner {
  /** How far the text has been passed, and where the first error is. */
  at: usize = 0;
  end: usize = 0;
  error: JsonError = JsonError.None;
  /** Whether the string that was scanned last has escapes. */
  protected escaped: bool = false;

  protected fail(error: JsonError, p: usize): bool {
    if (this.error == JsonError.None) {
      this.error = error;
      this.at = p < this.end ? p : this.end;
    }
    return false;
  }

  /** The address of the first byte at or after `p` that is no white space. */
  protected skipSpace(p: usize): usize {
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
  protected scanKey(p: usize): usize {
    if (p >= this.end) return this.failAt(JsonError.End, p);
    if (load<u8>(p) != QUOTE) return this.failAt(JsonError.Key, p);
    const close = this.scanString(p + 1);
    return close == 0 ? 0 : this.scanColon(close + 1);
  }

  protected scanColon(p: usize): usize {
    p = this.skipSpace(p);
    if (p >= this.end) return this.failAt(JsonError.End, p);
    if (load<u8>(p) != COLON) return this.failAt(JsonError.Colon, p);
    return this.skipSpace(p + 1);
  }

  /** From the byte after the opening quote to the closing quote; 0 on an error. Sixteen bytes a step where nothing needs a look. */
  protected scanString(p: usize): usize {
    const end = this.end;
    let escaped = false;
    while (p < end) {
      if (p + 16 <= end) {
        const bytes = v128.load(p);
        const quotes = i8x16.eq(bytes, i8x16.splat(QUOTE));
        const backslashes = i8x16.eq(bytes, i8x16.splat(BACKSLASH));
        // Control characters and, as negative numbers, what is not ASCII.
        const others = i8x16.lt_s(bytes, i8x16.splat(SPACE));
        const hits = i8x16.bitmask(v128.or(v128.or(quotes, backslashes), others));
        if (hits == 0) {
          p += 16;
          continue;
        }
        p += ctz(hits);
      }
      const c = load<u8>(p);
      if (c == QUOTE) {
        this.escaped = escaped;
        return p;
      }
      if (c == BACKSLASH) {
        escaped = true;
        const next = p + 1 < end ? load<u8>(p, 1) : 0;
        if (next == 0x6e || next == QUOTE) {
          p += 2; // \n and \": most of all escapes
          continue;
        }
        p = this.scanEscape(p);
        if (p == 0) return 0;
      } else if (c >= 0x80) {
        p = this.scanMultibytes(p);
        if (p == 0) return 0;
      } else if (c < 0x20) {
        return this.failAt(JsonError.ControlCharacter, p);
      } else p++;
    }
    return this.failAt(JsonError.End, p);
  }

  protected scanMultibytes(p: usize): usize {
    const end = this.end;
    do {
      const next = skipMultibyte(p, end);
      if (next == 0) return this.failAt(JsonError.Utf8, p);
      p = next;
    } while (p < end && load<u8>(p) >= 0x80);
    return p;
  }

  protected scanEscape(p: usize): usize {
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
  protected scanUnicodeEscape(p: usize): usize {
    const code = this.scanHexadecimal(p);
    if (code < 0) return this.failAt(JsonError.Escape, p);
    if ((code & 0xf800) != 0xd800) return p + 6;
    if ((code & 0x0400) != 0) return this.failAt(JsonError.Surrogate, p);
    const low = this.scanHexadecimal(p + 6);
    if (low < 0 || (low & 0xfc00) != 0xdc00) return this.failAt(JsonError.Surrogate, p);
    return p + 12;
  }

  /** The code of the \uXXXX at `p`, or -1. */
  protected scanHexadecimal(p: usize): i32 {
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

  protected scanNumber(p: usize): usize {
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

  protected scanDigits(p: usize): usize {
    const end = this.end;
    while (p < end && load<u8>(p) - ZERO <= 9) p++;
    return p;
  }

  protected scanLiteral(p: usize, c: u8): usize {
    if (c == 0x66) {
      if (p + 5 <= this.end && load<u32>(p, 1) == 0x65736c61) return p + 5; // "alse", little-endian
    } else if (p + 4 <= this.end) {
      const word = load<u32>(p);
      if (word == 0x65757274 || word == 0x6c6c756e) return p + 4; // "true", "null"
    }
    return this.failAt(JsonError.Value, p);
  }

  protected failAt(error: JsonError, p: usize): usize {
    this.fail(error, p);
    return 0;
  }
}
