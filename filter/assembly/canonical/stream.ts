import { Bytes } from "../bytes/bytes";
import { listObject } from "../bytes/chunk_memory";
import { ABSENT, Slice, sliceIsEmpty, sliceLength, textOf } from "../json/slice";
import { writeText } from "../json/text";
import { AnswerOrigin } from "./answer_origin";
import { Citations } from "./citations";
import { ContentSink } from "./content_sink";
import { CustomInput } from "./custom_input";
import { CustomTools } from "./custom_tools";
import { ProviderError } from "./provider_error";
import { RequestHead } from "./request_head";
import { Seal } from "./seal";
import { BlockKind, isCall, StreamWriter } from "./stream_writer";
import { ResponseSummary, StopReason } from "./summary";
import { TokenLogprobs } from "./token_logprobs";
import { ToolCallState, ToolCallStream } from "./tool_call_stream";
import { makeToolId } from "./tool_id";

export const TOOL_CALLS_PER_MESSAGE_MAX: i32 = 256;
/** Of arguments held back because another call's were not complete. */
export const HELD_ARGUMENTS_BYTES_MAX: u32 = 1 << 20;

const KEPT_BYTES_MAX: u32 = 1024;
/** What anything but a piece of text adds to `said`. */
const NO_TEXT: u32 = 2;

/**
 * One streamed answer. Readers tell it what the provider says, in whatever order it comes; it keeps what the gateway wants to know of it
 * and hands a well-formed sequence of blocks to the writer. Without a writer (client and provider speak the same format) it only observes.
 */
export class MessageStream implements ContentSink {
  /** Something of the answer itself has come: text, reasoning, a tool call, a refusal. Not: a start, a role, a ping. */
  contentSeen: bool = false;
  /** The format's last event has come, so the answer is whole. */
  terminalSeen: bool = false;
  /** The provider reported an error inside of the stream. */
  errorSeen: bool = false;
  /** The answer cannot be written on: a limit was passed, or events contradict each other. */
  broken: bool = false;
  begun: bool = false;
  /** Counts what was said: pieces of text by one, everything that must not be taken for another such piece by more. */
  said: u32 = 0;
  /** The piece of text that was said last. */
  lastText: Slice = ABSENT;
  private writer: StreamWriter | null = null;
  private out: Bytes = noOutput;
  private block: BlockKind = BlockKind.None;
  private lastKind: BlockKind = BlockKind.None;
  private blockCount: i32 = 0;
  private callsOpened: i32 = 0;
  error: ProviderError = new ProviderError();
  summary: ResponseSummary = new ResponseSummary();
  /** The client asked for logprobs, and its format has a place for them; else nobody reads them. */
  wantsLogprobs: bool = false;
  /** Of the tokens of the text that is told next. */
  readonly logprobs: TokenLogprobs = eventLogprobs;
  /** The provider was asked to search the web. Citations without that have their places told in characters. */
  searchesWeb: bool = false;
  /** What `cite` tells. */
  readonly citations: Citations = eventCitations;
  /** Stands in for what the events do not say. */
  origin: AnswerOrigin = new AnswerOrigin();
  private responseId: Bytes = new Bytes();
  private stopSequence: Bytes = new Bytes();
  private calls: Array<ToolCallStream> = new Array<ToolCallStream>();
  private callCount: i32 = 0;
  private refused: bool = false;
  private openCall: i32 = -1; // index into calls, while the block is a call
  private readonly customTools: CustomTools = new CustomTools();
  private readonly customInput: CustomInput = new CustomInput();

