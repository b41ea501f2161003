import { startsWithAscii } from "../../bytes/ascii";
import { dropField, readCacheControl, readElements } from "../../canonical/fields";
import { PartKind } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest, ToolChoice } from "../../canonical/request";
import { Cursor, Kind } from "../../json/cursor";
import { Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr } from "../../json/slice";

export function readTools(cursor: Cursor, request: CanonicalRequest): bool {
  return readElements(cursor, request, "tools", readTool);
}

/**
 * Tools with a type of their own (bash_20250124) are run or known by Anthropic's models only, but for the search of the web; a request goes
 * without them.
 */
function readTool(cursor: Cursor, request: CanonicalRequest, index: i32): bool {
  const type = cursor.peekMember("type");
  if (startsWithAscii(slicePtr(type), sliceLength(type), "web_search_")) return readWebSearch(cursor, request, type);
  if (!sliceIsEmpty(type) && !sliceIs(type, "custom")) {
    request.drop("tools[].type=", slicePtr(type), sliceLength(type));
    return cursor.skip();
  }
  const tool = request.tools.add(PartKind.Tool);
  if (!cursor.enterObject()) return problem.refuseElement("tools", index, "", "must be an object");
  while (cursor.nextKey()) {
    if (cursor.keyIs("name")) tool.name = cursor.takeString();
    else if (cursor.keyIs("description")) tool.description = cursor.takeString();
    else if (cursor.keyIs("input_schema") && cursor.kind() == Kind.Object) tool.text = cursor.takeValue();
    else if (cursor.keyIs("strict")) tool.isStrict = cursor.takeTrue();
    else if (cursor.keyIs("type")) cursor.skip();
    else if (cursor.keyIs("cache_control")) readCacheControl(cursor, request, tool, "tools[].");
    else dropField(cursor, request, "tools[].");
  }
  return cursor.ok && (!sliceIsEmpty(tool.name) || problem.refuseElement("tools", index, "name", "is required"));
}

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool */
function readWebSearch(cursor: Cursor, request: CanonicalRequest, type: Slice): bool {
  request.askWebSearch("tools[].type=", type);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("type") || cursor.keyIs("name")) cursor.skip();
    else dropField(cursor, request, "tools[].");
  }
  return cursor.ok;
}

export function readToolChoice(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.kind() == Kind.Null) return cursor.skip();
  if (!cursor.enterObject()) return problem.refuse("tool_choice", "must be an object");
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) request.toolChoice = toolChoiceOf(cursor.takeToken());
    else if (cursor.keyIs("name")) request.toolChoiceName = cursor.takeString();
    else if (cursor.keyIs("disable_parallel_tool_use")) request.forbidsParallelTools = cursor.takeTrue();
    else dropField(cursor, request, "tool_choice.");
  }
  if (!cursor.ok) return false;
  if (request.toolChoice == ToolChoice.Unset) return problem.refuse("tool_choice.type", "must be auto, any, tool or none");
  if (request.toolChoice == ToolChoice.Named && sliceIsEmpty(request.toolChoiceName))
    return problem.refuse("tool_choice.name", "is required");
  return true;
}

function toolChoiceOf(word: Slice): ToolChoice {
  if (sliceIs(word, "auto")) return ToolChoice.Auto;
  if (sliceIs(word, "any")) return ToolChoice.Required;
  if (sliceIs(word, "tool")) return ToolChoice.Named;
  if (sliceIs(word, "none")) return ToolChoice.None;
  return ToolChoice.Unset;
}
