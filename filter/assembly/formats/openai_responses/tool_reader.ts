import { startsWithAscii } from "../../bytes/ascii";
import { becomeCustom, readCustomFormat } from "../../canonical/custom_tools";
import { dropField, readElements } from "../../canonical/fields";
import { readToolChoiceWord } from "../../canonical/openai_tool_choice";
import { PartKind } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest, ToolChoice } from "../../canonical/request";
import { Cursor, Kind } from "../../json/cursor";
import { Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr } from "../../json/slice";

export function readTools(cursor: Cursor, request: CanonicalRequest): bool {
  return readElements(cursor, request, "tools", readTool);
}

/**
 * A function's members stand beside its type here. Tools that OpenAI runs itself are no other API's, but for the search of the web, and a
 * request goes without them; those that the client runs are not to be lost.
 */
function readTool(cursor: Cursor, request: CanonicalRequest, index: i32): bool {
  const type = cursor.peekMember("type");
  if (!cursor.ok) return false;
  if (isClientsOwn(type))
    return problem.refuseElement("tools", index, "type", "only function and custom tools can be translated for this model");
  if (isWebSearch(type)) return readWebSearch(cursor, request, type);
  const isCustom = sliceIs(type, "custom");
  if (!isCustom && !sliceIs(type, "function")) {
    request.drop("tools[].type=", slicePtr(type), sliceLength(type));
    return cursor.skip();
  }
  const tool = request.tools.add(PartKind.Tool);
  if (isCustom) becomeCustom(tool);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("name")) tool.name = cursor.takeString();
    else if (cursor.keyIs("description") && cursor.kind() != Kind.Null) tool.description = cursor.takeString();
    else if (isCustom && cursor.keyIs("format")) readCustomFormat(cursor, tool);
    else if (!isCustom && cursor.keyIs("parameters") && cursor.kind() == Kind.Object) tool.text = cursor.takeValue();
    else if (cursor.keyIs("strict")) tool.isStrict = cursor.takeTrue();
    else if (cursor.keyIs("type")) cursor.skip();
    else dropField(cursor, request, "tools[].");
  }
  return cursor.ok && (!sliceIsEmpty(tool.name) || problem.refuseElement("tools", index, "name", "is required"));
}

/** "web_search", of which there are versions with a date and a preview: https://platform.openai.com/docs/guides/tools-web-search */
function isWebSearch(type: Slice): bool {
  return startsWithAscii(slicePtr(type), sliceLength(type), "web_search");
}

function readWebSearch(cursor: Cursor, request: CanonicalRequest, type: Slice): bool {
  request.askWebSearch("tools[].type=", type);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) cursor.skip();
    else dropField(cursor, request, "tools[].");
  }
  return cursor.ok;
}

/** https://platform.openai.com/docs/api-reference/responses/create#responses_create-tools */
function isClientsOwn(type: Slice): bool {
  return (
    sliceIsEmpty(type) ||
    sliceIs(type, "local_shell") ||
    sliceIs(type, "shell") ||
    sliceIs(type, "apply_patch") ||
    sliceIs(type, "computer") ||
    sliceIs(type, "computer_use_preview")
  );
}

/** "auto", "required", "none", one function, or (`allowed_tools`) a choice among some, of which the mode can be kept. */
export function readToolChoice(cursor: Cursor, request: CanonicalRequest): bool {
  return cursor.kind() == Kind.Object ? readToolChoiceObject(cursor, request) : readToolChoiceWord(cursor, request);
}

function readToolChoiceObject(cursor: Cursor, request: CanonicalRequest): bool {
  const type = cursor.peekMember("type");
  if (sliceIs(type, "function") || sliceIs(type, "custom")) request.toolChoice = ToolChoice.Named;
  else if (sliceIs(type, "allowed_tools")) {
    request.toolChoice = sliceIs(cursor.peekMember("mode"), "required") ? ToolChoice.Required : ToolChoice.Auto;
    request.drop("tool_choice.tools");
  } else if (isClientsOwn(type)) {
    return cursor.ok && problem.refuse("tool_choice.type", "only function, custom and allowed_tools can be translated for this model");
  } else {
    request.drop("tool_choice.type=", slicePtr(type), sliceLength(type));
    return cursor.skip();
  }
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("name")) request.toolChoiceName = cursor.takeString();
    else cursor.skip();
  }
  if (!cursor.ok) return false;
  if (request.toolChoice == ToolChoice.Named && sliceIsEmpty(request.toolChoiceName))
    return problem.refuse("tool_choice.name", "is required");
  return true;
}
