import { equal } from "../../bytes/ascii";
import { Bytes } from "../../bytes/bytes";
import { isClaudeSignature } from "../../canonical/claude_signature";
import { Seal } from "../../canonical/seal";
import { MessageStream } from "../../canonical/stream";
import { StreamReader } from "../../canonical/stream_reader";
import { countCharacters } from "../../json/characters";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr, textOf } from "../../json/slice";
import { writeText } from "../../json/text";
import { readCitation } from "./citations";
import { readError } from "./error";
import { readStopReason, takeExplanation, UsageReader } from "./usage";

// https://docs.anthropic.com/en/docs/build-with-claude/streaming : message_start, blocks of content_block_start, _delta, _stop,
// message_delta, message_stop.

const KEPT_BYTES_MAX: u32 = 1024;
/** Of the citations of one block. */
const CITATIONS_BYTES_MAX: u32 = 1 << 20;
const DEPTH_MAX: u32 = 256;
const EMPTY_INPUT_BYTES: u32 = 2; // {}

/** The blocks that have words in the canonical vocabulary. */
enum Block {
  None,
  Text,
  Thinking,
  ToolUse,
  RedactedThinking,
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
  /** Of an answer that may cite: the characters told so far, those before the block, and the block's citations, an array without its end. */
  private characters: u32 = 0;
  private blockStart: u32 = 0;
  private citations: Bytes = new Bytes();
  /** How many tool calls have begun; the number of the last is its key. */
  private calls: i32 = 0;

  reset(): void {
    this.usage.reset();
    this.block = Block.None;
    this.calls = 0;
    this.id.clear();
    this.wholeInput.clear(KEPT_BYTES_MAX);
    this.characters = 0;
    this.citations.clear(KEPT_BYTES_MAX);
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
    const id = cursor.peekMember("id");
    const model = cursor.peekMember("model");
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    // Another answer was spliced in: neither is whole.
    if (stream.begun && stream.contentSeen && !this.isSameMessage(id)) stream.contradict();
    if (!stream.begun) writeText(this.id, id);
    stream.start(id, model);
    while (cursor.nextKey()) {
      if (cursor.keyIs("usage")) this.usage.read(cursor, stream.summary);
      else if (cursor.keyIs("content")) this.readWholeBlocks(cursor, stream);
      else if (cursor.keyIs("stop_reason") && cursor.kind() == Kind.String) stream.stop(readStopReason(cursor.takeToken()));
      else cursor.skip();
    }
  }