  /** `head`: of the request, for those who write. */
  reset(writer: StreamWriter | null, head: RequestHead | null): void {
    this.contentSeen = false;
    this.terminalSeen = false;
    this.errorSeen = false;
    this.error.clear();
    this.summary.clear();
    this.broken = false;
    this.origin.clear();
    this.writer = writer;
    this.out = noOutput;
    this.begun = false;
    this.block = BlockKind.None;
    this.blockCount = 0;
    this.responseId.clear(KEPT_BYTES_MAX);
    this.stopSequence.clear(KEPT_BYTES_MAX);
    for (let i = 0; i < this.callCount; i++) unchecked(this.calls[i]).release(KEPT_BYTES_MAX);
    this.callCount = 0;
    this.callsOpened = 0;
    this.openCall = -1;
    this.refused = false;
    this.customTools.clear();
    this.wantsLogprobs = false;
    this.searchesWeb = false;
    if (!head) return;
    this.wantsLogprobs = head.wantsLogprobs;
    this.searchesWeb = head.searchesWeb;
    this.customTools.set(head.customTools);
  }

  /** Lists the memory that the next piece of text will need. */
  listChunkMemory(): void {
    listObject(this, offsetof<MessageStream>("callsOpened"));
  }

  /** Where the writer's events go from here on. */
  writeTo(out: Bytes): void {
    this.out = out;
  }

  /** The answer begins. Formats that repeat id and model in every event may call this for each. */
  start(id: Slice, model: Slice): void {
    if (this.begun) return;
    this.begun = true;
    const ownId = sliceIsEmpty(id) ? textOf(this.origin.id) : id;
    writeText(this.summary.model, sliceIsEmpty(model) ? textOf(this.origin.model) : model);
    writeText(this.responseId, ownId);
    const writer = this.writer;
    if (writer) writer.begin(this.out, ownId, this.summary);
  }

  text(delta: Slice): void {
    // Who reads such an answer counts its characters, so every piece is to be read.
    if (this.searchesWeb) this.said += NO_TEXT;
    if (this.wantsLogprobs && this.logprobs.count > 0) this.textOfTokens(delta);
    else this.content(BlockKind.Text, delta);
  }

  reasoning(delta: Slice): void {
    this.content(BlockKind.Reasoning, delta);
  }

  refusal(delta: Slice): void {
    this.refused = this.refused || !sliceIsEmpty(delta);
    this.content(BlockKind.Refusal, delta);
  }

  /** Another piece of what was said last. */
  more(text: Slice): void {
    this.content(this.lastKind, text);
  }

  /** Tells of `citations`, once their text is. */
  cite(): void {
    this.said += NO_TEXT;
    const writer = this.writer;
    if (writer && this.begun && !this.broken) {
      const inText = this.block == BlockKind.Text;
      for (let i: u32 = 0; i < this.citations.count; i++) writer.citation(this.out, this.citations.at(i), inText);
      if (writer.isFull || this.citations.isTooLong) this.broken = true;
    }
    this.citations.clear();
  }

  /** The proof of the reasoning block that is open, or of one that has no text and is none yet. It counts for nothing but itself. */
  signature(seal: Seal, signature: Slice): void {
    this.said += NO_TEXT;
    const writer = this.writer;
    if (!writer || this.broken || sliceLength(signature) == 0) return;
    if (this.block != BlockKind.Reasoning) this.openBlock(BlockKind.Reasoning, -1);
    writer.signature(this.out, this.blockCount - 1, seal, signature);
  }

  /** Reasoning that only its provider can read. */
  redacted(seal: Seal, data: Slice): void {
    this.said += NO_TEXT;
    const writer = this.writer;
    if (!writer || this.broken) return;
    this.start(ABSENT, ABSENT);
    this.closeBlock();
    writer.redacted(this.out, seal, data);
  }

  /** Content that the canonical vocabulary has no word for. It counts as content, and only clients of the provider's own format see it. */
  foreign(): void {
    this.contentSeen = true;
  }

