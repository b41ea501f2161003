import { Bytes } from "../../bytes/bytes";
import { listBuffer, listObject } from "../../bytes/chunk_memory";
import { writeInteger } from "../../bytes/numbers";
import { Citation } from "../../canonical/citations";
import { clock } from "../../canonical/clock";
import { writeTokens } from "../../canonical/openai_logprobs";
import { ProviderError } from "../../canonical/provider_error";
import { RequestHead } from "../../canonical/request_head";
import { Seal, writeMarkedBody } from "../../canonical/seal";
import { BlockKind, isCall, StreamWriter } from "../../canonical/stream_writer";
import { ResponseSummary } from "../../canonical/summary";
import { TokenLogprobs } from "../../canonical/token_logprobs";
import { makeId, writeToolId } from "../../canonical/tool_id";
import { countCharacters } from "../../json/characters";
import { Form, Slice, sliceOf, textOf } from "../../json/slice";
import { writeString, writeStringBody, writeText } from "../../json/text";
import { writeAnnotation } from "./annotations";
import { writeErrorEvent } from "./error";
import { REASONING_ID_PREFIX } from "./foreign_reasoning";
import { CALL_ID_LENGTH_MAX } from "./item_writer";
import { beginResponse, endResponse } from "./response_object";
import { incompleteReason } from "./usage";

/** Of one streamed answer: the events at the end of a part, of an item and of the answer repeat all that came before. */
export const ANSWER_KEPT_BYTES_MAX: u32 = 8 << 20;
/** What a writer keeps for its next stream. */
const KEPT_BYTES_MAX: u32 = 16 * 1024;

/**
 * https://platform.openai.com/docs/api-reference/responses-streaming . Each block is an item with one part. Reasoning that the provider
 * shows is a reasoning item's summary, which is what clients show.
 */
export class ResponsesStreamWriter extends StreamWriter {
  private sequenceNumber: i64 = 0;
  private createdSeconds: i64 = 0;
  private id: Bytes = new Bytes();
  private model: Bytes = new Bytes();
  /** The items that are complete, separated by commas. */
  private items: Bytes = new Bytes();
  private itemCount: i32 = 0;
  private hasRefusal: bool = false;
  /** Of the item that is open: its id, as the inside of a JSON string; its text or arguments, likewise; a call's `call_id` and `name`. */
  private itemId: Bytes = new Bytes();
  /** What stands before its text in the events of it, and where in this the sequence number goes. */
  private deltaHead: Bytes = new Bytes();
  private numberAt: u32 = 0;
  private text: Bytes = new Bytes();
  /** Bytes that are kept of this answer beside the text of the open item. */
  private besideText: u32 = 0;
  private call: Bytes = new Bytes();
  /** The proof of the reasoning item that is open, marked, as the inside of a JSON string. */
  private proof: Bytes = new Bytes();
  /**
   * What is told of the tokens of the text that comes next and, of those of the open item's text, the elements of the two lists that repeat
   * it: without the tokens' bytes, as events have it, and with them.
   */
  private tokens: TokenLogprobs | null = null;
  private logprobs: Bytes = new Bytes();
  private logprobsWithBytes: Bytes = new Bytes();
  /** The annotations of the open item's text, and how many they are. */
  private annotations: Bytes = new Bytes();
  private annotationCount: i32 = 0;
  /** How many characters the texts have that came before the open item; the item is one. */
  private charactersBefore: u32 = 0;
  private isText: bool = false;
  /** The open item has got its part. */
  private hasPart: bool = false;

  reset(head: RequestHead): void {
    this.isFull = false;
    this.sequenceNumber = 0;
    this.id.clear(KEPT_BYTES_MAX);
    this.model.clear(KEPT_BYTES_MAX);
    this.items.clear(KEPT_BYTES_MAX);
    this.itemCount = 0;
    this.hasRefusal = false;
    this.itemId.clear();
    this.text.clear(KEPT_BYTES_MAX);
    this.call.clear(KEPT_BYTES_MAX);
    this.proof.clear(KEPT_BYTES_MAX);
    this.tokens = null;
    this.logprobs.clear(KEPT_BYTES_MAX);
    this.logprobsWithBytes.clear(KEPT_BYTES_MAX);
    this.annotations.clear(KEPT_BYTES_MAX);
    this.charactersBefore = 0;
    this.isText = false;
  }

  listChunkMemory(): void {
    listObject(this, offsetof<ResponsesStreamWriter>("logprobs"));
    listObject(this.text, offsetof<Bytes>());
    listBuffer(this.deltaHead);
  }

