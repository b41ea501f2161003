import { Bytes } from "../../bytes/bytes";
import { listBuffer, listObject } from "../../bytes/chunk_memory";
import { writeInteger } from "../../bytes/numbers";
import { Citation } from "../../canonical/citations";
import { ProviderError } from "../../canonical/provider_error";
import { RequestHead } from "../../canonical/request_head";
import { Seal } from "../../canonical/seal";
import { BlockKind, StreamWriter } from "../../canonical/stream_writer";
import { ResponseSummary } from "../../canonical/summary";
import { TextFrame } from "../../canonical/text_frame";
import { writeToolId } from "../../canonical/tool_id";
import { ABSENT, Slice, textOf } from "../../json/slice";
import { writeString } from "../../json/text";
import { writeCitation } from "./citations";
import { writeErrorEvent } from "./error";
import { TOOL_ID_LENGTH_MAX } from "./message_writer";
import { writeSignature } from "./thinking";
import { stopReason, writeUsageMembers } from "./usage";

/** https://docs.anthropic.com/en/docs/build-with-claude/streaming */
export class MessagesStreamWriter extends StreamWriter {
  private blocks: i32 = 0;
  /** Of the block that is open. */
  private readonly textFrame: TextFrame = new TextFrame();
  private includeReasoning: bool = true;
  /** The thinking block that is open has its signature. */
  private signed: bool = false;

  reset(head: RequestHead): void {
    this.blocks = 0;
    this.includeReasoning = head.includeReasoning;
  }

  listChunkMemory(): void {
    listObject(this, offsetof<MessagesStreamWriter>());
    listBuffer(this.textFrame);
  }

  begin(out: Bytes, id: Slice, summary: ResponseSummary): void {
    out.ascii('event: message_start\ndata: {"type":"message_start","message":{"id":');
    writeString(out, id);
    out.ascii(',"type":"message","role":"assistant","model":');
    writeString(out, textOf(summary.model));
    out.ascii(',"content":[],"stop_reason":null,"stop_sequence":null,"usage":{');
    writeUsageMembers(out, summary);
    out.ascii("}}}\n\n");
  }

  openBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, id: Slice, name: Slice): void {
    if (kind == BlockKind.Reasoning) {
      this.openThinking(out);
      return;
    }
    this.openStart(out);
    if (kind == BlockKind.ToolCall) {
      out.ascii(',"content_block":{"type":"tool_use","id":');
      writeToolId(out, id, TOOL_ID_LENGTH_MAX);
      out.ascii(',"name":');
      writeString(out, name);
      out.ascii(',"input":{}}}\n\n');
    } else {
      out.ascii(',"content_block":{"type":"text","text":""}}\n\n');
      this.frameText();
    }
  }

  delta(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, text: Slice): void {
    if (kind == BlockKind.Reasoning && !this.includeReasoning) return;
    if (kind == BlockKind.Text) {
      this.textFrame.write(out, text);
      return;
    }
    this.openDelta(out);
    if (kind == BlockKind.ToolCall) out.ascii('{"type":"input_json_delta","partial_json":');
    else out.ascii(kind == BlockKind.Reasoning ? '{"type":"thinking_delta","thinking":' : '{"type":"text_delta","text":');
    writeString(out, text);
    out.ascii("}}\n\n");
  }

  signature(out: Bytes, index: i32, seal: Seal, signature: Slice): void {
    if (!this.includeReasoning) return;
    this.signed = true;
    this.openDelta(out);
    out.ascii('{"type":"signature_delta","signature":');
    writeSignature(seal, signature, out);
    out.ascii("}}\n\n");
  }

  redacted(out: Bytes, seal: Seal, data: Slice): void {
    if (!this.includeReasoning || seal != Seal.ClaudeRedacted) return;
    this.openStart(out);
    out.ascii(',"content_block":{"type":"redacted_thinking","data":');
    writeString(out, data);
    out.ascii("}}\n\n");
    this.writeStop(out);
  }

  /** It is about all of the block, as far as the block can be told by then. */
  citation(out: Bytes, citation: Citation, inText: bool): void {
    if (!inText) return;
    this.openDelta(out);
    out.ascii('{"type":"citations_delta","citation":');
    writeCitation(citation, out);
    out.ascii("}}\n\n");
  }

  /** The proof of another API's call has no place in the call itself here, so it is that of a thinking block without text. */
  beforeCall(out: Bytes, signature: Slice): void {
    if (!this.includeReasoning) return;
    this.openThinking(out);
    this.signature(out, 0, Seal.Gemini, signature);
    this.writeStop(out);
  }

  closeBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32): void {
    if (kind == BlockKind.Reasoning) {
      if (!this.includeReasoning) return;
      if (!this.signed) this.signature(out, index, Seal.None, ABSENT);
    }
    this.writeStop(out);
  }

  ping(out: Bytes): void {
    out.ascii('event: ping\ndata: {"type":"ping"}\n\n');
  }

  end(out: Bytes, summary: ResponseSummary, stopSequence: Slice): void {
    out.ascii('event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"');
    out.ascii(stopReason(summary.stopReason));
    out.ascii('","stop_sequence":');
    if (stopSequence == ABSENT) out.ascii("null");
    else writeString(out, stopSequence);
    out.ascii('},"usage":{');
    writeUsageMembers(out, summary);
    out.ascii('}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n');
  }

  error(out: Bytes, error: ProviderError): void {
    writeErrorEvent(error, out);
  }

  private openStart(out: Bytes): void {
    out.ascii('event: content_block_start\ndata: {"type":"content_block_start","index":');
    writeInteger(out, this.blocks++);
  }

  private openThinking(out: Bytes): void {
    if (!this.includeReasoning) return;
    this.signed = false;
    this.openStart(out);
    out.ascii(',"content_block":{"type":"thinking","thinking":"","signature":""}}\n\n');
  }

  private frameText(): void {
    const frame = this.textFrame;
    frame.clear();
    this.openDelta(frame);
    frame.ascii('{"type":"text_delta","text":"');
    frame.markText();
    frame.ascii('"}}\n\n');
  }

  private openDelta(out: Bytes): void {
    out.ascii('event: content_block_delta\ndata: {"type":"content_block_delta","index":');
    writeInteger(out, this.blocks - 1);
    out.ascii(',"delta":');
  }

  private writeStop(out: Bytes): void {
    out.ascii('event: content_block_stop\ndata: {"type":"content_block_stop","index":');
    writeInteger(out, this.blocks - 1);
    out.ascii("}\n\n");
  }
}
