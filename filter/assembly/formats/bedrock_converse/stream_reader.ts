import { Seal } from "../../canonical/seal";
import { MessageStream } from "../../canonical/stream";
import { StreamReader } from "../../canonical/stream_reader";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, textOf } from "../../json/slice";
import { describeFailure, readStreamError } from "./error";
import { isClaude } from "./models";
import { isFailure, readStopReason } from "./stop_reason";
import { readUsage, takeStopSequence } from "./usage";

/**
 * Events of one streamed answer (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html): messageStart,
 * blocks of contentBlockStart, which text may lack, contentBlockDelta and contentBlockStop, messageStop, and metadata with the usage. The
 * answer is whole when the last two have come, or the stream has ended behind messageStop.
 */
export class ConverseStreamReader extends StreamReader {
  private stopped: bool = false;
  private counted: bool = false;
  /** How many tool calls have begun; the number of the last is its key. */
  private calls: i32 = 0;

  reset(): void {
    this.stopped = false;
    this.counted = false;
    this.calls = 0;
  }

  get padding(): string {
    return '"p":"';
  }

  read(cursor: Cursor, dataPtr: usize, dataLength: u32, stream: MessageStream): bool {
    const type = this.eventType;
    if (this.isError) {
      readStreamError(type, cursor, dataPtr, dataLength, stream.error);
      stream.failed();
      return true;
    }
    if (sliceIs(type, "contentBlockDelta") || sliceIs(type, "contentBlockStart")) this.readBlock(cursor, stream);
    else if (sliceIs(type, "contentBlockStop")) {
      stream.closeBlock();
      cursor.skip();
    } else if (sliceIs(type, "messageStart")) {
      stream.start(ABSENT, ABSENT);
      cursor.skip();
    } else if (sliceIs(type, "messageStop")) this.readStop(cursor, stream);
    else if (sliceIs(type, "metadata")) this.readMetadata(cursor, stream);
    else cursor.skip(); // new events may be added, and are to be passed over
    if (!cursor.finish()) return false;
    if (this.stopped && this.counted) stream.end();
    return true;
  }

  finish(stream: MessageStream): void {
    if (this.stopped) stream.end();
  }

  /** Blocks follow one another, so a delta is the open one's, whatever index it names. */
  private readBlock(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("start")) this.readStart(cursor, stream);
      else if (cursor.keyIs("delta")) this.readDelta(cursor, stream);
      else cursor.skip();
    }
  }

  private readStart(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (!cursor.keyIs("toolUse") || !cursor.enterObject()) {
        cursor.skip();
        continue;
      }
      let id = ABSENT;
      let name = ABSENT;
      while (cursor.nextKey()) {
        if (cursor.keyIs("toolUseId")) id = cursor.takeString();
        else if (cursor.keyIs("name")) name = cursor.takeString();
        else cursor.skip();
      }
      if (cursor.ok) stream.toolCall(++this.calls, id, name, ABSENT);
    }
  }

  private readDelta(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("text")) stream.text(cursor.takeString());
      else if (cursor.keyIs("toolUse")) this.readInput(cursor, stream);
      else if (cursor.keyIs("reasoningContent")) this.readReasoning(cursor, stream);
      else cursor.skip();
    }
  }

  private readReasoning(cursor: Cursor, stream: MessageStream): void {
    const isOfClaude = isClaude(textOf(stream.origin.model));
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("text")) stream.reasoning(cursor.takeString());
      else if (cursor.keyIs("signature") && isOfClaude) stream.signature(Seal.Claude, cursor.takeString());
      else if (cursor.keyIs("redactedContent") && isOfClaude) {
        stream.foreign();
        stream.redacted(Seal.ClaudeRedacted, cursor.takeString());
      } else cursor.skip();
    }
  }

  private readInput(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("input")) stream.toolCall(this.calls, ABSENT, ABSENT, cursor.takeString());
      else cursor.skip();
    }
  }

  private readStop(cursor: Cursor, stream: MessageStream): void {
    let reason: Slice = ABSENT;
    let sequence: Slice = ABSENT;
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("stopReason")) reason = cursor.takeToken();
      else if (cursor.keyIs("additionalModelResponseFields")) sequence = takeStopSequence(cursor);
      else cursor.skip();
    }
    if (isFailure(reason)) {
      stream.error.clear();
      describeFailure(reason, stream.error);
      stream.failed();
      return;
    }
    this.stopped = true;
    stream.stop(readStopReason(reason), sequence);
  }

  private readMetadata(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    this.counted = true;
    while (cursor.nextKey()) {
      if (cursor.keyIs("usage")) readUsage(cursor, stream.summary);
      else cursor.skip();
    }
  }
}
