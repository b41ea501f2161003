import { Bytes } from "../../bytes/bytes";
import { PartKind } from "../../canonical/parts";
import { CanonicalResponse } from "../../canonical/response";
import { StopReason } from "../../canonical/summary";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice, sliceIsEmpty } from "../../json/slice";
import { writeText } from "../../json/text";
import { readGrounding, readQuotations } from "./citations";
import { isFailure, readFinishReason } from "./finish_reason";
import { readLogprobs } from "./logprobs";
import { PartReader } from "./part_reader";
import { readUsage } from "./usage";

const part = new PartReader();
/** The answer's text, where something of it is told by its bytes. */
const said = new Bytes();

/** Whether something was read that makes the answer none: it failed, or a call of it cannot be understood. */
let isUnusable: bool = false;

/** https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse . Of several candidates the first is read. */
export function readResponse(cursor: Cursor, response: CanonicalResponse): bool {
  if (!cursor.enterObject()) return false;
  isUnusable = false;
  let hasAnswer = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("responseId")) response.id = cursor.takeString();
    else if (cursor.keyIs("modelVersion")) response.model = cursor.takeString();
    else if (cursor.keyIs("candidates")) hasAnswer = readCandidates(cursor, response) || hasAnswer;
    else if (cursor.keyIs("promptFeedback")) hasAnswer = readPromptFeedback(cursor, response) || hasAnswer;
    else if (cursor.keyIs("usageMetadata")) readUsage(cursor, response.summary);
    else cursor.skip();
  }
  if (!cursor.finish()) return false;
  writeText(response.summary.model, response.model);
  response.summary.settleStopReason(response.countOf(PartKind.ToolCall) > 0, response.countOf(PartKind.Refusal) > 0);
  return hasAnswer && !isUnusable;
}

/** A prompt that was blocked has no candidates, and this instead. */
function readPromptFeedback(cursor: Cursor, response: CanonicalResponse): bool {
  const reason = cursor.peekMember("blockReason");
  if (sliceIsEmpty(reason)) {
    cursor.skip();
    return false;
  }
  response.summary.stopReason = <u8>StopReason.Refusal;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("blockReasonMessage")) response.refusal(cursor.takeString());
    else cursor.skip();
  }
  return true;
}

function readCandidates(cursor: Cursor, response: CanonicalResponse): bool {
  if (!cursor.enterArray()) {
    cursor.skip();
    return false;
  }
  let count = 0;
  while (cursor.nextElement()) {
    if (count++ == 0) readCandidate(cursor, response);
    else cursor.skip();
  }
  return count > 0;
}

function readCandidate(cursor: Cursor, response: CanonicalResponse): void {
  let grounding = ABSENT;
  let quotations = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("content")) readContent(cursor, response);
    else if (cursor.keyIs("finishReason")) {
      const reason = cursor.takeToken();
      isUnusable = isUnusable || isFailure(reason);
      response.summary.stopReason = <u8>readFinishReason(reason);
    } else if (response.wantsLogprobs && cursor.keyIs("logprobsResult")) readLogprobs(cursor, response.logprobs);
    else if (cursor.keyIs("groundingMetadata")) grounding = cursor.takeValue();
    else if (cursor.keyIs("citationMetadata")) quotations = cursor.takeValue();
    else cursor.skip();
  }
  if (cursor.ok && (grounding != ABSENT || quotations != ABSENT)) readCitations(response, grounding, quotations);
}

function readCitations(response: CanonicalResponse, grounding: Slice, quotations: Slice): void {
  said.clear();
  for (let i: u32 = 0; i < response.parts.count; i++) {
    const part = response.parts.at(i);
    if (part.kind == <u8>PartKind.Text) writeText(said, part.text);
  }
  readGrounding(grounding, said, response.citations);
  readQuotations(quotations, said, response.citations);
}

function readContent(cursor: Cursor, response: CanonicalResponse): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (!cursor.keyIs("parts") || !cursor.enterArray()) {
      cursor.skip();
      continue;
    }
    while (cursor.nextElement()) readPart(cursor, response);
  }
}

function readPart(cursor: Cursor, response: CanonicalResponse): void {
  part.read(cursor);
  if (!cursor.ok) return;
  if (part.hasCall) {
    isUnusable = isUnusable || part.isPiece;
    response.toolCall(part.callId, part.callName, part.callArguments, part.signature);
  } else if (part.isThought) response.reasoning(part.text);
  else response.text(part.text);
}