  begin(out: Bytes, id: Slice, summary: ResponseSummary): void {
    this.createdSeconds = clock.seconds;
    writeText(this.id, id);
    this.model.appendBytes(summary.model);
    this.writeResponse(out, "response.created", "in_progress", "", null, null);
    this.writeResponse(out, "response.in_progress", "in_progress", "", null, null);
  }

  openBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, id: Slice, name: Slice): void {
    if (this.isText) this.charactersBefore += this.characters;
    this.isText = kind == BlockKind.Text;
    this.annotations.clear();
    this.annotationCount = 0;
    this.itemId.clear();
    makeId(this.itemId, prefixOf(kind), textOf(this.id), this.itemCount);
    this.text.clear();
    this.logprobs.clear();
    this.logprobsWithBytes.clear();
    this.countBesideText();
    this.proof.clear();
    if (isCall(kind)) this.keepCall(id, name);
    this.openEvent(out, "response.output_item.added");
    this.writeOutputIndex(out);
    out.ascii(',"item":');
    this.writeItem(out, kind, false);
    out.ascii("}\n\n");
    // A reasoning item may be nothing but its proof.
    this.hasPart = !isCall(kind) && kind != BlockKind.Reasoning;
    if (this.hasPart) this.openPart(out, kind);
    if (kind == BlockKind.Text) this.frameText();
  }

  citation(out: Bytes, citation: Citation, inText: bool): void {
    if (!inText) return;
    if (this.annotationCount > 0) this.annotations.byte(0x2c);
    const start = this.annotations.length;
    writeAnnotation(citation, this.charactersBefore, u32.MAX_VALUE, this.annotations);
    this.openPieceEvent(out, "response.output_text.annotation.added", BlockKind.Text);
    out.ascii(',"annotation_index":');
    writeInteger(out, this.annotationCount++);
    out.ascii(',"annotation":');
    out.append(this.annotations.ptr + start, this.annotations.length - start);
    out.ascii("}\n\n");
    this.countBesideText();
    this.noteKept();
  }

  beforeText(tokens: TokenLogprobs): void {
    this.tokens = tokens;
  }

  delta(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, text: Slice): void {
    if (kind == BlockKind.Reasoning && !this.hasPart) {
      this.hasPart = true;
      this.openPart(out, kind);
    }
    if (kind == BlockKind.Text) {
      this.textDelta(out, text);
    } else {
      const start = this.text.length;
      writeStringBody(this.text, text);
      this.writeDelta(out, kind, this.text.ptr + start, this.text.length - start);
    }
    this.noteKept();
  }

  signature(out: Bytes, index: i32, seal: Seal, signature: Slice): void {
    this.proof.clear();
    writeMarkedBody(this.proof, seal, signature);
  }

  redacted(out: Bytes, seal: Seal, data: Slice): void {
    this.openBlock(out, BlockKind.Reasoning, 0, 0, 0, 0);
    this.signature(out, 0, seal, data);
    this.closeBlock(out, BlockKind.Reasoning, 0, 0);
  }

  /** The proof of another API's call has no place in the call itself here, so it is that of a reasoning item without text. */
  beforeCall(out: Bytes, signature: Slice): void {
    this.redacted(out, Seal.Gemini, signature);
  }

  closeBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32): void {
    // A call without arguments has none here either, but clients parse what they get: {} stands for it.
    if (kind == BlockKind.ToolCall && this.text.length == 0) {
      this.text.ascii("{}");
      this.writeDelta(out, kind, this.text.ptr, this.text.length);
    }
    if (isCall(kind) || this.hasPart) {
      this.openPieceEvent(out, doneEvent(kind), kind);
      out.ascii(doneMember(kind));
      out.appendBytes(this.text);
      if (kind == BlockKind.Text) this.writeLogprobs(out, this.logprobs.ptr, this.logprobs.length);
      else out.ascii('"}\n\n');
    }
    if (this.hasPart) {
      this.openPieceEvent(out, kind == BlockKind.Reasoning ? "response.reasoning_summary_part.done" : "response.content_part.done", kind);
      out.ascii(',"part":');
      this.writePart(out, kind);
      out.ascii("}\n\n");
    }
    this.closeItem(out, kind);
  }

  ping(out: Bytes): void {
    out.ascii(": ping\n\n");
  }

  end(out: Bytes, summary: ResponseSummary, stopSequence: Slice): void {
    const incomplete = incompleteReason(summary, this.hasRefusal);
    if (incomplete.length == 0) this.writeResponse(out, "response.completed", "completed", "", null, summary);
    else this.writeResponse(out, "response.incomplete", "incomplete", incomplete, null, summary);
  }

  error(out: Bytes, error: ProviderError): void {
    writeErrorEvent(error, this.sequenceNumber++, out);
    if (this.id.length > 0) this.writeResponse(out, "response.failed", "failed", "", error, null);
  }

  private countBesideText(): void {
    this.besideText = this.items.length + this.logprobs.length + this.logprobsWithBytes.length + this.annotations.length;
  }

  private noteKept(): void {
    this.isFull = this.besideText + this.text.length > ANSWER_KEPT_BYTES_MAX;
  }

  /** Of the open item's text, or of the one before until another is opened. */
  private get characters(): u32 {
    return countCharacters(sliceOf(this.text.ptr, this.text.length, Form.Escaped));
  }

  private openEvent(out: Bytes, type: string): void {
    this.openTyped(out, type);
    writeInteger(out, this.sequenceNumber++);
  }

  /** Up to the sequence number. */
  private openTyped(out: Bytes, type: string): void {
    out.ascii("event: ");
    out.ascii(type);
    out.ascii('\ndata: {"type":"');
    out.ascii(type);
    out.ascii('","sequence_number":');
  }

  private openPart(out: Bytes, kind: BlockKind): void {
    this.openPieceEvent(out, kind == BlockKind.Reasoning ? "response.reasoning_summary_part.added" : "response.content_part.added", kind);
    out.ascii(',"part":');
    this.writePart(out, kind);
    out.ascii("}\n\n");
  }

  private writeOutputIndex(out: Bytes): void {
    out.ascii(',"output_index":');
    writeInteger(out, this.itemCount);
  }

  /** An event about the part of the open item; a call has none. */
  private openPieceEvent(out: Bytes, type: string, kind: BlockKind): void {
    this.openEvent(out, type);
    this.writePlace(out, kind);
  }

  /** Where a piece belongs. */
  private writePlace(out: Bytes, kind: BlockKind): void {
    out.ascii(',"item_id":"');
    out.appendBytes(this.itemId);
    out.byte(0x22);
    this.writeOutputIndex(out);
    if (kind == BlockKind.Reasoning) out.ascii(',"summary_index":0');
    else if (!isCall(kind)) out.ascii(',"content_index":0');
  }

  private writeDelta(out: Bytes, kind: BlockKind, ptr: usize, length: u32): void {
    this.openPieceEvent(out, deltaEvent(kind), kind);
    out.ascii(',"delta":"');
    out.append(ptr, length);
    out.ascii('"}\n\n');
  }

  /** All but the number, the text and its logprobs stays the same for an item, and is written once. */
  private textDelta(out: Bytes, text: Slice): void {
    const head = this.deltaHead;
    out.append(head.ptr, this.numberAt);
    writeInteger(out, this.sequenceNumber++);
    out.append(head.ptr + this.numberAt, head.length - this.numberAt);
    const start = out.length;
    writeStringBody(out, text);
    // Kept from where it was just written, not the other way round: the memory behind a long text is in no cache, and is not waited for here.
    this.text.append(out.ptr + start, out.length - start);
    if (this.tokens == null) {
      out.ascii('","logprobs":[]}\n\n');
      return;
    }
    const kept = this.keepLogprobs();
    this.writeLogprobs(out, this.logprobs.ptr + kept, this.logprobs.length - kept);
  }

  private frameText(): void {
    const head = this.deltaHead;
    head.clear();
    this.openTyped(head, deltaEvent(BlockKind.Text));
    this.numberAt = head.length;
    this.writePlace(head, BlockKind.Text);
    head.ascii(',"delta":"');
  }

  /** Where what was added begins. */
  private keepLogprobs(): u32 {
    const tokens = this.tokens!;
    if (this.logprobs.length > 0) {
      this.logprobs.byte(0x2c);
      this.logprobsWithBytes.byte(0x2c);
    }
    const start = this.logprobs.length;
    writeTokens(tokens, false, this.logprobs);
    writeTokens(tokens, true, this.logprobsWithBytes);
    this.tokens = null;
    this.countBesideText();
    return start;
  }

  /** The end of an event about a text. */
  private writeLogprobs(out: Bytes, ptr: usize, length: u32): void {
    out.ascii('","logprobs":[');
    out.append(ptr, length);
    out.ascii("]}\n\n");
  }

  private keepCall(id: Slice, name: Slice): void {
    this.call.clear();
    this.call.ascii('"call_id":');
    writeToolId(this.call, id, CALL_ID_LENGTH_MAX);
    this.call.ascii(',"name":');
    writeString(this.call, name);
  }

  /** The part of the open item, with the text that has come. */
  private writePart(out: Bytes, kind: BlockKind): void {
    if (kind == BlockKind.Reasoning) out.ascii('{"type":"summary_text","text":"');
    else if (kind == BlockKind.Refusal) out.ascii('{"type":"refusal","refusal":"');
    else {
      out.ascii('{"type":"output_text","annotations":[');
      out.appendBytes(this.annotations);
      out.ascii('],"logprobs":[');
      out.appendBytes(this.logprobsWithBytes);
      out.ascii('],"text":"');
    }
    out.appendBytes(this.text);
    out.ascii('"}');
  }

  /** The open item, without the part that it will have until it is `done`. */
  private writeItem(out: Bytes, kind: BlockKind, done: bool): void {
    out.ascii('{"id":"');
    out.appendBytes(this.itemId);
    out.ascii('","type":"');
    out.ascii(typeOf(kind));
    if (kind == BlockKind.Reasoning) out.ascii('","summary":[');
    else {
      out.ascii(done ? '","status":"completed' : '","status":"in_progress');
      if (!isCall(kind)) out.ascii('","role":"assistant","content":[');
    }
    if (isCall(kind)) {
      out.byte(0x22);
      out.ascii(doneMember(kind));
      out.appendBytes(this.text);
      out.ascii('",');
      out.appendBytes(this.call);
    } else {
      if (done && this.hasPart) this.writePart(out, kind);
      out.byte(0x5d);
      if (this.proof.length > 0) {
        out.ascii(',"encrypted_content":"');
        out.appendBytes(this.proof);
        out.byte(0x22);
      }
    }
    out.byte(0x7d);
  }

  private closeItem(out: Bytes, kind: BlockKind): void {
    if (kind == BlockKind.Refusal) this.hasRefusal = true;
    if (this.itemCount > 0) this.items.byte(0x2c);
    const start = this.items.length;
    this.writeItem(this.items, kind, true);
    this.openEvent(out, "response.output_item.done");
    this.writeOutputIndex(out);
    out.ascii(',"item":');
    out.append(this.items.ptr + start, this.items.length - start);
    out.ascii("}\n\n");
    this.itemCount++;
  }

  private writeResponse(
    out: Bytes,
    type: string,
    status: string,
    incomplete: string,
    error: ProviderError | null,
    summary: ResponseSummary | null,
  ): void {
    this.openEvent(out, type);
    out.ascii(',"response":');
    beginResponse(out, textOf(this.id), this.createdSeconds, textOf(this.model), status, incomplete, error);
    out.appendBytes(this.items);
    endResponse(out, summary);
    out.ascii("}\n\n");
  }
}

