import { equal, indexOfAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { listBuffer, listObject } from "../bytes/chunk_memory";
import { JsonError } from "../json/errors";
import { Scanner } from "../json/scanner";
import { ABSENT, Form, Slice, sliceForm, sliceLength, sliceOf, slicePtr } from "../json/slice";

/** The longest event that is kept as a pattern, in bytes without its text. */
const EVENT_BYTES_MAX: u32 = 4096;
const KEPT_BYTES_MAX: u32 = 1024;
/** After so many events in a row that were not like the one before them, no more is tried. */
const MISSES_MAX: u32 = 8;
const ZERO: u8 = 0x30;

/**
 * What the events of a stream have in common. Between its first words and its last a stream repeats one event that differs in its text alone: the
 * rest is passed here by comparing it with the event before, which costs a third of reading it. Numbers may differ (counters, times, usage), and so
 * may the padding by which some APIs hide the length of the text.
 */
export class EventPattern extends Scanner {
  /** The text of the event that was like the one before, as it stands in it. */
  text: Slice = ABSENT;
  /** A number of that event was another one. */
  hasOtherNumbers: bool = false;
  /** Its numbers say something. */
  keepsNumbers: bool = false;
  private typeLength: u32 = 0;
  private textAt: u32 = 0;
  private paddingAt: u32 = 0; // 0: it has none
  private misses: u32 = 0;
  /** The event's type and behind it its data without text and padding: JSON as it was, with empty strings there. */
  private readonly known: Bytes = new Bytes();

  /** Forgets the stream before. */
  reset(): void {
    this.known.clear(KEPT_BYTES_MAX);
    this.misses = 0;
  }

  /** Lists what the next event will be compared with. */
  listChunkMemory(): void {
    listObject(this, offsetof<EventPattern>());
    listBuffer(this.known);
  }

  /** The events that follow are not like those before. */
  @inline
  forget(): void {
    this.known.length = 0;
  }

  /** The data, which is JSON without the text and the padding. */
  get ptr(): usize {
    return this.known.ptr + this.typeLength;
  }

  get length(): u32 {
    return this.known.length - this.typeLength;
  }

  /** Remembers an event that says `text`, a string of its data, and nothing else. `padding`: as the member begins that is to hide the length. */
  learn(type: Slice, ptr: usize, length: u32, text: Slice, padding: string): void {
    this.forget();
    const form = sliceForm(text);
    const tail = slicePtr(text) + sliceLength(text);
    const tailLength = <u32>(ptr + length - tail);
    if (this.misses >= MISSES_MAX || (form != Form.Plain && form != Form.Escaped)) return;
    if (length - sliceLength(text) > EVENT_BYTES_MAX || slicePtr(text) <= ptr || tailLength > length) return;
    this.misses++;
    const known = this.known;
    known.append(slicePtr(type), sliceLength(type));
    this.typeLength = sliceLength(type);
    known.append(ptr, <u32>(slicePtr(text) - ptr));
    this.textAt = known.length;
    this.paddingAt = 0;
    const start = padding.length == 0 ? -1 : indexOfAscii(tail, tailLength, padding);
    if (start < 0) {
      known.append(tail, tailLength);
      return;
    }
    const paddingFrom = tail + <u32>start + padding.length;
    const paddingEnd = passWord(paddingFrom, tail + tailLength);
    known.append(tail, <u32>(paddingFrom - tail));
    this.paddingAt = known.length;
    known.append(paddingEnd, <u32>(tail + tailLength - paddingEnd));
  }

  /** Whether an event is like the one that was learned. */
  matches(type: Slice, ptr: usize, length: u32): bool {
    const known = this.known;
    if (known.length == 0 || !equal(slicePtr(type), sliceLength(type), known.ptr, this.typeLength)) return false;
    this.end = ptr + length;
    this.error = JsonError.None;
    this.hasOtherNumbers = false;
    const textStart = this.pass(ptr, this.typeLength, this.textAt);
    if (textStart == 0) return false;
    const textEnd = this.scanString(textStart);
    if (textEnd == 0) return false;
    this.text = sliceOf(textStart, <u32>(textEnd - textStart), this.escaped ? Form.Escaped : Form.Plain);
    let p = textEnd;
    if (this.paddingAt > 0) {
      p = this.pass(p, this.textAt, this.paddingAt);
      if (p == 0) return false;
      p = passWord(p, this.end);
    }
    p = this.pass(p, max(this.textAt, this.paddingAt), known.length);
    if (p != this.end) return false;
    this.misses = 0;
    return true;
  }

  /** Passes what is known from `from` to `to`, and returns the address after it, or 0 where the event differs. */
  private pass(start: usize, from: u32, to: u32): usize {
    const end = this.end;
    let known = this.known.ptr + from;
    const knownEnd = this.known.ptr + to;
    let p = start;
    while (known < knownEnd) {
      let left = <u32>min(knownEnd - known, end - p);
      while (left >= 16 && !v128.any_true(v128.xor(v128.load(p), v128.load(known)))) {
        p += 16;
        known += 16;
        left -= 16;
      }
      while (left >= 8 && load<u64>(p) == load<u64>(known)) {
        p += 8;
        known += 8;
        left -= 8;
      }
      while (known < knownEnd && p < end && load<u8>(p) == load<u8>(known)) {
        p++;
        known++;
      }
      if (known == knownEnd) return p;
      const differsAt = p;
      const knownDiffersAt = known;
      let digits = p; // where the number begins in which they differ
      while (digits > start && isDigit(load<u8>(digits - 1))) digits--;
      const knownDigits = known - (p - digits);
      while (p < end && isDigit(load<u8>(p))) p++;
      while (known < knownEnd && isDigit(load<u8>(known))) known++;
      if (p == differsAt && known == knownDiffersAt) return 0; // the difference is behind a number
      if (p == digits || known == knownDigits) return 0;
      if (load<u8>(digits) == ZERO && p - digits > 1) return 0; // no number in JSON
      this.hasOtherNumbers = true;
    }
    return p;
  }
}

function isDigit(c: u8): bool {
  return c - ZERO <= 9;
}

/** The address after letters and digits, of which padding consists. */
function passWord(p: usize, end: usize): usize {
  while (p < end && isLetterOrDigit(load<u8>(p))) p++;
  return p;
}

function isLetterOrDigit(c: u8): bool {
  const letter: u8 = (c | 0x20) - 0x61;
  return isDigit(c) || letter < 26;
}
