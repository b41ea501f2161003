import { Bytes } from "./bytes/bytes";
import { listObject } from "./bytes/chunk_memory";
import { AnswerOrigin } from "./canonical/answer_origin";
import { ErrorKind } from "./canonical/error_kind";
import { EventPattern } from "./canonical/event_pattern";
import { Framing } from "./canonical/format";
import { ProviderError } from "./canonical/provider_error";
import { RequestHead } from "./canonical/request_head";
import { MessageStream } from "./canonical/stream";
import { StreamReader } from "./canonical/stream_reader";
import { StreamWriter } from "./canonical/stream_writer";
import { ResponseSummary } from "./canonical/summary";
import { formatAt } from "./formats/registry";
import { Cursor } from "./json/cursor";
import { Form, Slice, sliceOf } from "./json/slice";
import { EventStreamReader } from "./stream/event_stream_reader";
import { Frame, FrameReader } from "./stream/frame_reader";
import { SseReader } from "./stream/sse_reader";

/** How deep an event may be nested. */
const EVENT_DEPTH_MAX: u32 = 256;

/** What became of a chunk. The numbers are part of the facade. */
export enum StreamProgress {
  /** Client and provider speak the same format: the chunk goes on as it came, and `out` is untouched. */
  Unchanged = 0,
  /** What the client gets of the chunk was appended to `out`; it may be nothing. */
  Rewritten = 1,
  /** The stream cannot be read on (no JSON, a limit passed). `error` says why; `finish` writes the client's error event. */
  Failed = 2,
}

/**
 * One streamed answer on its way from a provider to a client. Instances are pooled: `acquire`, and `release` when the stream is over,
 * however it ended.
 */
export class StreamTranslator {
  private static free: StreamTranslator | null = null;

  /** When a piece came last, by the clock of who feeds it; 0 while none is waited for. */
  heard_ns: u64 = 0;
  private nextFree: StreamTranslator | null = null;
  // What every chunk needs lies together.
  private readonly pattern: EventPattern = new EventPattern();
  private readonly sse: SseReader = new SseReader();
  private readonly eventStream: EventStreamReader = new EventStreamReader();
  /** The one of the two that the provider's format needs. */
  private frames: FrameReader = this.sse;
  private stream: MessageStream = new MessageStream();
  private reader: StreamReader | null = null;
  private writer: StreamWriter | null = null; // none within one format
  /** The pattern has usage that was not read yet. */
  private hasUnreadUsage: bool = false;
  private providerFormat: u8 = 0;
  private clientFormat: u8 = 0;
  private failed: bool = false;
  private closed: bool = false;
  /** The provider's stream ended in the middle of an event. */
  private insideEvent: bool = false;
  /** The client has not asked for the usage that the provider was asked for. */
  private hidesUsage: bool = false;

  static acquire(providerFormat: u8, clientFormat: u8, head: RequestHead, origin: AnswerOrigin): StreamTranslator {
    const free = StreamTranslator.free;
    const translator = free ? free : new StreamTranslator();
    StreamTranslator.free = translator.nextFree;
    translator.nextFree = null;
    translator.begin(providerFormat, clientFormat, head);
    translator.stream.origin.set(origin);
    return translator;
  }

  release(): void {
    const reader = this.reader;
    if (reader) formatAt(this.providerFormat).releaseReader(reader);
    this.reader = null;
    const writer = this.writer;
    if (writer) formatAt(this.clientFormat).releaseWriter(writer);
    this.writer = null;
    this.frames.reset();
    this.pattern.reset();
    this.hasUnreadUsage = false;
    this.stream.reset(null, null);
    this.nextFree = StreamTranslator.free;
    StreamTranslator.free = this;
  }

  /** Something of the answer itself has come: text, reasoning, a tool call. Starts, roles and pings do not count. */
  get contentSeen(): bool {
    return this.stream.contentSeen;
  }

  /** The format's last event has come: the answer is whole, even when it is empty. */
  get terminalSeen(): bool {
    return this.stream.terminalSeen;
  }

