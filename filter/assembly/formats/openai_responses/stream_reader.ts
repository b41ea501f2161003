import { readAnnotation } from "../../canonical/openai_citations";
import { readError } from "../../canonical/openai_error";
import { readTokenLogprobs } from "../../canonical/openai_logprobs";
import { Seal } from "../../canonical/seal";
import { MessageStream } from "../../canonical/stream";
import { StreamReader } from "../../canonical/stream_reader";
import { StopReason } from "../../canonical/summary";
import { countCharacters } from "../../json/characters";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr } from "../../json/slice";
import { paragraphBreak, readIncompleteDetails } from "./response_reader";
import { readUsage } from "./usage";

// https://platform.openai.com/docs/api-reference/responses-streaming : events of many types, each with the item (`output_index`) it is
// about. What they add up to is repeated at the end of each part, item and answer, and passed over here.

/** How many of an answer's items are told apart. */
const ITEMS_TOLD_APART_MAX: i32 = 64;
const DEPTH_MAX: u32 = 256;

export class ResponsesStreamReader extends StreamReader {
  /** The calls whose arguments have come piece by piece: a bit for each item. */
  private hasArguments: u64 = 0;
  /** How many characters the texts have that are whole. */
  private characters: u32 = 0;
  private hasCalls: bool = false;
  private hasRefusal: bool = false;

  reset(): void {
    this.hasArguments = 0;
    this.characters = 0;
    this.hasCalls = false;
    this.hasRefusal = false;
  }

  get padding(): string {
    return '"obfuscation":"';
  }

  read(cursor: Cursor, dataPtr: usize, dataLength: u32, stream: MessageStream): bool {
    event.clear();
    event.type = cursor.peekMember("type");
    if (!cursor.enterObject()) return false;
    while (cursor.nextKey()) event.readMember(cursor);
    if (!cursor.finish()) return false;
    if (sliceIs(event.type, "error")) {
      inner.open(dataPtr, dataLength, DEPTH_MAX);
      this.fail(stream);
    } else if (event.response != ABSENT) this.readLifecycle(stream);
    else this.readPiece(stream);
    return true;
  }

  /** Events about the whole answer: its start and its end. */
  private readLifecycle(stream: MessageStream): void {
    const status = event.type;
    inner.open(slicePtr(event.response), sliceLength(event.response), DEPTH_MAX);
    if (sliceIs(status, "response.failed")) {
      this.fail(stream);
      return;
    }
    const isEnd = sliceIs(status, "response.completed") || sliceIs(status, "response.incomplete");
    const reason = this.readResponse(stream);
    if (!isEnd) return;
    stream.stop(reason);
    stream.summary.settleStopReason(this.hasCalls, this.hasRefusal);
    stream.end();
  }

  private readResponse(stream: MessageStream): StopReason {
    let id = ABSENT;
    let model = ABSENT;
    let reason = StopReason.End;
    if (!inner.enterObject()) return reason;
    while (inner.nextKey()) {
      if (inner.keyIs("id")) id = inner.takeString();
      else if (inner.keyIs("model")) model = inner.takeString();
      else if (inner.keyIs("usage")) readUsage(inner, stream.summary);
      else if (inner.keyIs("incomplete_details")) reason = readIncompleteDetails(inner);
      else inner.skip();
    }
    stream.start(id, model);
    return reason;
  }

  private fail(stream: MessageStream): void {
    readError(inner, stream.error);
    if (stream.error.type.equalsAscii("error")) stream.error.type.clear(); // the event's
    stream.failed();
  }

  /** Events about a piece of the answer. */
  private readPiece(stream: MessageStream): void {
    const type = event.type;
    if (sliceIs(type, "response.output_text.delta")) this.readText(stream);
    else if (sliceIs(type, "response.output_text.done")) this.characters += countCharacters(event.text);
    else if (sliceIs(type, "response.output_text.annotation.added")) this.readAnnotation(stream);
    else if (sliceIs(type, "response.refusal.delta")) {
      this.hasRefusal = true;
      stream.refusal(event.delta);
    } else if (sliceIs(type, "response.reasoning_summary_text.delta") || sliceIs(type, "response.reasoning_text.delta"))
      stream.reasoning(event.delta);
    else if (sliceIs(type, "response.reasoning_summary_part.added")) {
      if (event.summaryIndex > 0) stream.reasoning(paragraphBreak());
    } else if (sliceIs(type, "response.function_call_arguments.delta")) this.readArguments(event.delta, stream);
    else if (sliceIs(type, "response.function_call_arguments.done")) this.readWholeArguments(event.callArguments, stream);
    else if (sliceIs(type, "response.output_item.added")) this.readItem(stream);
    else if (sliceIs(type, "response.output_item.done")) {
      if (sliceIs(event.itemType, "function_call")) this.readWholeArguments(event.itemArguments, stream);
      else if (sliceIs(event.itemType, "reasoning")) stream.signature(Seal.Openai, event.itemProof);
    }
  }

