import { Bytes } from "../bytes/bytes";
import { listObject } from "../bytes/chunk_memory";
import { Frame, FrameReader } from "./frame_reader";

/** The longest event that is waited for, in bytes: beyond it a stream is not read on. Images in answers come to some megabytes. */
export const SSE_EVENT_BYTES_MAX: u32 = 16 * 1024 * 1024;

const KEPT_BYTES_MAX: u32 = 4096;
const LF: u8 = 0x0a;
const CR: u8 = 0x0d;
const COLON: u8 = 0x3a;
const SPACE: u8 = 0x20;

/**
 * Splits server-sent events (WHATWG HTML, "9.2.6 Interpreting an event stream") out of chunks that may end anywhere. Only `data` matters to
 * LLM APIs: Anthropic's event names are repeated in the data, so `event`, `id` and `retry` are passed over.
 *
 * An event that lies in one chunk is not copied. A rest without its end is, once, and `scanned` remembers how far its line was searched, so
 * that an event that comes byte by byte costs no more than one that comes whole.
 */
export class SseReader extends FrameReader {
  private base: usize = 0; // where the event begins that is being read
  private end: usize = 0;
  private line: u32 = 0; // where its current line begins, from base on
  private scanned: u32 = 0; // up to where that line has been searched for its end
  private dataLines: u32 = 0;
  private firstData: u32 = 0; // where the data of its only data line begins, from base on
  private firstDataLength: u32 = 0;
  private joined: Bytes = new Bytes(); // the data of several data lines
  private rest: Bytes = new Bytes();
  private hasRest: bool = false; // so that the rest is not looked at where there is none
  private afterCr: bool = false; // the last line ended with CR at a chunk's end: an LF that follows belongs to it
  private atStart: bool = true; // of the stream, where a byte order mark may stand
  private sink: Bytes | null = null; // gets what is passed, from `unsent` on
  private unsent: usize = 0;
  private eventStart: usize = 0; // of the event found last

  reset(): void {
    this.rest.clear(KEPT_BYTES_MAX);
    this.hasRest = false;
    this.joined.clear(KEPT_BYTES_MAX);
    this.base = 0;
    this.end = 0;
    this.afterCr = false;
    this.atStart = true;
    this.sink = null;
    this.beginEvent();
  }

  /**
   * From the event found last on, bytes go to `out` once the event that they belong to is complete, so that `withhold` can keep an event
   * back. The chunk so far counts, chunks before do not: they have gone on as they came.
   */
  passTo(out: Bytes): void {
    this.sink = out;
  }

  get isPassing(): bool {
    return this.sink != null;
  }

  /** Keeps back the event found last. */
  withhold(): void {
    this.pass(this.eventStart);
    this.unsent = this.base;
  }

  /** Passes what is left at the stream's end, complete or not. */
  passRest(): void {
    this.pass(this.end);
  }

  private pass(to: usize): void {
    const sink = this.sink;
    if (sink == null || to <= this.unsent) return;
    sink.append(this.unsent, <u32>(to - this.unsent));
    this.unsent = to;
  }

  listChunkMemory(): void {
    listObject(this, offsetof<SseReader>());
  }

  feed(ptr: usize, length: u32): void {
    if (this.hasRest) {
      this.rest.append(ptr, length);
      this.base = this.rest.ptr;
      this.end = this.base + this.rest.length;
    } else {
      this.base = ptr;
      this.end = ptr + length;
    }
    this.unsent = this.isPassing ? this.base : this.end - length;
  }

  next(): Frame {
    if (this.atStart && !this.skipByteOrderMark()) return this.keepRest();
    while (true) {
      const start = this.base + this.line;
      if (this.afterCr && start < this.end) {
        this.afterCr = false;
        if (load<u8>(start) == LF) {
          this.line++;
          this.scanned = this.line;
          if (this.dataLines == 0) this.dropPassed();
          continue;
        }
      }
      const end = this.findLineEnd(this.base + this.scanned);
      if (end == 0) return this.keepRest();
      const item = this.takeLine(start, end);
      if (item != Frame.None) return item;
    }
  }

