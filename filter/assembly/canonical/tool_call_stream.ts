import { equal } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { Slice, sliceLength, textOf } from "../json/slice";
import { writeText } from "../json/text";

export enum ToolCallState {
  /** Announced, but not written: the call before it is not complete, or it has no name yet. */
  Waiting = 0,
  Open = 1,
  Closed = 2,
}

/** One tool call of a streamed answer: which it is, how far it is, and what had to be held back of it. */
export class ToolCallStream {
  /** The provider's number for it. */
  key: i32 = 0;
  state: ToolCallState = ToolCallState.Waiting;
  id: Bytes = new Bytes();
  name: Bytes = new Bytes();
  signature: Bytes = new Bytes();
  /** Arguments held back while the call waits, as text. */
  held: Bytes = new Bytes();
  private depth: i32 = 0;
  private inString: bool = false;
  private afterBackslash: bool = false;
  private complete: bool = false;

  start(key: i32): void {
    this.key = key;
    this.state = ToolCallState.Waiting;
    this.id.clear();
    this.name.clear();
    this.signature.clear();
    this.held.clear();
    this.depth = 0;
    this.inString = false;
    this.afterBackslash = false;
    this.complete = false;
  }

  /** Gives back what a large call left behind. */
  release(kept: u32): void {
    this.id.clear(kept);
    this.name.clear(kept);
    this.signature.clear(kept);
    this.held.clear(kept);
  }

  /** Whether the arguments so far are a whole JSON object. */
  get isComplete(): bool {
    return this.complete;
  }

  get idSlice(): Slice {
    return textOf(this.id);
  }

  get nameSlice(): Slice {
    return textOf(this.name);
  }

  get heldSlice(): Slice {
    return textOf(this.held);
  }

  /** Whether what came with a delta is another call's: an id, or without ids the name of a call behind one that is complete. */
  isOther(id: Slice, name: Slice): bool {
    if (sliceLength(id) == 0) return sliceLength(name) > 0 && this.id.length == 0 && this.complete;
    if (this.id.length == 0) return false;
    decoded.clear();
    writeText(decoded, id);
    return !equal(decoded.ptr, decoded.length, this.id.ptr, this.id.length);
  }

  /** Follows the arguments' brackets and quotes, to know when they are complete. */
  follow(fragment: Slice): void {
    if (this.complete) return;
    decoded.clear();
    writeText(decoded, fragment);
    const end = decoded.ptr + decoded.length;
    for (let p = decoded.ptr; p < end; p++) {
      const c = load<u8>(p);
      if (this.afterBackslash) this.afterBackslash = false;
      else if (c == 0x5c) this.afterBackslash = this.inString;
      else if (c == 0x22) this.inString = !this.inString;
      else if (this.inString) continue;
      else if (c == 0x7b || c == 0x5b) this.depth++;
      else if ((c == 0x7d || c == 0x5d) && --this.depth == 0) this.complete = true;
    }
  }
}

const decoded = new Bytes();