  /** The provider reported an error inside of the stream, which `error` has. */
  get errorSeen(): bool {
    return this.stream.errorSeen;
  }

  get error(): ProviderError {
    return this.stream.error;
  }

  get summary(): ResponseSummary {
    this.readUsage();
    return this.stream.summary;
  }

  /** Lists the memory that the next chunk will need, should it be like the last one. */
  listChunkMemory(): void {
    listObject(this, offsetof<StreamTranslator>("insideEvent"));
    this.frames.listChunkMemory();
    this.pattern.listChunkMemory();
    const writer = this.writer;
    if (writer == null) return;
    this.stream.listChunkMemory();
    writer.listChunkMemory();
  }

  /** Reads a chunk of the provider's, cut anywhere. */
  feed(ptr: usize, length: u32, out: Bytes): StreamProgress {
    if (this.failed) return StreamProgress.Failed;
    if (this.isTranslating) this.stream.writeTo(out);
    else if (this.hidesUsage && this.sse.isPassing) this.sse.passTo(out);
    const frames = this.frames;
    frames.feed(ptr, length);
    while (true) {
      const frame = frames.next();
      if (frame == Frame.None) break;
      if (frame == Frame.TooLong) return this.fail("The provider's stream has an event that is too long.");
      if (frame == Frame.Damaged) return this.fail("The provider's stream has a message whose checksum or form is wrong.");
      if (frame == Frame.Comment) this.stream.ping();
      else {
        if (!this.readEvent()) return StreamProgress.Failed;
        if (this.hidesUsage) this.hideUsage(out);
      }
    }
    return this.progress;
  }

  /**
   * The provider's stream is over: reads what was left without its end. After this, `terminalSeen` says whether the answer is whole. `finish`
   * does this too.
   */
  close(out: Bytes): StreamProgress {
    if (this.closed || this.failed) return this.failed ? StreamProgress.Failed : StreamProgress.Unchanged;
    this.closed = true;
    this.stream.writeTo(out);
    this.insideEvent = this.frames.isInsideEvent;
    if (this.sse.isPassing) this.sse.passTo(out);
    this.readUsage();
    const isLeft = !this.isOver && this.frames.finish();
    if (isLeft && !this.readEvent()) return StreamProgress.Failed;
    if (this.sse.isPassing && !(isLeft && this.reader!.isUsageOnly)) this.sse.passRest();
    if (!this.isOver) this.reader!.finish(this.stream);
    return this.progress;
  }

  /**
   * The provider's stream is over. Unless the answer is whole or its error told, the client's stream ends with an error event, so that it
   * never looks whole.
   */
  finish(out: Bytes): StreamProgress {
    const before = out.length;
    const failedBefore = this.failed;
    if (failedBefore) this.insideEvent = this.frames.isInsideEvent;
    this.close(out);
    if (!this.isOver) {
      if (!failedBefore) this.fail("The provider's stream ended before the answer was complete.");
      // A cut event that the client has half of must not swallow the error event.
      if (!this.isTranslating && this.insideEvent) out.ascii("\n\n");
      const writer = this.writer;
      if (writer) writer.error(out, this.stream.error);
      else formatAt(this.clientFormat).writeErrorEvent(this.stream.error, out);
    }
    return out.length == before ? this.progress : StreamProgress.Rewritten;
  }

  private begin(providerFormat: u8, clientFormat: u8, head: RequestHead): void {
    this.providerFormat = providerFormat;
    this.clientFormat = clientFormat;
    this.heard_ns = 0;
    this.failed = false;
    this.closed = false;
    this.insideEvent = false;
    this.hidesUsage = head.addsUsage && !this.isTranslating;
    this.frames = formatAt(providerFormat).framing == Framing.EventStream ? this.eventStream : this.sse;
    this.reader = formatAt(providerFormat).acquireReader();
    this.writer = this.isTranslating ? formatAt(clientFormat).acquireWriter(head) : null;
    this.stream.reset(this.writer, this.isTranslating ? head : null);
  }

