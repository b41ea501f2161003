import { Bytes } from "../bytes/bytes";
import { Slice, textOf } from "../json/slice";
import { writeString, writeText } from "../json/text";
import { storeCodePoint } from "../json/utf8";

enum At {
  /** Before the text: of `PREFIX`, `matched` bytes have come. */
  Prefix,
  Text,
  /** Behind a backslash. */
  Escape,
  /** In the digits of a \u escape. */
  CodeUnit,
  /** Behind the text. */
  End,
  /** These are no such arguments, and are the input as they are. */
  Raw,
}

/** What the arguments of a custom tool's call begin with, but for white space around its signs. */
const PREFIX = '{"input":"';
/** Of `PREFIX` with its white space. A model that writes more of it is taken at its word. */
const PREFIX_BYTES_MAX: u32 = 64;
const REPLACEMENT: u32 = 0xfffd;

/**
 * Takes the text of a custom tool's call out of arguments of the form {"input":"…"}, piece by piece as they come. A model that writes
 * something else, the bare text most likely, is understood to mean just that.
 */
export class CustomInput {
  private at: At = At.Prefix;
  private matched: i32 = 0;
  private readonly held: Bytes = new Bytes();
  private codeUnit: u32 = 0;
  private digits: i32 = 0;
  /** The first half of a surrogate pair whose second has not come; 0: none. */
  private high: u32 = 0;

  reset(): void {
    this.at = At.Prefix;
    this.matched = 0;
    this.held.clear();
    this.high = 0;
  }

  /** Appends the text that a piece of the arguments adds. */
  read(fragment: Slice, out: Bytes): void {
    decoded.clear();
    writeText(decoded, fragment);
    const end = decoded.ptr + decoded.length;
    for (let p = decoded.ptr; p < end; p++) this.readByte(load<u8>(p), out);
  }

  /** The arguments are over: appends what was held back for what might have followed. */
  end(out: Bytes): void {
    if (this.at == At.Prefix) out.appendBytes(this.held);
    this.endPair(out);
  }

  private readByte(c: u8, out: Bytes): void {
    switch (this.at) {
      case At.Prefix:
        this.readPrefix(c, out);
        break;
      case At.Text:
        if (c == 0x5c) this.at = At.Escape;
        else {
          this.endPair(out);
          if (c == 0x22) this.at = At.End;
          else out.byte(c);
        }
        break;
      case At.Escape:
        this.readEscape(c, out);
        break;
      case At.CodeUnit:
        this.readDigit(c, out);
        break;
      case At.Raw:
        out.byte(c);
    }
  }

  private readPrefix(c: u8, out: Bytes): void {
    this.held.byte(c);
    if (c == <u8>PREFIX.charCodeAt(this.matched)) {
      if (++this.matched == PREFIX.length) this.at = At.Text;
    } else if (c == 0x7d && this.matched == 1) {
      this.at = At.End; // {}: a call without input
    } else if (!this.isBetween || !isSpace(c) || this.held.length > PREFIX_BYTES_MAX) {
      this.at = At.Raw;
      out.appendBytes(this.held);
    }
  }

  /** Whether the next sign of `PREFIX` may have white space before it. */
  private get isBetween(): bool {
    return this.matched <= 1 || this.matched >= PREFIX.length - 2;
  }

  private readEscape(c: u8, out: Bytes): void {
    this.at = At.Text;
    if (c == 0x75) {
      this.at = At.CodeUnit;
      this.codeUnit = 0;
      this.digits = 0;
      return;
    }
    this.endPair(out);
    if (c == 0x6e) out.byte(0x0a);
    else if (c == 0x74) out.byte(0x09);
    else if (c == 0x72) out.byte(0x0d);
    else if (c == 0x62) out.byte(0x08);
    else if (c == 0x66) out.byte(0x0c);
    else {
      // Models that write the \d of a pattern mean the backslash.
      if (c != 0x22 && c != 0x5c && c != 0x2f) out.byte(0x5c);
      out.byte(c);
    }
  }

  private readDigit(c: u8, out: Bytes): void {
    const letter = (c | 0x20) - 0x61;
    const isDigit = c - 0x30 <= 9;
    if (!isDigit && letter > 5) {
      this.at = At.Text;
      this.endPair(out);
      writeCodePoint(REPLACEMENT, out);
      this.readByte(c, out);
      return;
    }
    this.codeUnit = (this.codeUnit << 4) | (isDigit ? c - 0x30 : letter + 10);
    if (++this.digits < 4) return;
    this.at = At.Text;
    this.endCodeUnit(out);
  }

  private endCodeUnit(out: Bytes): void {
    const unit = this.codeUnit;
    const kind = unit & 0xfc00;
    if (kind == 0xdc00 && this.high != 0) {
      writeCodePoint(0x10000 + ((this.high & 0x3ff) << 10) + (unit & 0x3ff), out);
      this.high = 0;
      return;
    }
    this.endPair(out);
    if (kind == 0xd800) this.high = unit;
    else writeCodePoint(kind == 0xdc00 ? REPLACEMENT : unit, out);
  }

  /** What comes now is no second half. */
  private endPair(out: Bytes): void {
    if (this.high == 0) return;
    this.high = 0;
    writeCodePoint(REPLACEMENT, out);
  }
}

const decoded = new Bytes();
const whole = new CustomInput();
const text = new Bytes();

/** Appends the text of a custom tool's whole call as a JSON string. */
export function writeCustomInput(out: Bytes, argument: Slice): void {
  text.clear();
  whole.reset();
  whole.read(argument, text);
  whole.end(text);
  writeString(out, textOf(text));
}

function isSpace(c: u8): bool {
  return c == 0x20 || (c >= 0x09 && c <= 0x0d);
}

function writeCodePoint(code: u32, out: Bytes): void {
  const to = out.reserve(4);
  out.length += <u32>(storeCodePoint(to, code) - to);
}
