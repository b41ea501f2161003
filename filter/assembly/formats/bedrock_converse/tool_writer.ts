import { Bytes } from "../../bytes/bytes";
import { claudeVersion, NOT_CLAUDE } from "../../canonical/claude_models";
import { ProviderRules } from "../../canonical/field_rules";
import { Part, PartKind } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest, ToolChoice } from "../../canonical/request";
import { writeClosedSchema } from "../../canonical/schema_rules";
import { writeDescription } from "../../canonical/tool_description";
import { writeObjectSchema } from "../../canonical/tool_schema";
import { ABSENT, Slice, sliceLength, slicePtr } from "../../json/slice";
import { writeString } from "../../json/text";
import { writeCachePointBehindTool } from "./cache_point";
import { takesSchema } from "./models";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html */
const TOOL_NAME_CHARACTERS_MAX: u32 = 64;
export const TOOL_NAME_RULE = "a tool's name must be 1 to 64 of A-Z, a-z, 0-9, _ and - for this model";

/** How many tools are made up, one for each name that earlier turns call. */
const RECALLED_TOOLS_MAX: i32 = 128;
const recalled = new StaticArray<Slice>(RECALLED_TOOLS_MAX);

/** Whether a tool may go by a name. */
export function isToolName(name: Slice): bool {
  const length = sliceLength(name);
  const end = slicePtr(name) + length;
  for (let p = slicePtr(name); p < end; p++) {
    const c = load<u8>(p);
    const letter = c | 0x20;
    if (letter - 0x61 > 25 && c - 0x30 > 9 && c != 0x5f && c != 0x2d) return false;
  }
  return length > 0 && length <= TOOL_NAME_CHARACTERS_MAX;
}

/**
 * `toolConfig` must be there when earlier turns called tools, with one tool at least, and there is no choice of none:
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html . So a request that forbids tools goes without
 * them where it can, and one that declares none goes with those that its conversation knows.
 */
export function writeToolConfig(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
  const recalledCount = recallTools(request);
  const isForbidden = request.toolChoice == ToolChoice.None;
  if (recalledCount == 0 && (request.tools.count == 0 || isForbidden)) return true;
  if (request.forbidsParallelTools) request.drop("parallel_tool_calls");
  if (isForbidden) request.drop("tool_choice (none, after tool calls)");
  if (!rules.writeKey(out, "toolConfig")) return true;
  if (request.tools.count == 0) {
    writeRecalledTools(recalledCount, out);
    return true;
  }
  if (!writeTools(request, model, out)) return false;
  writeToolChoice(request, out);
  out.byte(0x7d);
  return true;
}

/** Fills `recalled` with the names that earlier turns call, each once, and returns how many there are. */
function recallTools(request: CanonicalRequest): i32 {
  let count = 0;
  for (let i: u32 = 0; i < request.parts.count && count < RECALLED_TOOLS_MAX; i++) {
    const part = request.parts.at(i);
    if (part.kind == <u8>PartKind.ToolCall && !isRecalled(part.name, count)) unchecked((recalled[count++] = part.name));
  }
  return count;
}

function isRecalled(name: Slice, count: i32): bool {
  for (let i = 0; i < count; i++) {
    const other = unchecked(recalled[i]);
    if (sliceLength(other) == sliceLength(name) && memory.compare(slicePtr(other), slicePtr(name), sliceLength(name)) == 0) return true;
  }
  return false;
}

function writeRecalledTools(count: i32, out: Bytes): void {
  out.ascii('{"tools":');
  for (let i = 0; i < count; i++) {
    out.ascii(i == 0 ? '[{"toolSpec":{"name":' : ',{"toolSpec":{"name":');
    writeString(out, unchecked(recalled[i]));
    out.ascii(',"description":"No longer available.","inputSchema":{"json":{"type":"object"}}}}');
  }
  out.ascii("]}");
}

function writeTools(request: CanonicalRequest, model: Bytes, out: Bytes): bool {
  const takesStrict = takesSchema(model);
  const isOfClaude = claudeVersion(model) != NOT_CLAUDE;
  out.ascii('{"tools":');
  for (let i: u32 = 0; i < request.tools.count; i++) {
    const tool = request.tools.at(i);
    if (!isToolName(tool.name)) return problem.refuseElement("tools", i, "name", TOOL_NAME_RULE);
    out.byte(i == 0 ? 0x5b : 0x2c);
    writeTool(request, tool, takesStrict, isOfClaude, out);
  }
  out.byte(0x5d);
  return true;
}

function writeTool(request: CanonicalRequest, tool: Part, takesStrict: bool, isOfClaude: bool, out: Bytes): void {
  out.ascii('{"toolSpec":{"name":');
  writeString(out, tool.name);
  writeDescription(tool, out);
  out.ascii(',"inputSchema":{"json":');
  if (tool.isStrict && takesStrict && isOfClaude && tool.text != ABSENT) writeClosedSchema(tool.text, out);
  else writeObjectSchema(tool.text, out);
  out.byte(0x7d);
  if (tool.isStrict) {
    if (takesStrict) out.ascii(',"strict":true');
    else request.drop("tools[].strict");
  }
  out.ascii("}}");
  writeCachePointBehindTool(request, tool, out);
}

function writeToolChoice(request: CanonicalRequest, out: Bytes): void {
  switch (request.toolChoice) {
    case ToolChoice.Auto:
      out.ascii(',"toolChoice":{"auto":{}}');
      break;
    case ToolChoice.Required:
      out.ascii(',"toolChoice":{"any":{}}');
      break;
    case ToolChoice.Named:
      out.ascii(',"toolChoice":{"tool":{"name":');
      writeString(out, request.toolChoiceName);
      out.ascii("}}");
      break;
  }
}
