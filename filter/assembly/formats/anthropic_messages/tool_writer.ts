import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { CanonicalRequest, ToolChoice } from "../../canonical/request";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceLength, slicePtr } from "../../json/slice";
import { writeString, writeText } from "../../json/text";

const SCHEMA_DEPTH_MAX: u32 = 256;

const cursor = new Cursor();

/** Appends the array of tools. `takesSchemas`: whether the model knows strict ones. */
export function writeTools(request: CanonicalRequest, takesSchemas: bool, out: Bytes): void {
  for (let i: u32 = 0; i < request.tools.count; i++) {
    const tool = request.tools.at(i);
    out.ascii(i == 0 ? '[{"name":' : ',{"name":');
    writeString(out, tool.name);
    if (tool.description != ABSENT) {
      out.ascii(',"description":');
      writeString(out, tool.description);
    }
    out.ascii(',"input_schema":');
    writeSchema(tool.text, out);
    if (tool.isStrict) {
      if (takesSchemas) out.ascii(',"strict":true');
      else request.drop("tools[].function.strict");
    }
    out.byte(0x7d);
  }
  out.byte(0x5d);
}

/** The parameters' schema, which here must say that they are an object; with OpenAI it may say nothing. */
function writeSchema(schema: Slice, out: Bytes): void {
  if (schema == ABSENT) {
    out.ascii('{"type":"object","properties":{}}');
    return;
  }
  if (hasType(schema)) {
    writeText(out, schema);
    return;
  }
  out.ascii('{"type":"object"');
  cursor.open(slicePtr(schema), sliceLength(schema), SCHEMA_DEPTH_MAX);
  cursor.enterObject();
  const isEmpty = !cursor.nextKey();
  out.byte(isEmpty ? 0x7d : 0x2c);
  if (!isEmpty) out.append(slicePtr(schema) + 1, sliceLength(schema) - 1);
}

function hasType(schema: Slice): bool {
  cursor.open(slicePtr(schema), sliceLength(schema), SCHEMA_DEPTH_MAX);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) return cursor.kind() != Kind.Null;
    cursor.skip();
  }
  return false;
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
