import { isClaudeSignature } from "../../canonical/claude_signature";
import { PartKind } from "../../canonical/parts";
import { CanonicalResponse } from "../../canonical/response";
import { Seal } from "../../canonical/seal";
import { countCharacters } from "../../json/characters";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceIs } from "../../json/slice";
import { writeText } from "../../json/text";
import { readCitation } from "./citations";
import { readStopReason, takeExplanation, UsageReader } from "./usage";

const usage = new UsageReader();
/** For a text's citations, which may stand before it. */
const inner = new Cursor();

/** https://docs.anthropic.com/en/api/messages */
export function readResponse(cursor: Cursor, response: CanonicalResponse): bool {
  usage.reset();
  if (!cursor.enterObject()) return false;
  let hasContent = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("id")) response.id = cursor.takeString();
    else if (cursor.keyIs("model")) response.model = cursor.takeString();
    else if (cursor.keyIs("content")) hasContent = readContent(cursor, response);
    else if (cursor.keyIs("stop_reason")) response.summary.stopReason = <u8>readStopReason(cursor.takeToken());
    else if (cursor.keyIs("stop_sequence")) response.stopSequence = cursor.takeString();
    else if (cursor.keyIs("stop_details")) response.refusal(takeExplanation(cursor));
    else if (cursor.keyIs("usage")) usage.read(cursor, response.summary);
    else cursor.skip();
  }
  if (!cursor.finish()) return false;
  writeText(response.summary.model, response.model);
  return hasContent;
}

function readContent(cursor: Cursor, response: CanonicalResponse): bool {
  if (!cursor.enterArray()) {
    cursor.skip();
    return false;
  }
  while (cursor.nextElement()) readBlock(cursor, response);
  return true;
}

/** Blocks of server tools (web search, code execution) and others that only this API has are passed over. */
function readBlock(cursor: Cursor, response: CanonicalResponse): void {
  const type = cursor.peekMember("type");
  if (sliceIs(type, "text")) readText(cursor, response);
  else if (sliceIs(type, "thinking")) readThinking(cursor, response);
  else if (sliceIs(type, "redacted_thinking"))
    response.add(PartKind.RedactedReasoning, takeMember(cursor, "data")).seal = <u8>Seal.ClaudeRedacted;
  else if (sliceIs(type, "tool_use")) readToolUse(cursor, response);
  else cursor.skip();
}

function readText(cursor: Cursor, response: CanonicalResponse): void {
  let text = ABSENT;
  let citations = ABSENT;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("text")) text = cursor.takeString();
    else if (cursor.keyIs("citations") && cursor.kind() == Kind.Array) citations = cursor.takeValue();
    else cursor.skip();
  }
  if (inner.openValue(citations, cursor.depthMax) && inner.enterArray()) {
    const start = response.charactersBefore(response.parts.count);
    const end = start + countCharacters(text);
    while (inner.nextElement()) readCitation(inner, start, end, response.citations);
  }
  response.text(text);
}

/** Passes an object and returns the string that it has under `key`. */
function takeMember(cursor: Cursor, key: string): Slice {
  let value = ABSENT;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs(key)) value = cursor.takeString();
    else cursor.skip();
  }
  return value;
}

function readThinking(cursor: Cursor, response: CanonicalResponse): void {
  let text = ABSENT;
  let signature = ABSENT;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("thinking")) text = cursor.takeString();
    else if (cursor.keyIs("signature")) signature = cursor.takeToken();
    else cursor.skip();
  }
  if (isClaudeSignature(signature)) response.sealedReasoning(text, Seal.Claude, signature);
  else response.reasoning(text);
}

function readToolUse(cursor: Cursor, response: CanonicalResponse): void {
  let id = ABSENT;
  let name = ABSENT;
  let input = ABSENT;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("id")) id = cursor.takeString();
    else if (cursor.keyIs("name")) name = cursor.takeString();
    else if (cursor.keyIs("input") && cursor.kind() == Kind.Object) input = cursor.takeValue();
    else cursor.skip();
  }
  if (cursor.ok) response.toolCall(id, name, input);
}