  /** A last event without its closing empty line is dispatched, as some servers end so. */
  finish(): bool {
    const start = this.base + this.line;
    if (start < this.end) this.takeLine(start, this.end);
    return this.dataLines > 0 && this.dispatch();
  }

  get isInsideEvent(): bool {
    return this.hasRest;
  }

  private beginEvent(): void {
    this.line = 0;
    this.scanned = 0;
    this.dataLines = 0;
  }

  /** Lines that left nothing behind need not be kept. */
  private dropPassed(): void {
    this.base += this.line;
    this.scanned -= this.line;
    this.line = 0;
  }

  /** Moves what is unread into `rest`. */
  private keepRest(): Frame {
    this.pass(this.base);
    const length = <u32>(this.end - this.base);
    if (length == 0 && !this.hasRest) return Frame.None;
    if (this.hasRest) this.rest.dropFront(<u32>(this.base - this.rest.ptr));
    else this.rest.append(this.base, length);
    this.hasRest = length > 0;
    this.base = this.rest.ptr;
    this.end = this.base + length;
    this.unsent = this.base;
    return length > SSE_EVENT_BYTES_MAX ? Frame.TooLong : Frame.None;
  }

  /** False when it cannot be told yet. */
  private skipByteOrderMark(): bool {
    const length = this.end - this.base;
    if (length == 0) return false;
    if (load<u8>(this.base) == 0xef) {
      if (length < 3) return false;
      if (load<u8>(this.base, 1) == 0xbb && load<u8>(this.base, 2) == 0xbf) this.base += 3;
    }
    this.atStart = false;
    return true;
  }

  /** The address of the next CR or LF, or 0 (and `scanned` moved to the end). */
  private findLineEnd(p: usize): usize {
    const end = this.end;
    while (p < end) {
      if (p + 16 <= end) {
        // Of the control characters there are hardly any others: JSON has none within its strings.
        const hits = i8x16.bitmask(i8x16.lt_u(v128.load(p), i8x16.splat(SPACE)));
        if (hits == 0) {
          p += 16;
          continue;
        }
        p += ctz(hits);
      }
      const c = load<u8>(p);
      if (c == LF || c == CR) return p;
      p++;
    }
    this.scanned = <u32>(end - this.base);
    return 0;
  }

  /** Reads one line, [start, end), and moves past its end. */
  private takeLine(start: usize, end: usize): Frame {
    if (end < this.end) {
      this.afterCr = load<u8>(end) == CR;
      this.line = <u32>(end + 1 - this.base);
    } else this.line = <u32>(end - this.base);
    this.scanned = this.line;
    if (start == end) {
      this.eventStart = this.base;
      const found = this.dataLines > 0 && this.dispatch();
      this.dropPassed();
      return found ? Frame.Event : Frame.None;
    }
    if (load<u8>(start) == COLON) {
      if (this.dataLines == 0) this.dropPassed();
      return Frame.Comment;
    }
    if (isDataField(start, end)) this.takeData(start, end);
    else if (this.dataLines == 0) this.dropPassed();
    return Frame.None;
  }

  private takeData(start: usize, end: usize): void {
    let data = start + 4;
    if (data < end) data++; // the colon
    if (data < end && load<u8>(data) == SPACE) data++;
    const length = <u32>(end - data);
    this.dataLines++;
    if (this.dataLines == 1) {
      this.firstData = <u32>(data - this.base);
      this.firstDataLength = length;
      return;
    }
    if (this.dataLines == 2) {
      this.joined.clear(KEPT_BYTES_MAX);
      this.joined.append(this.base + this.firstData, this.firstDataLength);
    }
    this.joined.byte(LF);
    this.joined.append(data, length);
  }

  private dispatch(): bool {
    const several = this.dataLines > 1;
    this.dataPtr = several ? this.joined.ptr : this.base + this.firstData;
    this.dataLength = several ? this.joined.length : this.firstDataLength;
    this.dataLines = 0;
    return this.dataLength > 0;
  }
}

function isDataField(start: usize, end: usize): bool {
  if (end - start < 4 || load<u32>(start) != 0x61746164) return false; // "data", little-endian
  return end - start == 4 || load<u8>(start, 4) == COLON;
}
