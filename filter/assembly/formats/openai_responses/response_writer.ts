import { Bytes } from "../../bytes/bytes";
import { clock } from "../../canonical/clock";
import { writeCustomInput } from "../../canonical/custom_input";
import { writeTokenLogprobs } from "../../canonical/openai_logprobs";
import { Part, PartKind } from "../../canonical/parts";
import { CanonicalResponse } from "../../canonical/response";
import { Seal, writeMarkedBody } from "../../canonical/seal";
import { TokenLogprobs } from "../../canonical/token_logprobs";
import { writeArgumentsString } from "../../canonical/tool_arguments";
import { makeId, makeToolId, writeToolId } from "../../canonical/tool_id";
import { ABSENT, Slice, sliceIsEmpty } from "../../json/slice";
import { writeString } from "../../json/text";
import { writeAnnotations } from "./annotations";
import { REASONING_ID_PREFIX } from "./foreign_reasoning";
import { CALL_ID_LENGTH_MAX } from "./item_writer";
import { beginResponse, endResponse } from "./response_object";
import { incompleteReason } from "./usage";

/** https://platform.openai.com/docs/api-reference/responses/object . Reasoning that the provider shows is a reasoning item's summary. */
export function writeResponse(response: CanonicalResponse, out: Bytes): void {
  const incomplete = incompleteReason(response.summary, response.countOf(PartKind.Refusal) > 0);
  const created = response.createdSeconds > 0 ? response.createdSeconds : clock.seconds;
  beginResponse(out, response.id, created, response.model, incomplete.length > 0 ? "incomplete" : "completed", incomplete, null);
  writeItems(response, out);
  endResponse(out, response.summary);
}

/** What is told of an answer's tokens is told of its texts together, and stands with the first. */
const noLogprobs = new TokenLogprobs();

/** Texts that follow one another are one message. */
function writeItems(response: CanonicalResponse, out: Bytes): void {
  let items = 0;
  let calls = 0;
  let texts = 0;
  let inMessage = false;
  for (let i: u32 = 0; i < response.parts.count; i++) {
    const part = response.parts.at(i);
    if (part.kind == <u8>PartKind.ToolCall && part.signature != ABSENT) {
      if (inMessage) out.ascii("]}");
      inMessage = false;
      if (items++ > 0) out.byte(0x2c);
      beginReasoning(response, items - 1, out);
      endReasoning(Seal.Gemini, part.signature, out);
    }
    const isWords = part.kind == <u8>PartKind.Text || part.kind == <u8>PartKind.Refusal;
    if (inMessage && isWords) out.byte(0x2c);
    else {
      if (inMessage) out.ascii("]}");
      if (items++ > 0) out.byte(0x2c);
      if (isWords) beginMessage(response, items - 1, out);
    }
    inMessage = isWords;
    if (part.kind == <u8>PartKind.Text) writeOutputText(response, i, texts++ == 0 ? response.logprobs : noLogprobs, out);
    else if (part.kind == <u8>PartKind.Refusal) writeRefusal(part, out);
    else if (part.kind == <u8>PartKind.ToolCall) writeCall(response, part, items - 1, calls++, out);
    else if (part.kind == <u8>PartKind.RedactedReasoning) {
      beginReasoning(response, items - 1, out);
      endReasoning(<Seal>part.seal, part.text, out);
    } else {
      const end = response.reasoningEnd(i);
      writeReasoning(response, i, end, items - 1, out);
      i = end - 1;
    }
  }
  if (inMessage) out.ascii("]}");
}

function beginItem(prefix: string, response: CanonicalResponse, index: i32, out: Bytes): void {
  out.ascii('{"id":"');
  makeId(out, prefix, response.id, index);
}

function beginMessage(response: CanonicalResponse, index: i32, out: Bytes): void {
  beginItem("msg_", response, index, out);
  out.ascii('","type":"message","status":"completed","role":"assistant","content":[');
}

function writeOutputText(response: CanonicalResponse, index: u32, logprobs: TokenLogprobs, out: Bytes): void {
  const part = response.parts.at(index);
  out.ascii('{"type":"output_text","annotations":');
  writeAnnotations(response, index, part.text, out);
  out.ascii(',"logprobs":');
  writeTokenLogprobs(logprobs, true, out);
  out.ascii(',"text":');
  writeString(out, part.text);
  out.byte(0x7d);
}

function writeRefusal(part: Part, out: Bytes): void {
  out.ascii('{"type":"refusal","refusal":');
  writeString(out, part.text);
  out.byte(0x7d);
}

function beginReasoning(response: CanonicalResponse, index: i32, out: Bytes): void {
  beginItem(REASONING_ID_PREFIX, response, index, out);
  out.ascii('","type":"reasoning","summary":[');
}

function endReasoning(seal: Seal, proof: Slice, out: Bytes): void {
  out.byte(0x5d);
  if (seal != Seal.None) {
    out.ascii(',"encrypted_content":"');
    writeMarkedBody(out, seal, proof);
    out.byte(0x22);
  }
  out.byte(0x7d);
}

function writeReasoning(response: CanonicalResponse, first: u32, end: u32, index: i32, out: Bytes): void {
  beginReasoning(response, index, out);
  const last = response.parts.at(end - 1);
  if (end - first > 1 || !sliceIsEmpty(last.text)) {
    out.ascii('{"type":"summary_text","text":"');
    response.writeReasoningBody(first, end, out);
    out.ascii('"}');
  }
  endReasoning(<Seal>last.seal, last.id, out);
}

function writeCall(response: CanonicalResponse, part: Part, index: i32, call: i32, out: Bytes): void {
  beginItem(part.isCustom ? "ctc_" : "fc_", response, index, out);
  if (part.isCustom) {
    out.ascii('","type":"custom_tool_call","status":"completed","input":');
    writeCustomInput(out, part.text);
  } else {
    out.ascii('","type":"function_call","status":"completed","arguments":');
    writeArgumentsString(out, part);
  }
  out.ascii(',"call_id":');
  if (sliceIsEmpty(part.id)) {
    out.byte(0x22);
    makeToolId(out, response.id, call);
    out.byte(0x22);
  } else writeToolId(out, part.id, CALL_ID_LENGTH_MAX);
  out.ascii(',"name":');
  writeString(out, part.name);
  out.byte(0x7d);
}
