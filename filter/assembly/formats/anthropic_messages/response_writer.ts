import { Bytes } from "../../bytes/bytes";
import { Part, PartKind } from "../../canonical/parts";
import { CanonicalResponse } from "../../canonical/response";
import { writeArgumentsObject } from "../../canonical/tool_arguments";
import { makeToolId, writeToolId } from "../../canonical/tool_id";
import { ABSENT, sliceIsEmpty } from "../../json/slice";
import { isBlank, writeString } from "../../json/text";
import { TOOL_ID_LENGTH_MAX } from "./message_writer";
import { stopReason, writeUsageMembers } from "./usage";

/**
 * https://docs.anthropic.com/en/api/messages . Reasoning of other providers is left out: a thinking block must carry Anthropic's signature,
 * or the conversation that has it is refused once it comes to Anthropic.
 */
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
    const isCall = part.kind == <u8>PartKind.ToolCall;
    const isText = (part.kind == <u8>PartKind.Text || part.kind == <u8>PartKind.Refusal) && !isBlank(part.text);
    if (!isCall && !isText) continue;
    if (count++ > 0) out.byte(0x2c);
    if (isCall) writeToolUse(response, part, calls++, out);
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

function writeToolUse(response: CanonicalResponse, part: Part, index: i32, out: Bytes): void {
  out.ascii('{"type":"tool_use","id":');
  if (sliceIsEmpty(part.id)) {
    out.byte(0x22);
    makeToolId(out, response.id, index);
    out.byte(0x22);
  } else writeToolId(out, part.id, TOOL_ID_LENGTH_MAX);
  out.ascii(',"name":');
  writeString(out, part.name);
  out.ascii(',"input":');
  writeArgumentsObject(out, part.text);
  out.byte(0x7d);
}
