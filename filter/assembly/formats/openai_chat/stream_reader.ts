import { equalAscii } from "../../bytes/ascii";
import { readAnnotations } from "../../canonical/openai_citations";
import { readError } from "../../canonical/openai_error";
import { MessageStream } from "../../canonical/stream";
import { StreamReader } from "../../canonical/stream_reader";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty } from "../../json/slice";
import { isReasoningKey, readContent } from "./content";
import { readLogprobs } from "./logprobs";
import { readFinishReason, readUsage } from "./usage";

// https://platform.openai.com/docs/api-reference/chat-streaming : chunks of `choices[].delta`, a chunk with `usage` and no choices when
// asked for, then [DONE].

/** Chunks of one streamed chat completion, with one choice: a translated request never asks for more. */
export class ChatStreamReader extends StreamReader {
  reset(): void {
    this.finished = false;
  }

  get padding(): string {
    return '"obfuscation":"';
  }

  /** Some servers leave out [DONE]. */
  finish(stream: MessageStream): void {
    if (this.finished) stream.end();
  }

  read(cursor: Cursor, dataPtr: usize, dataLength: u32, stream: MessageStream): bool {
    if (equalAscii(dataPtr, dataLength, "[DONE]")) {
      stream.end();
      return true;
    }
    if (!stream.begun) this.readStart(cursor, stream);
    if (!cursor.enterObject()) return false;
    let failed = false;
    let choices = 0;
    while (cursor.nextKey()) {
      if (cursor.keyIs("choices")) choices = this.readChoices(cursor, stream);
      else if (cursor.keyIs("usage")) {
        this.hasUsage = cursor.kind() == Kind.Object;
        readUsage(cursor, stream.summary);
      } else if (cursor.keyIs("object"))
        failed = sliceIs(cursor.takeToken(), "error") || failed; // vLLM's form of an error
      else {
        if (cursor.keyIs("error")) failed = cursor.kind() == Kind.Object || cursor.kind() == Kind.String;
        cursor.skip();
      }
    }
    if (!cursor.finish()) return false;
    this.isUsageOnly = this.hasUsage && choices == 0;
    if (failed) this.readFailure(cursor, dataPtr, dataLength, stream);
    return true;
  }

  /** Every chunk repeats id and model, and they may come after the choices; the first chunk of Azure's has neither. */
  private readStart(cursor: Cursor, stream: MessageStream): void {
    const id = cursor.peekMember("id");
    if (!sliceIsEmpty(id)) stream.start(id, cursor.peekMember("model"));
  }

  private readFailure(cursor: Cursor, dataPtr: usize, length: u32, stream: MessageStream): void {
    cursor.open(dataPtr, length, cursor.depthMax);
    stream.error.clear();
    readError(cursor, stream.error);
    stream.failed();
  }

  /** How many there are. */
  private readChoices(cursor: Cursor, stream: MessageStream): i32 {
    let count = 0;
    if (!cursor.enterArray()) {
      cursor.skip();
      return count;
    }
    for (; cursor.nextElement(); count++) this.readChoice(cursor, stream);
    return count;
  }

  private readChoice(cursor: Cursor, stream: MessageStream): void {
    if (stream.wantsLogprobs && inner.openValue(cursor.peekValue("logprobs"), cursor.depthMax)) readLogprobs(inner, stream.logprobs);
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("delta")) this.readDelta(cursor, stream);
      else if (cursor.keyIs("finish_reason") && cursor.kind() == Kind.String) this.readFinishReason(cursor, stream);
      else cursor.skip();
    }
    if (stream.wantsLogprobs) stream.logprobs.clear();
  }

  /** Empty in all but the last chunk with some servers. */
  private readFinishReason(cursor: Cursor, stream: MessageStream): void {
    const reason = cursor.takeToken();
    if (sliceIsEmpty(reason)) return;
    this.finished = true;
    stream.stop(readFinishReason(reason));
  }

  private readDelta(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    let reasoned = false;
    while (cursor.nextKey()) {
      if (cursor.keyIs("content")) readContent(cursor, stream);
      else if (cursor.keyIs("tool_calls")) this.readToolCalls(cursor, stream);
      else if (!reasoned && isReasoningKey(cursor)) reasoned = this.readReasoning(cursor, stream);
      else if (cursor.keyIs("refusal")) stream.refusal(cursor.takeString());
      else if (cursor.keyIs("annotations")) this.readAnnotations(cursor, stream);
      else if (cursor.keyIs("function_call") || cursor.keyIs("audio")) this.readForeign(cursor, stream);
      else cursor.skip();
    }
  }

  /** Whether there was any: servers that know both keys repeat themselves. */
  private readReasoning(cursor: Cursor, stream: MessageStream): bool {
    const text = cursor.takeString();
    stream.reasoning(text);
    return !sliceIsEmpty(text);
  }

  private readForeign(cursor: Cursor, stream: MessageStream): void {
    if (cursor.kind() == Kind.Object) stream.foreign();
    cursor.skip();
  }

  /** Not in OpenAI's reference of chunks, but in theirs: https://github.com/vercel/ai/blob/main/packages/openai/src/chat/openai-chat-api.ts */
  private readAnnotations(cursor: Cursor, stream: MessageStream): void {
    readAnnotations(cursor, 0, stream.citations);
    stream.cite();
  }

  private readToolCalls(cursor: Cursor, stream: MessageStream): void {
    if (!cursor.enterArray()) {
      cursor.skip();
      return;
    }
    let position = 0;
    while (cursor.nextElement()) this.readToolCall(cursor, position++, stream);
  }

  private readToolCall(cursor: Cursor, position: i32, stream: MessageStream): void {
    let key: i32 = position;
    let id = ABSENT;
    toolName = ABSENT;
    toolArguments = ABSENT;
    if (cursor.enterObject()) {
      while (cursor.nextKey()) {
        if (cursor.keyIs("index")) key = <i32>cursor.takeInteger(position);
        else if (cursor.keyIs("id")) id = cursor.takeString();
        else if (cursor.keyIs("function") || cursor.keyIs("custom")) this.readFunction(cursor);
        else cursor.skip();
      }
    } else cursor.skip();
    if (cursor.ok) stream.toolCall(key, id, toolName, toolArguments);
  }

  private readFunction(cursor: Cursor): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("name")) toolName = cursor.takeString();
      else if (cursor.keyIs("arguments")) toolArguments = cursor.takeString();
      else cursor.skip();
    }
  }
}

/** For the logprobs of a choice, which stand behind its text. */
const inner = new Cursor();

// What the function of the tool call under the cursor says, while it is read.
let toolName: Slice = ABSENT;
let toolArguments: Slice = ABSENT;