function prefixOf(kind: BlockKind): string {
  if (kind == BlockKind.ToolCall) return "fc_";
  if (kind == BlockKind.CustomToolCall) return "ctc_";
  return kind == BlockKind.Reasoning ? REASONING_ID_PREFIX : "msg_";
}

function typeOf(kind: BlockKind): string {
  switch (kind) {
    case BlockKind.ToolCall:
      return "function_call";
    case BlockKind.CustomToolCall:
      return "custom_tool_call";
    case BlockKind.Reasoning:
      return "reasoning";
    default:
      return "message";
  }
}

function deltaEvent(kind: BlockKind): string {
  switch (kind) {
    case BlockKind.ToolCall:
      return "response.function_call_arguments.delta";
    case BlockKind.CustomToolCall:
      return "response.custom_tool_call_input.delta";
    case BlockKind.Reasoning:
      return "response.reasoning_summary_text.delta";
    case BlockKind.Refusal:
      return "response.refusal.delta";
    default:
      return "response.output_text.delta";
  }
}

function doneEvent(kind: BlockKind): string {
  switch (kind) {
    case BlockKind.ToolCall:
      return "response.function_call_arguments.done";
    case BlockKind.CustomToolCall:
      return "response.custom_tool_call_input.done";
    case BlockKind.Reasoning:
      return "response.reasoning_summary_text.done";
    case BlockKind.Refusal:
      return "response.refusal.done";
    default:
      return "response.output_text.done";
  }
}

/** What begins the member of a `doneEvent` that repeats the text. */
function doneMember(kind: BlockKind): string {
  switch (kind) {
    case BlockKind.ToolCall:
      return ',"arguments":"';
    case BlockKind.CustomToolCall:
      return ',"input":"';
    case BlockKind.Refusal:
      return ',"refusal":"';
    default:
      return ',"text":"';
  }
}
