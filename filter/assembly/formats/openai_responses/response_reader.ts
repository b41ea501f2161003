import { Bytes } from "../../bytes/bytes";
import { readAnnotations } from "../../canonical/openai_citations";
import { readTokenLogprobs } from "../../canonical/openai_logprobs";
import { PartKind } from "../../canonical/parts";
import { CanonicalResponse } from "../../canonical/response";
import { Seal } from "../../canonical/seal";
import { StopReason } from "../../canonical/summary";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty, sliceLength, textOf } from "../../json/slice";
import { writeText } from "../../json/text";
import { readUsage } from "./usage";

const NO_ANNOTATIONS_BYTES: u32 = 2; // []
/** For a part's annotations, which may stand before its text. */
const inner = new Cursor();

/** Between the parts of a summary, each a paragraph. */
const paragraph = new Bytes();
paragraph.ascii("\n\n");

/** The break between two parts of a reasoning summary. */
export function paragraphBreak(): Slice {
  return textOf(paragraph);
}

/** https://platform.openai.com/docs/api-reference/responses/object */
export function readResponse(cursor: Cursor, response: CanonicalResponse): bool {
  if (!cursor.enterObject()) return false;
  let hasOutput = false;
  let failed = false;
  let reason = StopReason.End;
  while (cursor.nextKey()) {
    if (cursor.keyIs("id")) response.id = cursor.takeString();
    else if (cursor.keyIs("model")) response.model = cursor.takeString();
    else if (cursor.keyIs("created_at")) response.createdSeconds = cursor.takeInteger(0);
    else if (cursor.keyIs("status")) failed = sliceIs(cursor.takeToken(), "failed");
    else if (cursor.keyIs("output")) hasOutput = readOutput(cursor, response);
    else if (cursor.keyIs("incomplete_details")) reason = readIncompleteDetails(cursor);
    else if (cursor.keyIs("usage")) readUsage(cursor, response.summary);
    else cursor.skip();
  }
  if (!cursor.finish()) return false;
  writeText(response.summary.model, response.model);
  response.summary.stopReason = <u8>reason;
  response.summary.settleStopReason(response.countOf(PartKind.ToolCall) > 0, response.countOf(PartKind.Refusal) > 0);
  return hasOutput && !failed;
}

/** Why the model stopped too early; `null`: it did not. */
export function readIncompleteDetails(cursor: Cursor): StopReason {
  let reason = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return StopReason.End;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("reason")) reason = cursor.takeToken();
    else cursor.skip();
  }
  return sliceIs(reason, "content_filter") ? StopReason.Refusal : StopReason.Length;
}

function readOutput(cursor: Cursor, response: CanonicalResponse): bool {
  if (!cursor.enterArray()) {
    cursor.skip();
    return false;
  }
  while (cursor.nextElement()) readItem(cursor, response);
  return true;
}

/** Items of the tools that the provider runs itself are passed over. */
function readItem(cursor: Cursor, response: CanonicalResponse): void {
  const type = cursor.peekMember("type");
  if (sliceIs(type, "message")) readParts(cursor, response, "content");
  else if (sliceIs(type, "reasoning")) readParts(cursor, response, "summary");
  else if (sliceIs(type, "function_call")) readCall(cursor, response);
  else cursor.skip();
}

/** The texts of a message, or of what a model shows of its reasoning: its summary, or itself. */
function readParts(cursor: Cursor, response: CanonicalResponse, list: string): void {
  let proof = ABSENT;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if ((cursor.keyIs(list) || cursor.keyIs("content")) && cursor.enterArray()) {
      let count = 0;
      while (cursor.nextElement()) readPart(cursor, response, count++);
    } else if (cursor.keyIs("encrypted_content")) proof = cursor.takeString();
    else cursor.skip();
  }
  if (!sliceIsEmpty(proof)) response.sealedReasoning(ABSENT, Seal.Openai, proof);
}

function readPart(cursor: Cursor, response: CanonicalResponse, index: i32): void {
  const type = cursor.peekMember("type");
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  const parts = response.parts.count;
  let annotations = ABSENT;
  while (cursor.nextKey()) {
    if (cursor.keyIs("annotations")) annotations = cursor.takeValue();
    else if (response.wantsLogprobs && cursor.keyIs("logprobs")) readTokenLogprobs(cursor, response.logprobs);
    else if (cursor.kind() != Kind.String) cursor.skip();
    else if (cursor.keyIs("refusal")) response.refusal(cursor.takeString());
    else if (!cursor.keyIs("text")) cursor.skip();
    else if (sliceIs(type, "output_text")) response.text(cursor.takeString());
    else {
      if (index > 0) response.reasoning(paragraphBreak());
      response.reasoning(cursor.takeString());
    }
  }
  if (sliceLength(annotations) <= NO_ANNOTATIONS_BYTES || !inner.openValue(annotations, cursor.depthMax)) return;
  readAnnotations(inner, response.charactersBefore(parts), response.citations);
}

function readCall(cursor: Cursor, response: CanonicalResponse): void {
  let id = ABSENT;
  let name = ABSENT;
  let input = ABSENT;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("call_id")) id = cursor.takeString();
    else if (cursor.keyIs("name")) name = cursor.takeString();
    else if (cursor.keyIs("arguments")) input = cursor.takeString();
    else cursor.skip();
  }
  if (cursor.ok) response.toolCall(id, name, input);
}
