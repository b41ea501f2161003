import { equal } from "../../bytes/ascii";
import { Bytes } from "../../bytes/bytes";
import { MessageStream } from "../../canonical/stream";
import { StreamReader } from "../../canonical/stream_reader";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr, textOf } from "../../json/slice";
import { writeText } from "../../json/text";
import { readError } from "./error";
import { readStopReason, takeExplanation, UsageReader } from "./usage";

// https://docs.anthropic.com/en/docs/build-with-claude/streaming : message_start, blocks of content_block_start, _delta, _stop, message_delta, message_stop.

const KEPT_BYTES_MAX: u32 = 1024;
const EMPTY_INPUT_BYTES: u32 = 2; // {}

/** The blocks that have words in the canonical vocabulary. */
enum Block {
  None,
  Text,
  Thinking,
  ToolUse,
  /** A server tool's, or one that came after this was written. */
  Other,
}

/** Events of one streamed message. */
export class MessagesStreamReader extends StreamReader {
  private usage: UsageReader = new UsageReader();
  private block: Block = Block.None;
  private id: Bytes = new Bytes();
  /** A tool call's input where it came whole at the block's start, as calls out of server-side code do; used unless deltas follow. */
  private wholeInput: Bytes = new Bytes();
  private wholeInputKey: i32 = 0;

  reset(): void {
    this.usage.reset();
    this.block = Block.None;
    this.id.clear();
    this.wholeInput.clear(KEPT_BYTES_MAX);
  }

  read(cursor: Cursor, dataPtr: usize, dataLength: u32, stream: MessageStream): bool {
    const type = cursor.peekMember("type");
    if (sliceIs(type, "content_block_delta")) this.readBlockDelta(cursor, stream);
    else if (sliceIs(type, "content_block_start")) this.readBlockStart(cursor, stream);
    else if (sliceIs(type, "content_block_stop")) {
      this.endBlock(stream);
      cursor.skip();
    } else if (sliceIs(type, "message_start")) this.readMessageStart(cursor, stream);
    else if (sliceIs(type, "message_delta")) this.readMessageDelta(cursor, stream);
    else if (sliceIs(type, "message_stop")) {
      stream.end();
      cursor.skip();
    } else if (sliceIs(type, "ping")) {
      stream.ping();
      cursor.skip();
    } else if (sliceIs(type, "error")) this.readFailure(cursor, stream);
    else cursor.skip(); // new events may be added, and are to be passed over
    return cursor.finish();
  }

  private readFailure(cursor: Cursor, stream: MessageStream): void {
    stream.error.clear();
    readError(cursor, stream.error);
    stream.failed();
  }

  private readMessageStart(cursor: Cursor, stream: MessageStream): void {
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("message")) this.readMessage(cursor, stream);
      else cursor.skip();
    }
  }

  private readMessage(cursor: Cursor, stream: MessageStream): void {
    let id = ABSENT;
    let model = ABSENT;
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("id")) id = cursor.takeToken();
      else if (cursor.keyIs("model")) model = cursor.takeString();
      else if (cursor.keyIs("usage")) this.usage.read(cursor, stream.summary);
      else cursor.skip();
    }
    if (!cursor.ok) return;
    if (stream.begun && stream.contentSeen && !this.isSameMessage(id)) stream.broken = true; // another answer was spliced in: neither is whole
    if (!stream.begun) writeText(this.id, id);
    stream.start(id, model);
  }

  private isSameMessage(id: Slice): bool {
    return equal(slicePtr(id), sliceLength(id), this.id.ptr, this.id.length);
  }

  private readMessageDelta(cursor: Cursor, stream: MessageStream): void {
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("delta")) this.readStop(cursor, stream);
      else if (cursor.keyIs("usage")) this.usage.read(cursor, stream.summary);
      else cursor.skip();
    }
  }

  private readStop(cursor: Cursor, stream: MessageStream): void {
    let reason = ABSENT;
    let sequence = ABSENT;
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("stop_reason")) reason = cursor.takeToken();
      else if (cursor.keyIs("stop_sequence")) sequence = cursor.takeString();
      else if (cursor.keyIs("stop_details")) stream.refusal(takeExplanation(cursor));
      else cursor.skip();
    }
    if (!sliceIsEmpty(reason)) stream.stop(readStopReason(reason), sequence);
  }

  private endBlock(stream: MessageStream): void {
    if (this.wholeInput.length > 0) stream.toolCall(this.wholeInputKey, ABSENT, ABSENT, textOf(this.wholeInput));
    this.wholeInput.clear(KEPT_BYTES_MAX);
    this.block = Block.None;
    stream.closeBlock();
  }

  private readBlockStart(cursor: Cursor, stream: MessageStream): void {
    let index: i32 = 0;
    blockId = ABSENT;
    blockName = ABSENT;
    blockInput = ABSENT;
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("index")) index = <i32>cursor.takeInteger(0);
      else if (cursor.keyIs("content_block")) this.readBlock(cursor, stream);
      else cursor.skip();
    }
    if (this.block != Block.ToolUse || !cursor.ok) return;
    stream.toolCall(index, blockId, blockName, ABSENT);
    this.wholeInputKey = index;
    if (sliceLength(blockInput) > EMPTY_INPUT_BYTES) writeText(this.wholeInput, blockInput);
  }

  private readBlock(cursor: Cursor, stream: MessageStream): void {
    const type = cursor.peekMember("type");
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    if (sliceIs(type, "text")) this.block = Block.Text;
    else if (sliceIs(type, "thinking")) this.block = Block.Thinking;
    else if (sliceIs(type, "tool_use")) this.block = Block.ToolUse;
    else {
      this.block = Block.Other;
      stream.foreign();
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("text") && this.block == Block.Text) stream.text(cursor.takeString());
      else if (cursor.keyIs("thinking") && this.block == Block.Thinking) stream.reasoning(cursor.takeString());
      else if (cursor.keyIs("id")) blockId = cursor.takeString();
      else if (cursor.keyIs("name")) blockName = cursor.takeString();
      else if (cursor.keyIs("input")) blockInput = cursor.takeValue();
      else cursor.skip();
    }
  }

  private readBlockDelta(cursor: Cursor, stream: MessageStream): void {
    let index: i32 = 0;
    blockInput = ABSENT;
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("index")) index = <i32>cursor.takeInteger(0);
      else if (cursor.keyIs("delta")) this.readDelta(cursor, stream);
      else cursor.skip();
    }
    if (this.block != Block.ToolUse || !cursor.ok || sliceIsEmpty(blockInput)) return;
    this.wholeInput.clear(KEPT_BYTES_MAX);
    stream.toolCall(index, ABSENT, ABSENT, blockInput);
  }

  /** The delta's kind shows in its only member besides `type`. Text is taken for text even when no block was opened for it. */
  private readDelta(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.kind() != Kind.String || cursor.keyIs("type")) cursor.skip();
      else if (cursor.keyIs("text") && this.block != Block.Other) stream.text(cursor.takeString());
      else if (cursor.keyIs("thinking") && this.block != Block.Other) stream.reasoning(cursor.takeString());
      else if (cursor.keyIs("signature") && this.block == Block.Thinking) stream.signature(cursor.takeString());
      else if (cursor.keyIs("partial_json")) blockInput = cursor.takeString();
      else cursor.skip();
    }
  }
}

// What the block or delta under the cursor says, while it is read.
let blockId: Slice = ABSENT;
let blockName: Slice = ABSENT;
let blockInput: Slice = ABSENT;
