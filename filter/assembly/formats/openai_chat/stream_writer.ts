import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { clock } from "../../canonical/clock";
import { ProviderError } from "../../canonical/provider_error";
import { BlockKind, StreamWriter } from "../../canonical/stream_writer";
import { ResponseSummary } from "../../canonical/summary";
import { Slice, textOf } from "../../json/slice";
import { writeString } from "../../json/text";
import { writeErrorEvent } from "./error";
import { writeCallSignature } from "./signature";
import { finishReason, writeUsage } from "./usage";

const KEPT_BYTES_MAX: u32 = 1024;

/** https://platform.openai.com/docs/api-reference/chat-streaming . Reasoning is told as `reasoning_content`, as in whole answers. */
export class ChatStreamWriter extends StreamWriter {
  private includeUsage: bool = false;
  /** What every chunk begins with, up to its choices. */
  private head: Bytes = new Bytes();
  private hasArguments: bool = false;

  reset(includeUsage: bool): void {
    this.includeUsage = includeUsage;
    this.head.clear(KEPT_BYTES_MAX);
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
    if (kind != BlockKind.ToolCall) return;
    this.hasArguments = false;
    this.openDelta(out);
    out.ascii('"tool_calls":[{"index":');
    writeInteger(out, toolIndex);
    out.ascii(',"id":');
    writeString(out, id);
    out.ascii(',"type":"function","function":{"name":');
    writeString(out, name);
    out.ascii(',"arguments":""}}]');
    this.closeDelta(out);
  }

  delta(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, text: Slice): void {
    this.openDelta(out);
    switch (kind) {
      case BlockKind.ToolCall:
        this.hasArguments = true;
        out.ascii('"tool_calls":[{"index":');
        writeInteger(out, toolIndex);
        out.ascii(',"function":{"arguments":');
        writeString(out, text);
        out.ascii("}}]");
        break;
      case BlockKind.Reasoning:
        out.ascii('"reasoning_content":');
        writeString(out, text);
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

  signature(out: Bytes, index: i32, signature: Slice): void {}

  callSignature(out: Bytes, toolIndex: i32, signature: Slice): void {
    this.openDelta(out);
    out.ascii('"tool_calls":[{"index":');
    writeInteger(out, toolIndex);
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
    out.ascii('},"logprobs":null,"finish_reason":null}]');
    this.closeChunk(out);
  }

  /** With usage asked for, every chunk but the last has it as null. */
  private closeChunk(out: Bytes): void {
    out.ascii(this.includeUsage ? ',"usage":null}\n\n' : "}\n\n");
  }
}
