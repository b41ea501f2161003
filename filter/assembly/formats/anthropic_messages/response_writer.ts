import { Bytes } from "../../bytes/bytes";
import { Part, PartKind } from "../../canonical/parts";
import { CanonicalResponse } from "../../canonical/response";
import { Seal } from "../../canonical/seal";
import { writeArgumentsObject } from "../../canonical/tool_arguments";
import { makeToolId, writeToolId } from "../../canonical/tool_id";
import { ABSENT, Slice, sliceIsEmpty } from "../../json/slice";
import { isBlank, writeString } from "../../json/text";
import { writeCitedText } from "./citations";
import { TOOL_ID_LENGTH_MAX } from "./message_writer";
import { writeSignature } from "./thinking";
import { stopReason, writeUsageMembers } from "./usage";

/** https://docs.anthropic.com/en/api/messages */
export function writeResponse(response: CanonicalResponse, out: Bytes): void {
  out.ascii('{"id":');
  writeString(out, response.id);
  out.ascii(',"type":"message","role":"assistant","model":');
  writeString(out, response.model);
  out.ascii(',"content":[');
  let count = 0;
  let calls = 0;
  for (let i: u32 = 0; i < response.parts.count; i++) {
    const part = response.parts.at(i);
    if (isLeftOut(response, part)) continue;
    if (count++ > 0) out.byte(0x2c);
    if (part.kind == <u8>PartKind.ToolCall) writeToolUse(response, part, calls++, out);
    else if (part.kind == <u8>PartKind.RedactedReasoning) {
      out.ascii('{"type":"redacted_thinking","data":');
      writeString(out, part.text);
      out.byte(0x7d);
    } else if (part.kind == <u8>PartKind.Reasoning) {
      const end = response.reasoningEnd(i);
      writeThinking(response, i, end, out);
      i = end - 1;
    } else if (part.kind == <u8>PartKind.Text && response.citations.count > 0) writeCitedText(response, i, out);
    else {
      out.ascii('{"type":"text","text":');
      writeString(out, part.text);
      out.byte(0x7d);
    }
  }
  out.ascii('],"stop_reason":"');
  out.ascii(stopReason(response.summary.stopReason));
  out.ascii('","stop_sequence":');
  if (response.stopSequence == ABSENT) out.ascii("null");
  else writeString(out, response.stopSequence);
  out.ascii(',"usage":{');
  writeUsageMembers(out, response.summary);
  out.ascii("}}");
}

/** What only another API's clients can hold, or send back. */
function isLeftOut(response: CanonicalResponse, part: Part): bool {
  switch (<PartKind>part.kind) {
    case PartKind.ToolCall:
      return false;
    case PartKind.Reasoning:
      return !response.includesReasoning;
    case PartKind.RedactedReasoning:
      return !response.includesReasoning || part.seal != <u8>Seal.ClaudeRedacted;
    default:
      return isBlank(part.text);
  }
}

function writeThinking(response: CanonicalResponse, first: u32, end: u32, out: Bytes): void {
  const last = response.parts.at(end - 1);
  out.ascii('{"type":"thinking","thinking":"');
  response.writeReasoningBody(first, end, out);
  out.ascii('","signature":');
  writeSignature(<Seal>last.seal, last.id, out);
  out.byte(0x7d);
}

/** The proof of another API's call has no place in the call itself here. */
function writeCallSignature(signature: Slice, out: Bytes): void {
  out.ascii('{"type":"thinking","thinking":"","signature":');
  writeSignature(Seal.Gemini, signature, out);
  out.ascii("},");
}

function writeToolUse(response: CanonicalResponse, part: Part, index: i32, out: Bytes): void {
  if (part.signature != ABSENT && response.includesReasoning) writeCallSignature(part.signature, out);
  out.ascii('{"type":"tool_use","id":');
  if (sliceIsEmpty(part.id)) {
    out.byte(0x22);
    makeToolId(out, response.id, index);
    out.byte(0x22);
  } else writeToolId(out, part.id, TOOL_ID_LENGTH_MAX);
  out.ascii(',"name":');
  writeString(out, part.name);
  out.ascii(',"input":');
  writeArgumentsObject(out, part);
  out.byte(0x7d);
}
