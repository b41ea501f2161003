import { Bytes } from "../../bytes/bytes";
import { MessageStream } from "../../canonical/stream";
import { StreamReader } from "../../canonical/stream_reader";
import { StopReason } from "../../canonical/summary";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Form, Slice, sliceIsEmpty, sliceLength, sliceOf } from "../../json/slice";
import { writeText } from "../../json/text";
import { readGrounding, readQuotations } from "./citations";
import { readError } from "./error";
import { isFailure, readFinishReason } from "./finish_reason";
import { readLogprobs } from "./logprobs";
import { PartReader } from "./part_reader";
import { readUsage } from "./usage";

const KEPT_BYTES_MAX: u32 = 1024;
/** Of the answer's text, where its bytes are counted. */
const TEXT_KEPT_BYTES_MAX: u32 = 8 << 20;

const part = new PartReader();
/** For the logprobs of a candidate, which stand behind its text. */
const inner = new Cursor();

function keep(cursor: Cursor, kept: Bytes): void {
  kept.clear();
  writeText(kept, cursor.takeValue());
}

function valueOf(bytes: Bytes): Slice {
  return bytes.length == 0 ? ABSENT : sliceOf(bytes.ptr, bytes.length, Form.Value);
}

/**
 * Events of one streamed answer (streamGenerateContent with alt=sse): each is a GenerateContentResponse with what is new. There is no last
 * event as such: the answer is whole when the stream ends after a finish reason, which older models repeat in every event.
 */
export class GeminiStreamReader extends StreamReader {
  private calls: i32 = 0;
  private failure: Slice = ABSENT;
  /** Of an answer that may cite: its text so far, and what it rests on, as the event said that said so last. */
  private said: Bytes = new Bytes();
  private grounding: Bytes = new Bytes();
  private quotations: Bytes = new Bytes();

  reset(): void {
    this.calls = 0;
    this.said.clear(KEPT_BYTES_MAX);
    this.grounding.clear(KEPT_BYTES_MAX);
    this.quotations.clear(KEPT_BYTES_MAX);
    this.finished = false;
  }

  read(cursor: Cursor, dataPtr: usize, dataLength: u32, stream: MessageStream): bool {
    if (!stream.begun) this.readStart(cursor, stream);
    if (!cursor.enterObject()) return false;
    let failed = false;
    this.failure = ABSENT;
    while (cursor.nextKey()) {
      if (cursor.keyIs("candidates")) this.readCandidates(cursor, stream);
      else if (cursor.keyIs("usageMetadata")) {
        this.hasUsage = true;
        readUsage(cursor, stream.summary);
      } else if (cursor.keyIs("promptFeedback")) this.readPromptFeedback(cursor, stream);
      else {
        failed = failed || (cursor.keyIs("error") && cursor.kind() == Kind.Object);
        cursor.skip();
      }
    }
    if (!cursor.finish()) return false;
    if (failed || this.failure != ABSENT) this.readFailure(cursor, dataPtr, dataLength, stream);
    return true;
  }

  finish(stream: MessageStream): void {
    if (!this.finished) return;
    if (this.grounding.length + this.quotations.length > 0) this.tellCitations(stream);
    stream.end();
  }

  private tellCitations(stream: MessageStream): void {
    readGrounding(valueOf(this.grounding), this.said, stream.citations);
    readQuotations(valueOf(this.quotations), this.said, stream.citations);
    stream.cite();
  }

  private tellText(text: Slice, stream: MessageStream): void {
    if (stream.searchesWeb) {
      if (this.said.length + sliceLength(text) > TEXT_KEPT_BYTES_MAX) stream.contradict();
      else writeText(this.said, text);
    }
    stream.text(text);
  }

  /** Every event repeats id and model, behind the content. */
  private readStart(cursor: Cursor, stream: MessageStream): void {
    const id = cursor.peekMember("responseId");
    if (!sliceIsEmpty(id)) stream.start(id, cursor.peekMember("modelVersion"));
  }

  private readFailure(cursor: Cursor, dataPtr: usize, length: u32, stream: MessageStream): void {
    cursor.open(dataPtr, length, cursor.depthMax);
    stream.error.clear();
    readError(cursor, stream.error);
    stream.failed();
  }

  private readPromptFeedback(cursor: Cursor, stream: MessageStream): void {
    const reason = cursor.peekMember("blockReason");
    if (sliceIsEmpty(reason)) {
      cursor.skip();
      return;
    }
    this.finished = true;
    stream.stop(StopReason.Refusal);
    cursor.enterObject();
    while (cursor.nextKey()) {
      if (cursor.keyIs("blockReasonMessage")) stream.refusal(cursor.takeString());
      else cursor.skip();
    }
  }

  private readCandidates(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterArray()) {
      cursor.skip();
      return;
    }
    let count = 0;
    while (cursor.nextElement()) {
      if (count++ == 0) this.readCandidate(cursor, stream);
      else cursor.skip();
    }
  }

  private readCandidate(cursor: Cursor, stream: MessageStream): void {
    if (stream.wantsLogprobs && inner.openValue(cursor.peekValue("logprobsResult"), cursor.depthMax)) readLogprobs(inner, stream.logprobs);
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("content")) this.readContent(cursor, stream);
      else if (cursor.keyIs("finishReason")) this.readFinishReason(cursor, stream);
      else if (stream.searchesWeb && cursor.keyIs("groundingMetadata")) keep(cursor, this.grounding);
      else if (stream.searchesWeb && cursor.keyIs("citationMetadata")) keep(cursor, this.quotations);
      else cursor.skip();
    }
    if (stream.wantsLogprobs) stream.logprobs.clear();
  }

  private readFinishReason(cursor: Cursor, stream: MessageStream): void {
    const reason = cursor.takeToken();
    if (isFailure(reason)) this.failure = reason;
    else if (!sliceIsEmpty(reason)) {
      this.finished = true;
      stream.stop(readFinishReason(reason));
    }
  }

  private readContent(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (!cursor.keyIs("parts") || !cursor.enterArray()) {
        cursor.skip();
        continue;
      }
      while (cursor.nextElement()) this.readPart(cursor, stream);
    }
  }

  private readPart(cursor: Cursor, stream: MessageStream): void {
    part.read(cursor);
    if (!cursor.ok) return;
    if (!part.hasCall) {
      if (part.isThought) stream.reasoning(part.text);
      else this.tellText(part.text, stream);
    } else if (part.isPiece) stream.contradict();
    else stream.toolCall(this.calls++, part.callId, part.callName, part.callArguments, part.signature);
  }
}
