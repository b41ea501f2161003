import { Bytes } from "../../bytes/bytes";
import { readNumber } from "../../bytes/numbers";
import { claudeVersion, NOT_CLAUDE, takesSampling } from "../../canonical/claude_models";
import { settleToolChoice } from "../../canonical/claude_thinking";
import { ProviderRules } from "../../canonical/field_rules";
import { CanonicalRequest, OutputFormat } from "../../canonical/request";
import { writeClosedSchema } from "../../canonical/schema_rules";
import { ABSENT, Slice, sliceIsEmpty, sliceLength, slicePtr, textOf } from "../../json/slice";
import { isBlank, writeString, writeText } from "../../json/text";
import { beginCachePoints } from "./cache_point";
import { writeMessages, writeSystem } from "./message_writer";
import { isThinking, planReasoning, writeModelFields, writeOutputEffort } from "./model_fields";
import { takesSchema } from "./models";
import { writeRequestMetadata } from "./request_metadata";
import { writeToolConfig } from "./tool_writer";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html */
const STOP_SEQUENCES_MAX: u32 = 2500;

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html . Model and streaming are told by the path. */
export function writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
  const start = out.length;
  request.takesSealed = claudeVersion(model) != NOT_CLAUDE;
  settleToolChoice(request, model, claudeVersion(model));
  planReasoning(request, model);
  beginCachePoints(model);
  // In the order in which they make up a prompt: of too many marks of what is cached, the first count.
  if (!writeToolConfig(request, model, rules, out)) return false;
  if (!writeSystem(request, takesSchema(model), rules, out) || !writeMessages(request, model, rules, out)) return false;
  writeInferenceConfig(request, model, rules, out);
  writeModelFields(request, model, rules, out);
  writeOutputConfig(request, model, rules, out);
  writeRequestMetadata(request, rules, out);
  // Each field was written with a comma before it.
  if (out.length == start) out.byte(0x7b);
  else store<u8>(out.ptr + start, 0x7b);
  out.byte(0x7d);
  return true;
}

function writeInferenceConfig(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): void {
  const before = out.length;
  if (!rules.writeKey(out, "inferenceConfig")) return;
  const start = out.length;
  writeNumber(out, "maxTokens", request.maxTokens);
  writeSampling(request, model, out);
  writeStopSequences(request, out);
  if (out.length == start) {
    out.length = before;
    return;
  }
  store<u8>(out.ptr + start, 0x7b);
  out.byte(0x7d);
  // Which sequence ended the answer is told only where it is asked for; where a model does not tell, this is passed over.
  if (request.stopSequences.count > 0 && rules.writeKey(out, "additionalModelResponseFieldPaths")) {
    out.ascii('["/stop_sequence","/delta/stop_sequence"]');
  }
}

function writeNumber(out: Bytes, key: string, value: Slice): void {
  if (value == ABSENT) return;
  out.ascii(',"');
  out.ascii(key);
  out.ascii('":');
  writeText(out, value);
}

/** Temperature is 0 to 1 here; what is above asks for the most variety there is. While thinking, a Claude takes neither it nor top_p. */
function writeSampling(request: CanonicalRequest, model: Bytes, out: Bytes): void {
  const version = claudeVersion(model);
  if (version != NOT_CLAUDE && (!takesSampling(version) || isThinking())) {
    if (request.temperature != ABSENT) request.drop("temperature");
    if (request.topP != ABSENT) request.drop("top_p");
    return;
  }
  if (request.temperature != ABSENT) {
    if (readNumber(slicePtr(request.temperature), sliceLength(request.temperature)) > 1) out.ascii(',"temperature":1');
    else writeNumber(out, "temperature", request.temperature);
  }
  // Claude 4.5 refuses the two together: https://docs.claude.com/en/docs/about-claude/models/migrating-to-claude-4
  if (request.topP != ABSENT && request.temperature != ABSENT && version >= 401) request.drop("top_p");
  else writeNumber(out, "topP", request.topP);
}

/** A sequence must not be empty, with Claude not white space alone either. */
function writeStopSequences(request: CanonicalRequest, out: Bytes): void {
  let count: u32 = 0;
  for (let i: u32 = 0; i < request.stopSequences.count && count < STOP_SEQUENCES_MAX; i++) {
    const sequence = request.stopSequences.at(i).text;
    if (isBlank(sequence)) {
      request.drop("stop (white space)");
      continue;
    }
    out.ascii(count++ == 0 ? ',"stopSequences":[' : ",");
    writeString(out, sequence);
  }
  if (count > 0) out.byte(0x5d);
}

const schema = new Bytes();

function closedSchema(request: CanonicalRequest): Slice {
  schema.clear();
  writeClosedSchema(request.outputSchema, schema);
  return textOf(schema);
}

/** The schema goes as a string: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_JsonSchemaDefinition.html */
function writeOutputConfig(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): void {
  const withSchema = request.outputFormat == OutputFormat.JsonSchema && takesSchema(model);
  const before = out.length;
  if (!rules.writeKey(out, "outputConfig")) return;
  const start = out.length;
  writeOutputEffort(request, model, out);
  if (withSchema) {
    out.ascii(',"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":');
    writeString(out, claudeVersion(model) == NOT_CLAUDE ? request.outputSchema : closedSchema(request));
    if (!sliceIsEmpty(request.outputSchemaName)) {
      out.ascii(',"name":');
      writeString(out, request.outputSchemaName);
    }
    out.ascii("}}}");
  }
  if (out.length == start) {
    out.length = before;
    return;
  }
  store<u8>(out.ptr + start, 0x7b);
  out.byte(0x7d);
}
