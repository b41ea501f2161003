import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { clock } from "../../canonical/clock";
import { writeCustomInput } from "../../canonical/custom_input";
import { PartKind } from "../../canonical/parts";
import { CanonicalResponse } from "../../canonical/response";
import { writeArgumentsString } from "../../canonical/tool_arguments";
import { makeToolId } from "../../canonical/tool_id";
import { ABSENT, sliceIsEmpty } from "../../json/slice";
import { writeString, writeStringBody } from "../../json/text";
import { writeAnnotations } from "./annotations";
import { writeLogprobs } from "./logprobs";
import { writeReasoningDetails } from "./reasoning";
import { writeCallSignature } from "./signature";
import { finishReason, writeUsage } from "./usage";

/**
 * https://platform.openai.com/docs/api-reference/chat/object . Reasoning is told as `reasoning_content`, as DeepSeek began and most clients
 * that show it read.
 */
export function writeResponse(response: CanonicalResponse, out: Bytes): void {
  out.ascii('{"id":');
  writeString(out, response.id);
  out.ascii(',"object":"chat.completion","created":');
  writeInteger(out, response.createdSeconds > 0 ? response.createdSeconds : clock.seconds);
  out.ascii(',"model":');
  writeString(out, response.model);
  out.ascii(',"choices":[{"index":0,"message":{"role":"assistant","content":');
  writeTexts(response, PartKind.Text, out);
  out.ascii(',"refusal":');
  writeTexts(response, PartKind.Refusal, out);
  if (response.citations.count > 0) {
    out.byte(0x2c);
    writeAnnotations(response.citations, out);
  }
  if (response.countOf(PartKind.Reasoning) > 0) {
    out.ascii(',"reasoning_content":');
    writeTexts(response, PartKind.Reasoning, out);
  }
  writeReasoningDetails(response, out);
  if (response.countOf(PartKind.ToolCall) > 0) writeToolCalls(response, out);
  out.ascii('},"logprobs":');
  if (response.logprobs.count > 0) writeLogprobs(response.logprobs, out);
  else out.ascii("null");
  out.ascii(',"finish_reason":"');
  out.ascii(finishReason(response.summary.stopReason));
  out.ascii('"}],"usage":');
  writeUsage(out, response.summary);
  out.byte(0x7d);
}

/** All texts of a kind as one JSON string; null when there is none. */
function writeTexts(response: CanonicalResponse, kind: PartKind, out: Bytes): void {
  if (response.countOf(kind) == 0) {
    out.ascii("null");
    return;
  }
  out.byte(0x22);
  for (let i: u32 = 0; i < response.parts.count; i++) {
    const part = response.parts.at(i);
    if (part.kind == <u8>kind) writeStringBody(out, part.text);
  }
  out.byte(0x22);
}

function writeToolCalls(response: CanonicalResponse, out: Bytes): void {
  out.ascii(',"tool_calls":[');
  let count = 0;
  for (let i: u32 = 0; i < response.parts.count; i++) {
    const part = response.parts.at(i);
    if (part.kind != <u8>PartKind.ToolCall) continue;
    out.ascii(count == 0 ? '{"id":"' : ',{"id":"');
    if (sliceIsEmpty(part.id)) makeToolId(out, response.id, count);
    else writeStringBody(out, part.id);
    out.ascii(part.isCustom ? '","type":"custom","custom":{"name":' : '","type":"function","function":{"name":');
    writeString(out, part.name);
    out.ascii(part.isCustom ? ',"input":' : ',"arguments":');
    if (part.isCustom) writeCustomInput(out, part.text);
    else writeArgumentsString(out, part);
    out.byte(0x7d);
    if (part.signature != ABSENT) writeCallSignature(part.signature, out);
    out.byte(0x7d);
    count++;
  }
  out.byte(0x5d);
}
