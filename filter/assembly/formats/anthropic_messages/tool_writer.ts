import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { CanonicalRequest, ToolChoice } from "../../canonical/request";
import { writeClosedSchema } from "../../canonical/schema_rules";
import { writeDescription } from "../../canonical/tool_description";
import { writeObjectSchema } from "../../canonical/tool_schema";
import { ABSENT } from "../../json/slice";
import { writeString } from "../../json/text";
import { writeCacheControl } from "./cache_control";

/** Appends the array of tools. `takesSchemas`: whether the model knows strict ones. */
export function writeTools(request: CanonicalRequest, takesSchemas: bool, out: Bytes): void {
  for (let i: u32 = 0; i < request.tools.count; i++) {
    const tool = request.tools.at(i);
    out.ascii(i == 0 ? '[{"name":' : ',{"name":');
    writeString(out, tool.name);
    writeDescription(tool, out);
    out.ascii(',"input_schema":');
    if (tool.isStrict && takesSchemas && tool.text != ABSENT) writeClosedSchema(tool.text, out);
    else writeObjectSchema(tool.text, out);
    if (tool.isStrict) {
      if (takesSchemas) out.ascii(',"strict":true');
      else request.drop("tools[].function.strict");
    }
    writeCacheControl(request, tool, out);
    out.byte(0x7d);
  }
  out.byte(0x5d);
}

/** The switch for parallel calls is part of the choice here, so it brings the default choice along. */
export function writeToolChoice(request: CanonicalRequest, rules: ProviderRules, out: Bytes): void {
  const choice = request.toolChoice;
  if (choice == ToolChoice.Unset && !request.forbidsParallelTools) return;
  if (!rules.writeKey(out, "tool_choice")) return;
  if (choice == ToolChoice.None) {
    out.ascii('{"type":"none"}');
    return;
  }
  if (choice == ToolChoice.Named) {
    out.ascii('{"type":"tool","name":');
    writeString(out, request.toolChoiceName);
  } else out.ascii(choice == ToolChoice.Required ? '{"type":"any"' : '{"type":"auto"');
  if (request.forbidsParallelTools) out.ascii(',"disable_parallel_tool_use":true');
  out.byte(0x7d);
}