  /**
   * The content of a message that is whole from its start, as the answer to a tool result in the middle of server-side code is; else empty.
   */
  private readWholeBlocks(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterArray()) {
      cursor.skip();
      return;
    }
    while (cursor.nextElement()) {
      this.beginBlock(cursor, stream);
      if (cursor.ok) this.endBlock(stream);
    }
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
    if (this.wholeInput.length > 0) stream.toolCall(this.calls, ABSENT, ABSENT, textOf(this.wholeInput));
    this.wholeInput.clear(KEPT_BYTES_MAX);
    this.block = Block.None;
    if (this.citations.length > 0) this.tellCitations(stream);
    stream.closeBlock();
  }

  private tellText(text: Slice, stream: MessageStream): void {
    if (stream.searchesWeb) this.characters += countCharacters(text);
    stream.text(text);
  }

  /** Citations come before or in the middle of the text that they are about. */
  private keepCitation(cursor: Cursor, stream: MessageStream): void {
    const citation = cursor.takeValue();
    if (!stream.searchesWeb || !cursor.ok) return;
    if (this.citations.length + sliceLength(citation) > CITATIONS_BYTES_MAX) {
      stream.contradict();
      return;
    }
    this.citations.byte(this.citations.length == 0 ? 0x5b : 0x2c);
    writeText(this.citations, citation);
  }

  private tellCitations(stream: MessageStream): void {
    this.citations.byte(0x5d);
    inner.open(this.citations.ptr, this.citations.length, DEPTH_MAX);
    inner.enterArray();
    while (inner.nextElement()) readCitation(inner, this.blockStart, this.characters, stream.citations);
    stream.cite();
    this.citations.clear(KEPT_BYTES_MAX);
  }

  private readBlockStart(cursor: Cursor, stream: MessageStream): void {
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("content_block")) this.beginBlock(cursor, stream);
      else cursor.skip();
    }
  }

  private beginBlock(cursor: Cursor, stream: MessageStream): void {
    this.block = blockOf(cursor.peekMember("type"));
    this.blockStart = this.characters;
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    let id = ABSENT;
    let name = ABSENT;
    let input = ABSENT;
    while (cursor.nextKey()) {
      if (cursor.keyIs("text") && this.block == Block.Text) this.tellText(cursor.takeString(), stream);
      else if (cursor.keyIs("thinking") && this.block == Block.Thinking) stream.reasoning(cursor.takeString());
      else if (cursor.keyIs("signature") && this.block == Block.Thinking) this.readSignature(cursor, stream);
      else if (cursor.keyIs("data") && this.block == Block.RedactedThinking) this.readRedacted(cursor, stream);
      else if (cursor.keyIs("id")) id = cursor.takeString();
      else if (cursor.keyIs("name")) name = cursor.takeString();
      else if (cursor.keyIs("input")) input = cursor.takeValue();
      else if (cursor.keyIs("citations") && cursor.enterArray()) while (cursor.nextElement()) this.keepCitation(cursor, stream);
      else cursor.skip();
    }
    if (!cursor.ok) return;
    if (this.block == Block.Other) stream.foreign();
    if (this.block != Block.ToolUse) return;
    stream.toolCall(++this.calls, id, name, ABSENT);
    if (sliceLength(input) > EMPTY_INPUT_BYTES) writeText(this.wholeInput, input);
  }

  /** Comes whole. Other makers' are told nobody: who speaks another API has no use for them. */
  private readSignature(cursor: Cursor, stream: MessageStream): void {
    const signature = cursor.takeToken();
    if (isClaudeSignature(signature)) stream.signature(Seal.Claude, signature);
  }

  /** Shown as content that other APIs' clients do not see, as far as the provider's own clients go. */
  private readRedacted(cursor: Cursor, stream: MessageStream): void {
    stream.foreign();
    stream.redacted(Seal.ClaudeRedacted, cursor.takeString());
  }

  /** Blocks follow one another, so a delta is the open one's, whatever index it names. */
  private readBlockDelta(cursor: Cursor, stream: MessageStream): void {
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("delta")) this.readDelta(cursor, stream);
      else cursor.skip();
    }
  }

  /** The delta's kind shows in its only member besides `type`. Text is taken for text even when no block was opened for it. */
  private readDelta(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("citation") && this.block == Block.Text) this.keepCitation(cursor, stream);
      else if (cursor.kind() != Kind.String || cursor.keyIs("type")) cursor.skip();
      else if (cursor.keyIs("text") && this.block != Block.Other) this.tellText(cursor.takeString(), stream);
      else if (cursor.keyIs("thinking") && this.block != Block.Other) stream.reasoning(cursor.takeString());
      else if (cursor.keyIs("signature") && this.block == Block.Thinking) this.readSignature(cursor, stream);
      else if (cursor.keyIs("partial_json") && this.block == Block.ToolUse) this.readInput(cursor, stream);
      else cursor.skip();
    }
  }

  private readInput(cursor: Cursor, stream: MessageStream): void {
    const fragment = cursor.takeString();
    if (sliceIsEmpty(fragment)) return;
    this.wholeInput.clear(KEPT_BYTES_MAX);
    stream.toolCall(this.calls, ABSENT, ABSENT, fragment);
  }
}

/** For the citations of a block. */
const inner = new Cursor();

function blockOf(type: Slice): Block {
  if (sliceIs(type, "text")) return Block.Text;
  if (sliceIs(type, "thinking")) return Block.Thinking;
  if (sliceIs(type, "tool_use")) return Block.ToolUse;
  if (sliceIs(type, "redacted_thinking")) return Block.RedactedThinking;
  return Block.Other;
}
