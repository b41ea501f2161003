import { Bytes } from "../../bytes/bytes";
import { readInteger, writeInteger } from "../../bytes/numbers";
import { wantedEffort, writeEffort } from "../../canonical/effort";
import { ProviderRules } from "../../canonical/field_rules";
import { isOpenai, Reasoning, reasoningOf, takenEffort } from "../../canonical/openai_models";
import { writeOption, writeUser } from "../../canonical/openai_options";
import { writeToolChoiceWord } from "../../canonical/openai_tool_choice";
import { CanonicalRequest, Effort, Option, OutputFormat, ToolChoice } from "../../canonical/request";
import { isStrictSchema } from "../../canonical/schema_rules";
import { writeDescription } from "../../canonical/tool_description";
import { ABSENT, Slice, sliceIsEmpty, sliceLength, slicePtr, textOf } from "../../json/slice";
import { writeString, writeText } from "../../json/text";
import { LOGPROBS } from "./include";
import { writeItems } from "./item_writer";

/** https://platform.openai.com/docs/api-reference/responses/create */
export function writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
  const reasoning = reasoningOf(model);
  request.takesSealed = reasoning != Reasoning.None;
  const start = out.length;
  if (rules.writeKey(out, "model")) writeString(out, textOf(model));
  if (rules.writeKey(out, "input") && !writeItems(request, out)) return false;
  if (request.maxTokens != ABSENT && rules.writeKey(out, "max_output_tokens")) writeMaxTokens(request.maxTokens, model, out);
  const effort = effortOf(request, model, reasoning);
  const fixed = reasoning != Reasoning.None && effort != Effort.None;
  writeSampling(request, fixed, rules, out);
  // No summary of it is asked for: organizations that are not verified get a 400 (https://github.com/openai/openai-cookbook/issues/2271).
  if (effort != Effort.Unset && rules.writeKey(out, "reasoning")) {
    out.ascii('{"effort":');
    writeEffort(effort, out);
    out.byte(0x7d);
  }
  if (request.tools.count > 0) writeToolFields(request, rules, out);
  else if (isOpenai(model) && request.takeWebSearch() && rules.writeKey(out, "tools")) out.ascii('[{"type":"web_search"}]');
  writeTextOptions(request, reasoning != Reasoning.None, rules, out);
  writeUser(request, rules, out);
  writeOption(request, Option.PromptCacheKey, "prompt_cache_key", rules, out);
  writeOption(request, Option.ServiceTier, "service_tier", rules, out);
  writeIncluded(request, reasoning != Reasoning.None, fixed, rules, out);
  // Other APIs keep nothing, so their clients do not ask for it; here it is the default.
  if (rules.writeKey(out, "store")) out.ascii("false");
  if (request.stream && rules.writeKey(out, "stream")) out.ascii("true");
  // Each field was written with a comma before it.
  store<u8>(out.ptr + start, 0x7b);
  out.byte(0x7d);
  return true;
}

function effortOf(request: CanonicalRequest, model: Bytes, reasoning: Reasoning): Effort {
  const wanted = wantedEffort(request);
  if (reasoning != Reasoning.None) return takenEffort(model, wanted);
  if (wanted > Effort.None) request.drop("thinking");
  return Effort.Unset;
}

/** "Expected a value >= 16, but got 5 instead": https://github.com/UKGovernmentBEIS/inspect_evals/issues/694 */
const OUTPUT_TOKENS_MIN: i64 = 16;

/** Other APIs take fewer, and clients ask for 1 to see whether a model is there: OpenAI's models get as many as they must. Nonsense stays, to be refused. */
function writeMaxTokens(asked: Slice, model: Bytes, out: Bytes): void {
  const tokens = readInteger(slicePtr(asked), sliceLength(asked));
  if (tokens > 0 && tokens < OUTPUT_TOKENS_MIN && isOpenai(model)) writeInteger(out, OUTPUT_TOKENS_MIN);
  else writeText(out, asked);
}

