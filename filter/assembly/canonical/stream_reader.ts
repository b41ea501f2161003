import { Cursor } from "../json/cursor";
import { ABSENT, Slice } from "../json/slice";
import { MessageStream } from "./stream";

/** Reads the events of one format's streamed answers. */
export abstract class StreamReader {
  /** The next one in its format's pool. */
  nextFree: StreamReader | null = null;

  /** What the frame calls the event that is read next, where frames do, and whether it says that this is an error. */
  eventType: Slice = ABSENT;
  isError: bool = false;

  /** The answer itself is complete: what follows belongs to its end. */
  finished: bool = false;
  /** The event read last tells how many tokens were used, and nothing else. */
  isUsageOnly: bool = false;
  /** It tells how many tokens were used. */
  hasUsage: bool = false;
  /** How the member begins, in events of this format, by which the length of the text is hidden; it is passed over. Empty: there is none. */
  get padding(): string {
    return "";
  }

  /** Forgets the stream before. */
  abstract reset(): void;
  /**
   * Reads one event's data and tells the stream what it says. `data` is a whole JSON text that the cursor is open on, or the format's own
   * word. Returns whether it could be read; `false` leaves the judgement to the caller.
   */
  abstract read(cursor: Cursor, dataPtr: usize, dataLength: u32, stream: MessageStream): bool;

  /** The provider has closed its stream: for formats without a last event of their own, which tell the stream here that it is whole. */
  finish(stream: MessageStream): void {}
}
