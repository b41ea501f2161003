import { readAnnotations } from "../../canonical/openai_citations";
import { PartKind } from "../../canonical/parts";
import { CanonicalResponse } from "../../canonical/response";
import { Cursor } from "../../json/cursor";
import { ABSENT, sliceIsEmpty } from "../../json/slice";
import { writeText } from "../../json/text";
import { isReasoningKey, readContent } from "./content";
import { readLogprobs } from "./logprobs";
import { readFinishReason, readUsage } from "./usage";

/** https://platform.openai.com/docs/api-reference/chat/object . Of several choices the first is read. */
export function readResponse(cursor: Cursor, response: CanonicalResponse): bool {
  if (!cursor.enterObject()) return false;
  let hasChoice = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("id")) response.id = cursor.takeString();
    else if (cursor.keyIs("model")) response.model = cursor.takeString();
    else if (cursor.keyIs("created")) response.createdSeconds = cursor.takeInteger(0);
    else if (cursor.keyIs("choices")) hasChoice = readChoices(cursor, response);
    else if (cursor.keyIs("usage")) readUsage(cursor, response.summary);
    else cursor.skip();
  }
  if (!cursor.finish()) return false;
  writeText(response.summary.model, response.model);
  return hasChoice;
}

function readChoices(cursor: Cursor, response: CanonicalResponse): bool {
  if (!cursor.enterArray()) {
    cursor.skip();
    return false;
  }
  let count = 0;
  while (cursor.nextElement()) {
    if (count++ == 0) readChoice(cursor, response);
    else cursor.skip();
  }
  return count > 0;
}

function readChoice(cursor: Cursor, response: CanonicalResponse): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("message")) readMessage(cursor, response);
    else if (cursor.keyIs("finish_reason")) response.summary.stopReason = <u8>readFinishReason(cursor.takeToken());
    else if (response.wantsLogprobs && cursor.keyIs("logprobs")) readLogprobs(cursor, response.logprobs);
    else cursor.skip();
  }
  response.summary.settleStopReason(response.countOf(PartKind.ToolCall) > 0, response.countOf(PartKind.Refusal) > 0);
}

function readMessage(cursor: Cursor, response: CanonicalResponse): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  let reasoned = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("content")) readContent(cursor, response);
    else if (cursor.keyIs("refusal")) response.refusal(cursor.takeString());
    else if (cursor.keyIs("tool_calls")) readToolCalls(cursor, response);
    else if (cursor.keyIs("annotations")) readAnnotations(cursor, 0, response.citations);
    else if (!reasoned && isReasoningKey(cursor)) {
      const text = cursor.takeString();
      reasoned = !sliceIsEmpty(text);
      response.reasoning(text);
    } else cursor.skip();
  }
}

function readToolCalls(cursor: Cursor, response: CanonicalResponse): void {
  if (!cursor.enterArray()) {
    cursor.skip();
    return;
  }
  while (cursor.nextElement()) readToolCall(cursor, response);
}

function readToolCall(cursor: Cursor, response: CanonicalResponse): void {
  let id = ABSENT;
  let name = ABSENT;
  let input = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("id")) id = cursor.takeString();
    else if (cursor.keyIs("function") && cursor.enterObject()) {
      while (cursor.nextKey()) {
        if (cursor.keyIs("name")) name = cursor.takeString();
        else if (cursor.keyIs("arguments")) input = cursor.takeString();
        else cursor.skip();
      }
    } else cursor.skip();
  }
  if (cursor.ok) response.toolCall(id, name, input);
}
