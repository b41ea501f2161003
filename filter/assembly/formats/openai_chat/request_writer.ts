import { indexOfAscii } from "../../bytes/ascii";
import { Bytes } from "../../bytes/bytes";
import { wantedEffort, writeEffort } from "../../canonical/effort";
import { ProviderRules } from "../../canonical/field_rules";
import { isOpenai, Reasoning, reasoningOf, takenEffort } from "../../canonical/openai_models";
import { writeOption, writeUser } from "../../canonical/openai_options";
import { writeToolChoiceWord } from "../../canonical/openai_tool_choice";
import { CanonicalRequest, Effort, Option, OutputFormat, ToolChoice } from "../../canonical/request";
import { isStrictSchema } from "../../canonical/schema_rules";
import { writeDescription } from "../../canonical/tool_description";
import { ABSENT, sliceIsEmpty, textOf } from "../../json/slice";
import { writeString, writeText } from "../../json/text";
import { writeMessages } from "./message_writer";

/** "Up to 4 sequences where the API will stop" (the page below). */
const STOP_SEQUENCES_MAX: u32 = 4;
/** https://platform.openai.com/docs/api-reference/chat/create */
export function writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
  const reasoning = reasoningOf(model);
  const start = out.length;
  if (rules.writeKey(out, "model")) writeString(out, textOf(model));
  if (rules.writeKey(out, "messages") && !writeMessages(request, out)) return false;
  // Every compatible server knows the old name; OpenAI's reasoning models refuse it.
  if (request.maxTokens != ABSENT && rules.writeKey(out, reasoning == Reasoning.None ? "max_tokens" : "max_completion_tokens"))
    writeText(out, request.maxTokens);
  const effort = effortOf(request, model, reasoning);
  const fixed = reasoning != Reasoning.None && effort != Effort.None;
  writeSampling(request, fixed, rules, out);
  if (!fixed && request.hasOption(Option.Logprobs)) writeLogprobs(request, rules, out);
  if (effort != Effort.Unset && rules.writeKey(out, "reasoning_effort")) writeEffort(effort, out);
  if (request.tools.count > 0) writeToolFields(request, rules, out);
  writeResponseFormat(request, rules, out);
  writeUser(request, rules, out);
  // Only these models search, and always do: https://platform.openai.com/docs/guides/tools-web-search?api-mode=chat
  if (indexOfAscii(model.ptr, model.length, "-search") >= 0 && request.takeWebSearch() && rules.writeKey(out, "web_search_options"))
    out.ascii("{}");
  if (isOpenai(model)) {
    writeOption(request, Option.PromptCacheKey, "prompt_cache_key", rules, out);
    writeOption(request, Option.ServiceTier, "service_tier", rules, out);
  }
  if (reasoning != Reasoning.None) writeOption(request, Option.Verbosity, "verbosity", rules, out);
  if (request.stream) {
    if (rules.writeKey(out, "stream")) out.ascii("true");
    // Always: the gateway counts the tokens, and other APIs' clients get them unasked.
    if (rules.writeKey(out, "stream_options")) out.ascii('{"include_usage":true}');
  }
  // Each field was written with a comma before it.
  store<u8>(out.ptr + start, 0x7b);
  out.byte(0x7d);
  return true;
}

function effortOf(request: CanonicalRequest, model: Bytes, reasoning: Reasoning): Effort {
  const wanted = wantedEffort(request);
  if (reasoning == Reasoning.NotWithTools && request.tools.count > 0) {
    if (wanted > Effort.None) request.drop("thinking (not with tools)");
    return Effort.None;
  }
  if (reasoning == Reasoning.None && wanted != Effort.Unset) {
    if (wanted != Effort.None) request.drop("thinking");
    return Effort.Unset;
  }
  return takenEffort(model, wanted);
}

/** `fixed`: the model reasons, and takes none of these. */
function writeSampling(request: CanonicalRequest, fixed: bool, rules: ProviderRules, out: Bytes): void {
  if (request.topK != ABSENT) request.drop("top_k");
  if (fixed) {
    if (request.temperature != ABSENT) request.drop("temperature");
    if (request.topP != ABSENT) request.drop("top_p");
    if (request.stopSequences.count > 0) request.drop("stop_sequences");
    return;
  }
  if (request.temperature != ABSENT && rules.writeKey(out, "temperature")) writeText(out, request.temperature);
  if (request.topP != ABSENT && rules.writeKey(out, "top_p")) writeText(out, request.topP);
  if (request.stopSequences.count > 0 && rules.writeKey(out, "stop")) writeStopSequences(request, out);
}

function writeLogprobs(request: CanonicalRequest, rules: ProviderRules, out: Bytes): void {
  request.takeOption(Option.Logprobs);
  if (rules.writeKey(out, "logprobs")) out.ascii("true");
  writeOption(request, Option.TopLogprobs, "top_logprobs", rules, out);
}

function writeStopSequences(request: CanonicalRequest, out: Bytes): void {
  let count = request.stopSequences.count;
  if (count > STOP_SEQUENCES_MAX) {
    request.drop("stop_sequences (more than four)");
    count = STOP_SEQUENCES_MAX;
  }
  for (let i: u32 = 0; i < count; i++) {
    out.byte(i == 0 ? 0x5b : 0x2c);
    writeString(out, request.stopSequences.at(i).text);
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
    out.ascii(i == 0 ? '[{"type":"function","function":{"name":' : ',{"type":"function","function":{"name":');
    writeString(out, tool.name);
    writeDescription(tool, out);
    if (tool.text != ABSENT) {
      out.ascii(',"parameters":');
      writeText(out, tool.text);
    }
    if (tool.isStrict) {
      if (tool.text != ABSENT && isStrictSchema(tool.text)) out.ascii(',"strict":true');
      else request.drop("tools[].strict");
    }
    out.ascii("}}");
  }
  out.byte(0x5d);
}

function writeToolChoice(request: CanonicalRequest, out: Bytes): void {
  if (writeToolChoiceWord(request.toolChoice, out)) return;
  out.ascii('{"type":"function","function":{"name":');
  writeString(out, request.toolChoiceName);
  out.ascii("}}");
}

function writeResponseFormat(request: CanonicalRequest, rules: ProviderRules, out: Bytes): void {
  if (request.outputFormat == OutputFormat.Unset || !rules.writeKey(out, "response_format")) return;
  if (request.outputFormat == OutputFormat.Json) {
    out.ascii('{"type":"json_object"}');
    return;
  }
  out.ascii('{"type":"json_schema","json_schema":{"name":');
  if (sliceIsEmpty(request.outputSchemaName)) out.ascii('"output"');
  else writeString(out, request.outputSchemaName);
  out.ascii(',"schema":');
  writeText(out, request.outputSchema);
  if (request.outputIsStrict && isStrictSchema(request.outputSchema)) out.ascii(',"strict":true');
  out.ascii("}}");
}
