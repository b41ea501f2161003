import { equal, equalAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { listBuffer, listObject } from "../bytes/chunk_memory";
import { crc32 } from "../bytes/crc32";
import { Frame, FrameReader } from "./frame_reader";

// https://smithy.io/2.0/aws/amazon-eventstream.html : a message is its length, its headers' length and a CRC-32 of these two; the headers; the
// payload; a CRC-32 of all before. Numbers are big-endian.

/** The longest message that is waited for, in bytes, as with server-sent events. */
export const EVENT_STREAM_MESSAGE_BYTES_MAX: u32 = 16 * 1024 * 1024;
/** The format's own limit. */
export const EVENT_STREAM_HEADERS_BYTES_MAX: u32 = 128 * 1024;

const KEPT_BYTES_MAX: u32 = 4096;
const PRELUDE_BYTES: u32 = 12;
const CHECKSUM_BYTES: u32 = 4;
const MESSAGE_BYTES_MIN: u32 = PRELUDE_BYTES + CHECKSUM_BYTES;

/** The types of headers' values, whose lengths are fixed but for those two that tell theirs. */
enum ValueType {
  True = 0,
  False = 1,
  Byte = 2,
  Short = 3,
  Integer = 4,
  Long = 5,
  ByteArray = 6,
  Text = 7,
  Timestamp = 8,
  Uuid = 9,
}

/**
 * Takes the messages of a binary event stream (application/vnd.amazon.eventstream) out of chunks. Both checksums are held to. A message
 * that lies in one chunk is not copied; a rest without its end is, once.
 */
export class EventStreamReader extends FrameReader {
  private base: usize = 0; // where the message begins that is being read
  private end: usize = 0;
  private messageLength: u32 = 0; // 0: its prelude has not been read
  private headersLength: u32 = 0;
  private damaged: bool = false;
  private rest: Bytes = new Bytes();
  private hasRest: bool = false;
  /** The headers of an event like which most are, and where its type stands in them. */
  private eventHeaders: Bytes = new Bytes();
  private eventTypeAt: u32 = 0;
  private eventTypeLength: u32 = 0;

  reset(): void {
    this.rest.clear(KEPT_BYTES_MAX);
    this.hasRest = false;
    this.eventHeaders.clear(KEPT_BYTES_MAX);
    this.base = 0;
    this.end = 0;
    this.messageLength = 0;
    this.damaged = false;
  }

  listChunkMemory(): void {
    listObject(this, offsetof<EventStreamReader>());
    listBuffer(this.eventHeaders);
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
  }

  next(): Frame {
    if (this.damaged) return Frame.Damaged;
    const available = <u32>(this.end - this.base);
    if (this.messageLength == 0) {
      if (available < PRELUDE_BYTES) return this.keepRest();
      const frame = this.readPrelude();
      if (frame != Frame.None) return this.give(frame);
    }
    if (available < this.messageLength) return this.keepRest();
    return this.give(this.readMessage() ? Frame.Event : Frame.Damaged);
  }

  /** A message without its end is none. */
  finish(): bool {
    return false;
  }

  get isInsideEvent(): bool {
    return this.hasRest;
  }

  private give(frame: Frame): Frame {
    this.damaged = frame != Frame.Event;
    return frame;
  }

  /** None: the message's lengths are known now. */
  private readPrelude(): Frame {
    const at = this.base;
    if (loadNumber(at + 8) != crc32(at, 8)) return Frame.Damaged;
    const length = loadNumber(at);
    const headersLength = loadNumber(at + 4);
    if (length > EVENT_STREAM_MESSAGE_BYTES_MAX || headersLength > EVENT_STREAM_HEADERS_BYTES_MAX) return Frame.TooLong;
    if (length < MESSAGE_BYTES_MIN || headersLength > length - MESSAGE_BYTES_MIN) return Frame.Damaged;
    this.messageLength = length;
    this.headersLength = headersLength;
    return Frame.None;
  }

  private readMessage(): bool {
    const at = this.base;
    const checked = this.messageLength - CHECKSUM_BYTES;
    if (loadNumber(at + checked) != crc32(at, checked)) return false;
    const payload = at + PRELUDE_BYTES + this.headersLength;
    this.dataPtr = payload;
    this.dataLength = <u32>(at + checked - payload);
    this.base = at + this.messageLength;
    this.messageLength = 0;
    return this.readSameHeaders(at + PRELUDE_BYTES) || this.readNewHeaders(at + PRELUDE_BYTES, payload);
  }

  /** Whether the headers are those of the event before, so that nothing in them is new. */
  private readSameHeaders(at: usize): bool {
    const known = this.eventHeaders;
    if (known.length == 0 || !equal(at, this.headersLength, known.ptr, known.length)) return false;
    this.isError = false;
    this.typePtr = at + this.eventTypeAt;
    this.typeLength = this.eventTypeLength;
    return true;
  }

  private readNewHeaders(at: usize, end: usize): bool {
    const payload = this.dataPtr;
    const known = this.eventHeaders;
    known.clear(KEPT_BYTES_MAX);
    if (!this.readHeaders(at, end)) return false;
    if (this.isError || this.typeLength == 0 || this.dataPtr != payload || this.headersLength > KEPT_BYTES_MAX) return true;
    known.append(at, this.headersLength);
    this.eventTypeAt = <u32>(this.typePtr - at);
    this.eventTypeLength = this.typeLength;
    return true;
  }

  /**
   * The names are https://smithy.io/2.0/aws/amazon-eventstream.html#message-headers . An exception is an error that the API knows, with a
   * payload; any other error has a code and a message among its headers, which is then its data.
   */
  private readHeaders(p: usize, end: usize): bool {
    this.typeLength = 0;
    this.isError = false;
    while (p < end) {
      const name = p + 1;
      const nameLength = <u32>load<u8>(p);
      if (name + nameLength >= end) return false;
      const type = <u32>load<u8>(name + nameLength);
      p = name + nameLength + 1;
      const isLong = type == <u32>ValueType.ByteArray || type == <u32>ValueType.Text;
      if (type > <u32>ValueType.Uuid || (isLong && p + 2 > end)) return false;
      const length = isLong ? <u32>bswap<u16>(load<u16>(p)) : lengthOf(type);
      if (isLong) p += 2;
      if (p + length > end) return false;
      if (type == <u32>ValueType.Text) this.noteHeader(name, nameLength, p, length);
      p += length;
    }
    return true;
  }

  private noteHeader(name: usize, nameLength: u32, value: usize, length: u32): void {
    if (equalAscii(name, nameLength, ":message-type")) {
      this.isError = !equalAscii(value, length, "event");
    } else if (equalAscii(name, nameLength, ":error-message")) {
      this.dataPtr = value;
      this.dataLength = length;
    } else if (
      equalAscii(name, nameLength, ":event-type") ||
      equalAscii(name, nameLength, ":exception-type") ||
      equalAscii(name, nameLength, ":error-code")
    ) {
      this.typePtr = value;
      this.typeLength = length;
    }
  }

  /** Moves what is unread into `rest`. */
  private keepRest(): Frame {
    const length = <u32>(this.end - this.base);
    if (length == 0 && !this.hasRest) return Frame.None;
    if (this.hasRest) this.rest.dropFront(<u32>(this.base - this.rest.ptr));
    else this.rest.append(this.base, length);
    this.hasRest = length > 0;
    this.base = this.rest.ptr;
    this.end = this.base + length;
    return Frame.None;
  }
}

function loadNumber(ptr: usize): u32 {
  return bswap<u32>(load<u32>(ptr));
}

function lengthOf(type: u32): u32 {
  switch (<ValueType>type) {
    case ValueType.True:
    case ValueType.False:
      return 0;
    case ValueType.Byte:
      return 1;
    case ValueType.Short:
      return 2;
    case ValueType.Integer:
      return 4;
    case ValueType.Uuid:
      return 16;
    default:
      return 8;
  }
}
