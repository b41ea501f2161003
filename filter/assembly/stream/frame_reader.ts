/** What a frame reader's `next` found. */
export enum Frame {
  /** Nothing more until more bytes come. */
  None,
  Event,
  /** Nothing that says anything: how some providers say that they are still there. */
  Comment,
  /** The event is longer than the reader's limit. */
  TooLong,
  /** The bytes are no frame, or were changed on their way. Nothing can be read on. */
  Damaged,
}

/**
 * Takes events out of the frames around them, from chunks that may end anywhere.
 *
 *     reader.feed(ptr, length);
 *     for (let frame = reader.next(); frame != Frame.None; frame = reader.next()) { if (frame == Frame.Event) use(reader.dataPtr, reader.dataLength); … }
 */
export abstract class FrameReader {
  /** The data of the event found last, valid until the next call. */
  dataPtr: usize = 0;
  dataLength: u32 = 0;
  /** What the frame calls the event; of length 0 where frames do not, or where the data says it again. */
  typePtr: usize = 0;
  typeLength: u32 = 0;
  /** The frame says that the event is an error. */
  isError: bool = false;

  /** Forgets the stream before. */
  abstract reset(): void;
  /** Adds a chunk, which must stay where it is until `next` has returned None. */
  abstract feed(ptr: usize, length: u32): void;
  abstract next(): Frame;
  /** The stream is over: whether a last event was left whose end is missing and that counts all the same. */
  abstract finish(): bool;
  /** Lists the memory that the next chunk will need. */
  abstract listChunkMemory(): void;
  /** Whether bytes of an event were passed whose end has not come. */
  abstract get isInsideEvent(): bool;
}