  /**
   * A piece of a tool call: its start (with `id` or `name`), arguments, or both. `key` is the provider's number for the call; a new id
   * under a known key is a new call, since some providers number all calls 0. `signature`: Google's proof of the thoughts that led to it,
   * which comes with its start.
   */
  toolCall(key: i32, id: Slice, name: Slice, fragment: Slice, signature: Slice = ABSENT): void {
    this.said += NO_TEXT;
    this.contentSeen = true;
    if (!this.writer || this.broken) return;
    let index = this.findCall(key);
    if (index < 0 || unchecked(this.calls[index]).isOther(id, name)) {
      index = this.addCall(key);
      if (index < 0) return;
    }
    const call = unchecked(this.calls[index]);
    if (call.id.length == 0) writeText(call.id, id);
    if (call.name.length == 0) writeText(call.name, name);
    if (call.signature.length == 0) writeText(call.signature, signature);
    if (call.state == ToolCallState.Closed) this.lateArguments(call, fragment);
    else if (call.state == ToolCallState.Open) this.argumentsOf(call, fragment);
    else this.holdArguments(call, fragment);
    this.openWaiting(false);
  }

  /** The block that is open ends here. Formats without such an event need not call this. */
  closeBlock(): void {
    this.said += NO_TEXT;
    if (this.block == BlockKind.None) return;
    const writer = this.writer;
    if (this.block == BlockKind.CustomToolCall) this.endCustomInput();
    if (writer) writer.closeBlock(this.out, this.block, this.blockCount - 1, this.callsOpened - 1);
    if (isCall(this.block)) {
      unchecked(this.calls[this.openCall]).state = ToolCallState.Closed;
      this.openCall = -1;
    }
    this.block = BlockKind.None;
  }

  stop(reason: StopReason, stopSequence: Slice = ABSENT): void {
    this.summary.stopReason = <u8>reason;
    this.stopSequence.clear();
    writeText(this.stopSequence, stopSequence);
  }

  ping(): void {
    this.said += NO_TEXT;
    const writer = this.writer;
    if (writer && this.begun) writer.ping(this.out);
  }

  /** What comes cannot belong to the answer that was begun. Within one format that is the client's to judge. */
  contradict(): void {
    if (this.writer) this.broken = true;
  }

  /** `this.error` was filled from an error event. */
  failed(): void {
    this.said += NO_TEXT;
    if (this.errorSeen || this.terminalSeen) return;
    this.errorSeen = true;
    if (this.error.message.length == 0) this.error.describeNothing();
    const writer = this.writer;
    if (writer) writer.error(this.out, this.error);
  }

  /** The format's last event. */
  end(): void {
    this.said += NO_TEXT;
    if (this.terminalSeen || this.errorSeen || this.broken) return;
    const writer = this.writer;
    if (writer) {
      this.start(ABSENT, ABSENT);
      this.openWaiting(true);
      if (this.broken) return;
      this.closeBlock();
      this.summary.settleStopReason(this.callCount > 0, this.refused);
      writer.end(this.out, this.summary, this.stopSequence.length == 0 ? ABSENT : textOf(this.stopSequence));
    }
    this.terminalSeen = true;
  }

  /** A token may be a piece of a character only, so there are tokens without a text. */
  private textOfTokens(delta: Slice): void {
    this.said += NO_TEXT;
    this.contentSeen = true;
    if (this.block != BlockKind.Text) this.openBlock(BlockKind.Text, -1);
    const writer = this.writer!;
    writer.beforeText(this.logprobs);
    writer.delta(this.out, BlockKind.Text, this.blockCount - 1, this.callsOpened - 1, delta);
    if (writer.isFull || this.logprobs.isTooLong) this.broken = true;
    this.logprobs.clear();
  }

  private content(kind: BlockKind, delta: Slice): void {
    if (sliceLength(delta) == 0) return;
    this.said++;
    this.lastText = delta;
    this.lastKind = kind;
    this.contentSeen = true;
    const writer = this.writer;
    if (!writer) return;
    if (this.block != kind) this.openBlock(kind, -1);
    writer.delta(this.out, kind, this.blockCount - 1, this.callsOpened - 1, delta);
    if (writer.isFull) this.broken = true;
  }

