import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { ProviderError } from "../../canonical/provider_error";
import { BlockKind, StreamWriter } from "../../canonical/stream_writer";
import { ResponseSummary } from "../../canonical/summary";
import { writeToolId } from "../../canonical/tool_id";
import { ABSENT, Slice, textOf } from "../../json/slice";
import { writeString } from "../../json/text";
import { writeErrorEvent } from "./error";
import { TOOL_ID_LENGTH_MAX } from "./message_writer";
import { stopReason, writeUsageMembers } from "./usage";

/** https://docs.anthropic.com/en/docs/build-with-claude/streaming . Reasoning of other providers is left out, as in whole answers. */
export class MessagesStreamWriter extends StreamWriter {
  private blocks: i32 = 0;

  reset(includeUsage: bool): void {
    this.blocks = 0;
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
    if (kind == BlockKind.Reasoning) return;
    out.ascii('event: content_block_start\ndata: {"type":"content_block_start","index":');
    writeInteger(out, this.blocks++);
    if (kind == BlockKind.ToolCall) {
      out.ascii(',"content_block":{"type":"tool_use","id":');
      writeToolId(out, id, TOOL_ID_LENGTH_MAX);
      out.ascii(',"name":');
      writeString(out, name);
      out.ascii(',"input":{}}}\n\n');
    } else out.ascii(',"content_block":{"type":"text","text":""}}\n\n');
  }

  delta(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, text: Slice): void {
    if (kind == BlockKind.Reasoning) return;
    out.ascii('event: content_block_delta\ndata: {"type":"content_block_delta","index":');
    writeInteger(out, this.blocks - 1);
    out.ascii(kind == BlockKind.ToolCall ? ',"delta":{"type":"input_json_delta","partial_json":' : ',"delta":{"type":"text_delta","text":');
    writeString(out, text);
    out.ascii("}}\n\n");
  }

  signature(out: Bytes, index: i32, signature: Slice): void {}

  closeBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32): void {
    if (kind == BlockKind.Reasoning) return;
    out.ascii('event: content_block_stop\ndata: {"type":"content_block_stop","index":');
    writeInteger(out, this.blocks - 1);
    out.ascii("}\n\n");
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
}
