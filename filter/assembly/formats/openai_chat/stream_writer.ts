import { Bytes } from "../../bytes/bytes";
import { listBuffer, listObject } from "../../bytes/chunk_memory";
import { writeInteger } from "../../bytes/numbers";
import { Citation } from "../../canonical/citations";
import { clock } from "../../canonical/clock";
import { ProviderError } from "../../canonical/provider_error";
import { RequestHead } from "../../canonical/request_head";
import { Seal } from "../../canonical/seal";
import { BlockKind, isCall, StreamWriter } from "../../canonical/stream_writer";
import { ResponseSummary } from "../../canonical/summary";
import { TextFrame } from "../../canonical/text_frame";
import { TokenLogprobs } from "../../canonical/token_logprobs";
import { Slice, textOf } from "../../json/slice";
import { writeString, writeStringBody } from "../../json/text";
import { writeAnnotation } from "./annotations";
import { writeErrorEvent } from "./error";
import { writeLogprobs } from "./logprobs";
import { beginDetail, endDetail, isText } from "./reasoning";
import { writeCallSignature } from "./signature";
import { finishReason, writeUsage } from "./usage";

const KEPT_BYTES_MAX: u32 = 1024;
/** Of one block of reasoning. Models think up to some 128,000 tokens. */
const REASONING_KEPT_BYTES_MAX: u32 = 1 << 20;
/** Of one answer. */
const ANNOTATIONS_KEPT_BYTES_MAX: u32 = 1 << 20;

/** https://platform.openai.com/docs/api-reference/chat-streaming . Reasoning is told as `reasoning_content`, as in whole answers. */
export class ChatStreamWriter extends StreamWriter {
  private includeUsage: bool = false;
  /** What every chunk begins with, up to its choices. */
  private head: Bytes = new Bytes();
  private readonly textFrame: TextFrame = new TextFrame();
  private hasArguments: bool = false;
  /** The text of the reasoning block that is open, as the inside of a JSON string, which stands with its proof once more. */
  private reasoning: Bytes = new Bytes();
  private details: i32 = 0;
  /** Elements of the list. */
  private annotations: Bytes = new Bytes();
  /** Of the text that comes next. */
  private tokens: TokenLogprobs | null = null;

  reset(head: RequestHead): void {
    this.includeUsage = head.includeUsage;
    this.head.clear(KEPT_BYTES_MAX);
    this.textFrame.clear(KEPT_BYTES_MAX);
    this.reasoning.clear(KEPT_BYTES_MAX);
    this.details = 0;
    this.annotations.clear(KEPT_BYTES_MAX);
    this.isFull = false;
  }

  listChunkMemory(): void {
    listObject(this, offsetof<ChatStreamWriter>());
    listBuffer(this.textFrame);
  }

  begin(out: Bytes, id: Slice, summary: ResponseSummary): void {
    const head = this.head;
    head.ascii('data: {"id":');
    writeString(head, id);
    head.ascii(',"object":"chat.completion.chunk","created":');
    writeInteger(head, clock.seconds);
    head.ascii(',"model":');
    writeString(head, textOf(summary.model));
    head.ascii(',"choices":[');
    this.openDelta(out);
    out.ascii('"role":"assistant","content":"","refusal":null');
    this.closeDelta(out);
  }

  openBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, id: Slice, name: Slice): void {
    if (kind == BlockKind.Reasoning) this.reasoning.clear(KEPT_BYTES_MAX);
    if (!isCall(kind)) return;
    this.hasArguments = false;
    this.openDelta(out);
    out.ascii('"tool_calls":[{"index":');
    writeInteger(out, toolIndex);
    out.ascii(',"id":');
    writeString(out, id);
    const isCustom = kind == BlockKind.CustomToolCall;
    out.ascii(isCustom ? ',"type":"custom","custom":{"name":' : ',"type":"function","function":{"name":');
    writeString(out, name);
    out.ascii(isCustom ? ',"input":""}}]' : ',"arguments":""}}]');
    this.closeDelta(out);
  }

  beforeText(tokens: TokenLogprobs): void {
    this.tokens = tokens;
  }

  /**
   * They are told together, behind the text: of lists in several chunks OpenAI's SDK for Node keeps the last, and that for Python stops where
   * their elements have no index.
   */
  citation(out: Bytes, citation: Citation, inText: bool): void {
    if (this.annotations.length > 0) this.annotations.byte(0x2c);
    writeAnnotation(citation, this.annotations);
    this.isFull = this.annotations.length > ANNOTATIONS_KEPT_BYTES_MAX;
  }

  delta(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, text: Slice): void {
    if (kind == BlockKind.Text && !this.tokens) {
      this.textDelta(out, text);
      return;
    }
    this.openDelta(out);
    switch (kind) {
      case BlockKind.ToolCall:
      case BlockKind.CustomToolCall:
        this.hasArguments = true;
        out.ascii('"tool_calls":[{"index":');
        writeInteger(out, toolIndex);
        out.ascii(kind == BlockKind.CustomToolCall ? ',"custom":{"input":' : ',"function":{"arguments":');
        writeString(out, text);
        out.ascii("}}]");
        break;
      case BlockKind.Reasoning:
        out.ascii('"reasoning_content":');
        writeString(out, text);
        // Longer than that it is never proved, as a text that is not whole would be refused.
        if (this.reasoning.length <= REASONING_KEPT_BYTES_MAX) writeStringBody(this.reasoning, text);
        break;
      case BlockKind.Refusal:
        out.ascii('"refusal":');
        writeString(out, text);
        break;
      default:
        out.ascii('"content":');
        writeString(out, text);
    }
    this.closeDelta(out);
  }

  private textDelta(out: Bytes, text: Slice): void {
    const frame = this.textFrame;
    if (frame.length == 0) {
      this.openDelta(frame);
      frame.ascii('"content":"');
      frame.markText();
      frame.byte(0x22);
      this.closeDelta(frame);
    }
    frame.write(out, text);
  }

  signature(out: Bytes, index: i32, seal: Seal, signature: Slice): void {
    if (isText(seal) && this.reasoning.length > REASONING_KEPT_BYTES_MAX) return;
    this.openDelta(out);
    out.ascii('"reasoning_details":[');
    beginDetail(seal, out);
    if (isText(seal)) out.appendBytes(this.reasoning);
    endDetail(seal, signature, this.details++, out);
    out.byte(0x5d);
    this.closeDelta(out);
  }

  redacted(out: Bytes, seal: Seal, data: Slice): void {
    this.signature(out, 0, seal, data);
  }

  /** With arguments that add nothing: OpenAI's SDK for Python and LangChain's stop at a delta of a call that has no `function`. */
  callSignature(out: Bytes, toolIndex: i32, signature: Slice): void {
    this.openDelta(out);
    out.ascii('"tool_calls":[{"index":');
    writeInteger(out, toolIndex);
    out.ascii(',"function":{"arguments":""}');
    writeCallSignature(signature, out);
    out.ascii("}]");
    this.closeDelta(out);
  }

  /** A call without arguments has none here either, but clients parse what they get: {} stands for it. */
  closeBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32): void {
    if (kind != BlockKind.ToolCall || this.hasArguments) return;
    this.openDelta(out);
    out.ascii('"tool_calls":[{"index":');
    writeInteger(out, toolIndex);
    out.ascii(',"function":{"arguments":"{}"}}]');
    this.closeDelta(out);
  }

  ping(out: Bytes): void {
    out.ascii(": ping\n\n");
  }

  end(out: Bytes, summary: ResponseSummary, stopSequence: Slice): void {
    if (this.annotations.length > 0) {
      this.openDelta(out);
      out.ascii('"annotations":[');
      out.appendBytes(this.annotations);
      out.byte(0x5d);
      this.closeDelta(out);
    }
    out.appendBytes(this.head);
    out.ascii('{"index":0,"delta":{},"logprobs":null,"finish_reason":"');
    out.ascii(finishReason(summary.stopReason));
    out.ascii('"}]');
    this.closeChunk(out);
    if (this.includeUsage) {
      out.appendBytes(this.head);
      out.ascii('],"usage":');
      writeUsage(out, summary);
      out.ascii("}\n\n");
    }
    out.ascii("data: [DONE]\n\n");
  }

  error(out: Bytes, error: ProviderError): void {
    writeErrorEvent(error, out);
  }

  private openDelta(out: Bytes): void {
    out.appendBytes(this.head);
    out.ascii('{"index":0,"delta":{');
  }

  private closeDelta(out: Bytes): void {
    const tokens = this.tokens;
    if (tokens) {
      out.ascii('},"logprobs":');
      writeLogprobs(tokens, out);
      out.ascii(',"finish_reason":null}]');
      this.tokens = null;
    } else out.ascii('},"logprobs":null,"finish_reason":null}]');
    this.closeChunk(out);
  }

  /** With usage asked for, every chunk but the last has it as null. */
  private closeChunk(out: Bytes): void {
    out.ascii(this.includeUsage ? ',"usage":null}\n\n' : "}\n\n");
  }
}