/** `fixed`: the model reasons, and takes none of these. This API knows no top_k and no stop sequences. */
function writeSampling(request: CanonicalRequest, fixed: bool, rules: ProviderRules, out: Bytes): void {
  if (request.topK != ABSENT) request.drop("top_k");
  if (request.stopSequences.count > 0) request.drop("stop");
  if (request.temperature != ABSENT) {
    if (fixed) request.drop("temperature");
    else if (rules.writeKey(out, "temperature")) writeText(out, request.temperature);
  }
  if (request.topP != ABSENT) {
    if (fixed) request.drop("top_p");
    else if (rules.writeKey(out, "top_p")) writeText(out, request.topP);
  }
}

/** `fixed`: the model tells nothing of its tokens. */
function writeIncluded(request: CanonicalRequest, reasons: bool, fixed: bool, rules: ProviderRules, out: Bytes): void {
  const logprobs = !fixed && request.hasOption(Option.Logprobs);
  if (logprobs) {
    request.takeOption(Option.Logprobs);
    writeOption(request, Option.TopLogprobs, "top_logprobs", rules, out);
  }
  if ((!reasons && !logprobs) || !rules.writeKey(out, "include")) return;
  // What is not stored has to come along, encrypted: https://developers.openai.com/api/docs/guides/reasoning#encrypted-reasoning-items
  out.ascii(reasons ? '["reasoning.encrypted_content"' : "[");
  if (logprobs) {
    out.ascii(reasons ? ',"' : '"');
    out.ascii(LOGPROBS);
    out.byte(0x22);
  }
  out.byte(0x5d);
}

function writeToolFields(request: CanonicalRequest, rules: ProviderRules, out: Bytes): void {
  if (rules.writeKey(out, "tools")) writeTools(request, out);
  if (request.toolChoice != ToolChoice.Unset && rules.writeKey(out, "tool_choice")) writeToolChoice(request, out);
  if (request.forbidsParallelTools && rules.writeKey(out, "parallel_tool_calls")) out.ascii("false");
}

function writeTools(request: CanonicalRequest, out: Bytes): void {
  for (let i: u32 = 0; i < request.tools.count; i++) {
    const tool = request.tools.at(i);
    out.ascii(i == 0 ? '[{"type":"function","name":' : ',{"type":"function","name":');
    writeString(out, tool.name);
    writeDescription(tool, out);
    out.ascii(',"parameters":');
    if (tool.text == ABSENT) out.ascii('{"type":"object","properties":{}}');
    else writeText(out, tool.text);
    const strict = tool.isStrict && tool.text != ABSENT && isStrictSchema(tool.text);
    if (tool.isStrict && !strict) request.drop("tools[].strict");
    out.ascii(strict ? ',"strict":true}' : ',"strict":false}'); // true by default
  }
  out.byte(0x5d);
}

function writeToolChoice(request: CanonicalRequest, out: Bytes): void {
  if (writeToolChoiceWord(request.toolChoice, out)) return;
  out.ascii('{"type":"function","name":');
  writeString(out, request.toolChoiceName);
  out.byte(0x7d);
}

/** Models before GPT-5 refuse a verbosity. */
function writeTextOptions(request: CanonicalRequest, takesVerbosity: bool, rules: ProviderRules, out: Bytes): void {
  const verbosity = takesVerbosity ? request.takeOption(Option.Verbosity) : ABSENT;
  if ((verbosity == ABSENT && request.outputFormat == OutputFormat.Unset) || !rules.writeKey(out, "text")) return;
  out.byte(0x7b);
  if (verbosity != ABSENT) {
    out.ascii('"verbosity":');
    writeText(out, verbosity);
  }
  if (request.outputFormat != OutputFormat.Unset) {
    if (verbosity != ABSENT) out.byte(0x2c);
    writeFormat(request, out);
  }
  out.byte(0x7d);
}

function writeFormat(request: CanonicalRequest, out: Bytes): void {
  if (request.outputFormat == OutputFormat.Json) {
    out.ascii('"format":{"type":"json_object"}');
    return;
  }
  out.ascii('"format":{"type":"json_schema","name":');
  if (sliceIsEmpty(request.outputSchemaName)) out.ascii('"output"');
  else writeString(out, request.outputSchemaName);
  out.ascii(',"schema":');
  writeText(out, request.outputSchema);
  out.ascii(request.outputIsStrict && isStrictSchema(request.outputSchema) ? ',"strict":true}' : ',"strict":false}');
}