  private readText(stream: MessageStream): void {
    if (stream.wantsLogprobs && inner.openValue(event.logprobs, DEPTH_MAX)) readTokenLogprobs(inner, stream.logprobs);
    stream.text(event.delta);
  }

  private readAnnotation(stream: MessageStream): void {
    if (!inner.openValue(event.annotation, DEPTH_MAX)) return;
    readAnnotation(inner, this.characters, stream.citations);
    stream.cite();
  }

  private readItem(stream: MessageStream): void {
    if (sliceIs(event.itemType, "function_call")) {
      this.hasCalls = true;
      stream.toolCall(event.outputIndex, event.callId, event.name, ABSENT);
    } else if (!sliceIs(event.itemType, "message") && !sliceIs(event.itemType, "reasoning")) stream.foreign();
  }

  private readArguments(fragment: Slice, stream: MessageStream): void {
    if (sliceIsEmpty(fragment)) return;
    if (event.outputIndex < ITEMS_TOLD_APART_MAX) this.hasArguments |= (<u64>1) << event.outputIndex;
    stream.toolCall(event.outputIndex, ABSENT, ABSENT, fragment);
  }

  /** Some servers send arguments only whole. */
  private readWholeArguments(whole: Slice, stream: MessageStream): void {
    if (event.outputIndex >= ITEMS_TOLD_APART_MAX || (this.hasArguments & ((<u64>1) << event.outputIndex)) != 0) return;
    this.readArguments(whole, stream);
  }
}

/** What one event says. Slices point into its data. */
class Event {
  type: Slice = ABSENT;
  delta: Slice = ABSENT;
  text: Slice = ABSENT;
  logprobs: Slice = ABSENT;
  annotation: Slice = ABSENT;
  outputIndex: i32 = 0;
  summaryIndex: i32 = 0;
  callArguments: Slice = ABSENT;
  response: Slice = ABSENT;
  itemType: Slice = ABSENT;
  callId: Slice = ABSENT;
  name: Slice = ABSENT;
  itemArguments: Slice = ABSENT;
  itemProof: Slice = ABSENT;

  clear(): void {
    this.type = ABSENT;
    this.delta = ABSENT;
    this.text = ABSENT;
    this.logprobs = ABSENT;
    this.annotation = ABSENT;
    this.outputIndex = 0;
    this.summaryIndex = 0;
    this.callArguments = ABSENT;
    this.response = ABSENT;
    this.itemType = ABSENT;
    this.callId = ABSENT;
    this.name = ABSENT;
    this.itemArguments = ABSENT;
    this.itemProof = ABSENT;
  }

  readMember(cursor: Cursor): void {
    if (cursor.keyIs("delta")) this.delta = cursor.takeString();
    else if (cursor.keyIs("logprobs")) this.logprobs = cursor.takeValue();
    else if (cursor.keyIs("text")) this.text = cursor.takeString();
    else if (cursor.keyIs("annotation")) this.annotation = cursor.takeValue();
    else if (cursor.keyIs("output_index")) this.outputIndex = this.takeIndex(cursor);
    else if (cursor.keyIs("summary_index")) this.summaryIndex = this.takeIndex(cursor);
    else if (cursor.keyIs("arguments")) this.callArguments = cursor.takeString();
    else if (cursor.keyIs("response")) this.response = cursor.takeValue();
    else if (cursor.keyIs("item")) this.readItem(cursor);
    else cursor.skip();
  }

  private takeIndex(cursor: Cursor): i32 {
    const index = cursor.takeInteger(0);
    return index < 0 || index > i32.MAX_VALUE ? 0 : <i32>index;
  }

  private readItem(cursor: Cursor): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("type")) this.itemType = cursor.takeToken();
      else if (cursor.keyIs("call_id")) this.callId = cursor.takeString();
      else if (cursor.keyIs("name")) this.name = cursor.takeString();
      else if (cursor.keyIs("arguments")) this.itemArguments = cursor.takeString();
      else if (cursor.keyIs("encrypted_content")) this.itemProof = cursor.takeString();
      else cursor.skip();
    }
  }
}

/** One event is read at a time. */
const event = new Event();
const inner = new Cursor();
