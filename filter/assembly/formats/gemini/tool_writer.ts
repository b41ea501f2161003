import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { CanonicalRequest, ToolChoice } from "../../canonical/request";
import { writeDescription } from "../../canonical/tool_description";
import { writeObjectSchema } from "../../canonical/tool_schema";
import { ABSENT } from "../../json/slice";
import { writeString } from "../../json/text";
import { searchesWeb } from "./models";

/**
 * Functions with their parameters as plain JSON Schema (`parametersJsonSchema`): what of it the model does not know, it passes over, whereas
 * `parameters` refuses what OpenAPI does not have. https://ai.google.dev/api/caching#FunctionDeclaration
 */
export function writeTools(request: CanonicalRequest, version: i32, rules: ProviderRules, out: Bytes): void {
  if (searchesWeb(version) && request.takeWebSearch() && rules.writeKey(out, "tools")) out.ascii('[{"googleSearch":{}}]');
  if (request.tools.count == 0 || !rules.writeKey(out, "tools")) return;
  out.ascii('[{"functionDeclarations":');
  for (let i: u32 = 0; i < request.tools.count; i++) {
    const tool = request.tools.at(i);
    out.ascii(i == 0 ? '[{"name":' : ',{"name":');
    writeString(out, tool.name);
    writeDescription(tool, out);
    if (tool.text != ABSENT) {
      out.ascii(',"parametersJsonSchema":');
      writeObjectSchema(tool.text, out);
    }
    out.byte(0x7d);
    if (tool.isStrict) request.drop("tools[].strict");
  }
  out.ascii("]}]");
}

/** https://ai.google.dev/api/caching#FunctionCallingConfig . There is no switch for parallel calls. */
export function writeToolChoice(request: CanonicalRequest, rules: ProviderRules, out: Bytes): void {
  if (request.forbidsParallelTools) request.drop("parallel_tool_calls");
  if (request.toolChoice == ToolChoice.Unset || request.tools.count == 0 || !rules.writeKey(out, "toolConfig")) return;
  out.ascii('{"functionCallingConfig":{"mode":');
  switch (request.toolChoice) {
    case ToolChoice.Auto:
      out.ascii('"AUTO"');
      break;
    case ToolChoice.None:
      out.ascii('"NONE"');
      break;
    default:
      out.ascii('"ANY"');
  }
  if (request.toolChoice == ToolChoice.Named) {
    out.ascii(',"allowedFunctionNames":[');
    writeString(out, request.toolChoiceName);
    out.byte(0x5d);
  }
  out.ascii("}}");
}
