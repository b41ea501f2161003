import { becomeCustom, readCustomFormat } from "../../canonical/custom_tools";
import { dropField, readCacheControl, readElements } from "../../canonical/fields";
import { readToolChoiceWord } from "../../canonical/openai_tool_choice";
import { Part, PartKind } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest, ToolChoice } from "../../canonical/request";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty } from "../../json/slice";

export function readTools(cursor: Cursor, request: CanonicalRequest): bool {
  return readElements(cursor, request, "tools", readTool);
}

function readTool(cursor: Cursor, request: CanonicalRequest, index: i32): bool {
  const type = cursor.peekMember("type");
  const isCustom = sliceIs(type, "custom");
  if (cursor.ok && !isCustom && !sliceIs(type, "function"))
    return problem.refuseElement("tools", index, "type", "only function and custom tools can be translated for this model");
  const tool = request.tools.add(PartKind.Tool);
  if (isCustom) becomeCustom(tool);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("function") && cursor.enterObject()) {
      while (cursor.nextKey()) {
        if (cursor.keyIs("name")) tool.name = cursor.takeString();
        else if (cursor.keyIs("description")) tool.description = cursor.takeString();
        else if (cursor.keyIs("parameters") && cursor.kind() == Kind.Object) tool.text = cursor.takeValue();
        else if (cursor.keyIs("strict")) tool.isStrict = cursor.takeTrue();
        else dropField(cursor, request, "tools[].function.");
      }
    } else if (isCustom && cursor.keyIs("custom")) readCustom(cursor, request, tool);
    else if (cursor.keyIs("type")) cursor.skip();
    else if (cursor.keyIs("cache_control")) readCacheControl(cursor, request, tool, "tools[].");
    else dropField(cursor, request, "tools[].");
  }
  const name = isCustom ? "custom.name" : "function.name";
  return cursor.ok && (!sliceIsEmpty(tool.name) || problem.refuseElement("tools", index, name, "is required"));
}

function readCustom(cursor: Cursor, request: CanonicalRequest, tool: Part): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("name")) tool.name = cursor.takeString();
    else if (cursor.keyIs("description")) tool.description = cursor.takeString();
    else if (cursor.keyIs("format")) readCustomFormat(cursor, tool);
    else dropField(cursor, request, "tools[].custom.");
  }
}

/** "auto", "required", "none", one function, or (`allowed_tools`) a choice among some, of which the mode can be kept. */
export function readToolChoice(cursor: Cursor, request: CanonicalRequest): bool {
  return cursor.kind() == Kind.Object ? readToolChoiceObject(cursor, request) : readToolChoiceWord(cursor, request);
}

function readToolChoiceObject(cursor: Cursor, request: CanonicalRequest): bool {
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("function") || cursor.keyIs("custom")) {
      request.toolChoice = ToolChoice.Named;
      request.toolChoiceName = takeName(cursor);
    } else if (cursor.keyIs("allowed_tools")) readAllowedTools(cursor, request);
    else cursor.skip();
  }
  if (!cursor.ok) return false;
  if (request.toolChoice == ToolChoice.Unset) return problem.refuse("tool_choice", "names no function");
  if (request.toolChoice == ToolChoice.Named && sliceIsEmpty(request.toolChoiceName))
    return problem.refuse("tool_choice.function.name", "is required");
  return true;
}

function takeName(cursor: Cursor): Slice {
  let name = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return name;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("name")) name = cursor.takeString();
    else cursor.skip();
  }
  return name;
}

function readAllowedTools(cursor: Cursor, request: CanonicalRequest): void {
  request.drop("tool_choice.allowed_tools.tools");
  request.toolChoice = ToolChoice.Auto;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("mode")) request.toolChoice = sliceIs(cursor.takeToken(), "required") ? ToolChoice.Required : ToolChoice.Auto;
    else cursor.skip();
  }
}