  private openBlock(kind: BlockKind, call: i32): void {
    this.start(ABSENT, ABSENT);
    this.closeBlock();
    this.blockCount++;
    let id = ABSENT;
    let name = ABSENT;
    let signature = ABSENT;
    const writer = this.writer!;
    if (kind == BlockKind.ToolCall) {
      this.openCall = call;
      this.callsOpened++;
      const opened = unchecked(this.calls[call]);
      opened.state = ToolCallState.Open;
      if (opened.id.length == 0) makeToolId(opened.id, textOf(this.responseId), call);
      id = opened.idSlice;
      name = opened.nameSlice;
      if (opened.signature.length > 0) signature = textOf(opened.signature);
      if (this.customTools.has(name)) {
        kind = BlockKind.CustomToolCall;
        this.customInput.reset();
      }
    }
    this.block = kind;
    if (signature != ABSENT) writer.beforeCall(this.out, signature);
    writer.openBlock(this.out, kind, this.blockCount - 1, this.callsOpened - 1, id, name);
    if (signature != ABSENT) writer.callSignature(this.out, this.callsOpened - 1, signature);
  }

  /** The call that came last under a key, or -1. */
  private findCall(key: i32): i32 {
    for (let i = this.callCount - 1; i >= 0; i--) {
      if (unchecked(this.calls[i]).key == key) return i;
    }
    return -1;
  }

  private addCall(key: i32): i32 {
    if (this.callCount == TOOL_CALLS_PER_MESSAGE_MAX) {
      this.broken = true;
      return -1;
    }
    if (this.callCount == this.calls.length) this.calls.push(new ToolCallStream());
    unchecked(this.calls[this.callCount]).start(key);
    return this.callCount++;
  }

  private argumentsOf(call: ToolCallStream, fragment: Slice): void {
    if (sliceLength(fragment) == 0) return;
    call.follow(fragment);
    if (this.block == BlockKind.CustomToolCall) {
      input.clear();
      this.customInput.read(fragment, input);
      this.callDelta(textOf(input));
    } else this.callDelta(fragment);
  }

  private endCustomInput(): void {
    input.clear();
    this.customInput.end(input);
    this.callDelta(textOf(input));
  }

  private callDelta(text: Slice): void {
    if (sliceLength(text) == 0) return;
    const writer = this.writer!;
    writer.delta(this.out, this.block, this.blockCount - 1, this.callsOpened - 1, text);
    if (writer.isFull) this.broken = true;
  }

  private holdArguments(call: ToolCallStream, fragment: Slice): void {
    if (call.held.length + sliceLength(fragment) > HELD_ARGUMENTS_BYTES_MAX) {
      this.broken = true;
      return;
    }
    writeText(call.held, fragment);
  }

  /** Arguments for a call whose block is closed can be written nowhere; white space after a complete object is no loss. */
  private lateArguments(call: ToolCallStream, fragment: Slice): void {
    if (sliceLength(fragment) > 0 && !call.isComplete) this.broken = true;
  }

  /**
   * Opens the calls that wait, in their order, as far as the one before each is complete. Blocks are not interleaved, calls may be: a
   * call's arguments are held back until those of the call before are a whole object. `atEnd`: nothing more comes, so nothing is waited
   * for.
   */
  private openWaiting(atEnd: bool): void {
    for (let i = 0; i < this.callCount; i++) {
      const call = unchecked(this.calls[i]);
      if (call.state != ToolCallState.Waiting) continue;
      const open = this.openCall;
      if (!atEnd && open >= 0 && !unchecked(this.calls[open]).isComplete) return;
      if (!atEnd && call.name.length == 0) return;
      this.openBlock(BlockKind.ToolCall, i);
      const held = call.heldSlice;
      if (sliceLength(held) > 0) {
        this.argumentsOf(call, held);
        call.held.clear();
      }
    }
  }
}

const noOutput = new Bytes();
/** One event is read at a time. */
const eventLogprobs = new TokenLogprobs();
const eventCitations = new Citations();
/** What a piece of a custom tool's call says. */
const input = new Bytes();