  private get isTranslating(): bool {
    return this.providerFormat != this.clientFormat;
  }

  private get progress(): StreamProgress {
    return this.isTranslating || (this.hidesUsage && this.sse.isPassing) ? StreamProgress.Rewritten : StreamProgress.Unchanged;
  }

  /** Chunks go on as they came until the answer is complete; behind that events do, one by one, but for the usage. */
  private hideUsage(out: Bytes): void {
    const reader = this.reader!;
    if (!this.sse.isPassing && reader.finished) this.sse.passTo(out);
    if (this.sse.isPassing && reader.isUsageOnly) this.sse.withhold();
  }

  private get isOver(): bool {
    return this.stream.terminalSeen || this.stream.errorSeen;
  }

  private get isFull(): bool {
    const writer = this.writer;
    return writer != null && writer.isFull;
  }

  private readEvent(): bool {
    const frames = this.frames;
    const dataPtr = frames.dataPtr;
    const dataLength = frames.dataLength;
    const type = sliceOf(frames.typePtr, frames.typeLength, Form.Text);
    if (!frames.isError && this.pattern.matches(type, dataPtr, dataLength)) return this.readAlike(type, dataPtr, dataLength);
    this.reader!.isUsageOnly = false;
    if (this.isOver) return true; // nothing that follows the end is part of the answer
    const hadContent = this.stream.contentSeen;
    const isRead = this.readOther(type, dataPtr, dataLength);
    // Within one format the client has begun to read what the provider sends, and judges it itself.
    if (!this.isTranslating && hadContent) return true;
    if (!isRead) this.fail("The provider's stream has an event that is not valid JSON.");
    else if (this.isFull) this.failFull();
    else if (this.stream.broken) this.fail("The provider's stream contradicts itself or has too many tool calls.");
    return !this.failed;
  }

  /** An event that differs from the one before in its text alone is not read, nor is its usage before another one comes. */
  private readAlike(type: Slice, dataPtr: usize, dataLength: u32): bool {
    const pattern = this.pattern;
    const text = pattern.text;
    if (pattern.hasOtherNumbers && pattern.keepsNumbers) {
      pattern.learn(type, dataPtr, dataLength, text, this.reader!.padding);
      this.hasUnreadUsage = true;
    }
    if (!this.isTranslating) return true;
    this.stream.more(text);
    if (this.stream.broken) this.failFull();
    return !this.failed;
  }

  private readOther(type: Slice, dataPtr: usize, dataLength: u32): bool {
    this.readUsage();
    const stream = this.stream;
    const reader = this.reader!;
    const said = stream.said;
    reader.hasUsage = false;
    reader.eventType = type;
    reader.isError = this.frames.isError;
    cursor.open(dataPtr, dataLength, EVENT_DEPTH_MAX);
    const isRead = reader.read(cursor, dataPtr, dataLength, stream);
    const pattern = this.pattern;
    pattern.forget();
    if (isRead && stream.said - said == 1) pattern.learn(type, dataPtr, dataLength, stream.lastText, reader.padding);
    pattern.keepsNumbers = reader.hasUsage;
    return isRead;
  }

  /** Reads the usage of the last of the events that were alike: each tells the whole. */
  private readUsage(): void {
    if (!this.hasUnreadUsage) return;
    this.hasUnreadUsage = false;
    const pattern = this.pattern;
    cursor.open(pattern.ptr, pattern.length, EVENT_DEPTH_MAX);
    this.reader!.read(cursor, pattern.ptr, pattern.length, this.stream);
  }

  private failFull(): void {
    this.fail("The provider's answer is longer than the gateway can hold.");
  }

  private fail(why: string): StreamProgress {
    this.failed = true;
    const error = this.stream.error;
    error.clear();
    error.kind = ErrorKind.Server;
    error.status = 502;
    error.message.ascii(why);
    return StreamProgress.Failed;
  }
}

/** One event is read at a time. */
const cursor = new Cursor();
