import { PartKind } from "../../canonical/parts";
import { CanonicalResponse } from "../../canonical/response";
import { Seal } from "../../canonical/seal";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, sliceIsEmpty } from "../../json/slice";
import { writeText } from "../../json/text";
import { isClaude } from "./models";
import { isFailure, readStopReason } from "./stop_reason";
import { readUsage, takeStopSequence } from "./usage";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax */
export function readResponse(cursor: Cursor, response: CanonicalResponse): bool {
  if (!cursor.enterObject()) return false;
  let hasContent = false;
  let failed = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("output")) hasContent = readOutput(cursor, response) || hasContent;
    else if (cursor.keyIs("stopReason")) {
      const reason = cursor.takeToken();
      failed = isFailure(reason);
      response.summary.stopReason = <u8>readStopReason(reason);
    } else if (cursor.keyIs("usage")) readUsage(cursor, response.summary);
    else if (cursor.keyIs("additionalModelResponseFields")) response.stopSequence = takeStopSequence(cursor);
    else cursor.skip();
  }
  if (!cursor.finish()) return false;
  writeText(response.summary.model, response.model);
  response.summary.settleStopReason(response.countOf(PartKind.ToolCall) > 0, false);
  return hasContent && !failed;
}

function readOutput(cursor: Cursor, response: CanonicalResponse): bool {
  let hasContent = false;
  if (!cursor.enterObject()) {
    cursor.skip();
    return false;
  }
  while (cursor.nextKey()) {
    if (!cursor.keyIs("message") || !cursor.enterObject()) {
      cursor.skip();
      continue;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("content") && cursor.kind() == Kind.Array) hasContent = readContent(cursor, response);
      else cursor.skip();
    }
  }
  return hasContent;
}

function readContent(cursor: Cursor, response: CanonicalResponse): bool {
  cursor.enterArray();
  while (cursor.nextElement()) readBlock(cursor, response);
  return true;
}

/** A block has one member, whose name is its kind. Images and what tools did on the platform's own side are passed over. */
function readBlock(cursor: Cursor, response: CanonicalResponse): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("text")) response.text(cursor.takeString());
    else if (cursor.keyIs("toolUse")) readToolUse(cursor, response);
    else if (cursor.keyIs("reasoningContent")) readReasoning(cursor, response);
    else if (cursor.keyIs("citationsContent")) readCited(cursor, response);
    else cursor.skip();
  }
}

function readToolUse(cursor: Cursor, response: CanonicalResponse): void {
  let id = ABSENT;
  let name = ABSENT;
  let input = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("toolUseId")) id = cursor.takeString();
    else if (cursor.keyIs("name")) name = cursor.takeString();
    else if (cursor.keyIs("input") && cursor.kind() == Kind.Object) input = cursor.takeValue();
    else cursor.skip();
  }
  if (cursor.ok) response.toolCall(id, name, input);
}

function readReasoning(cursor: Cursor, response: CanonicalResponse): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("redactedContent") && isClaude(response.model)) {
      response.add(PartKind.RedactedReasoning, cursor.takeString()).seal = <u8>Seal.ClaudeRedacted;
    } else if (cursor.keyIs("reasoningText") && cursor.enterObject()) readReasoningText(cursor, response);
    else cursor.skip();
  }
}

function readReasoningText(cursor: Cursor, response: CanonicalResponse): void {
  let text = ABSENT;
  let signature = ABSENT;
  while (cursor.nextKey()) {
    if (cursor.keyIs("text")) text = cursor.takeString();
    else if (cursor.keyIs("signature")) signature = cursor.takeString();
    else cursor.skip();
  }
  if (sliceIsEmpty(signature) || !isClaude(response.model)) response.reasoning(text);
  else response.sealedReasoning(text, Seal.Claude, signature);
}

/** Of text with citations, the text. */
function readCited(cursor: Cursor, response: CanonicalResponse): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (!cursor.keyIs("content") || !cursor.enterArray()) {
      cursor.skip();
      continue;
    }
    while (cursor.nextElement()) {
      if (!cursor.enterObject()) {
        cursor.skip();
        continue;
      }
      while (cursor.nextKey()) {
        if (cursor.keyIs("text")) response.text(cursor.takeString());
        else cursor.skip();
      }
    }
  }
}
