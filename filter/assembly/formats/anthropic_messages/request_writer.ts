import { Bytes } from "../../bytes/bytes";
import { readNumber, writeInteger } from "../../bytes/numbers";
import { claudeVersion, NOT_CLAUDE, searchesWeb, takesSampling, takesSchemas, thinksAdaptively } from "../../canonical/claude_models";
import { effortName, hasEffort, isThinkingOff, settleToolChoice, thinkingBudget, wantsThinking } from "../../canonical/claude_thinking";
import { wantedEffort } from "../../canonical/effort";
import { ProviderRules } from "../../canonical/field_rules";
import { CanonicalRequest, OutputFormat } from "../../canonical/request";
import { writeClosedSchema } from "../../canonical/schema_rules";
import { ABSENT, Slice, sliceLength, slicePtr, textOf } from "../../json/slice";
import { isBlank, writeString, writeText } from "../../json/text";
import { beginCacheMarks } from "./cache_control";
import { writeMessages, writeSystem } from "./message_writer";
import { writeToolChoice, writeTools } from "./tool_writer";

/** This API requires a limit of output tokens; what a request without one gets. The smallest limit of the models in service is higher. */
const OUTPUT_TOKENS_DEFAULT: i64 = 8192;

/** https://docs.anthropic.com/en/api/messages */
export function writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
  const version = claudeVersion(model);
  request.takesSealed = version != NOT_CLAUDE;
  beginCacheMarks();
  settleToolChoice(request, model, version);
  const start = out.length;
  if (rules.writeKey(out, "model")) writeString(out, textOf(model));
  const budget = thinkingBudget(request, version);
  if (rules.writeKey(out, "max_tokens")) writeMaxTokens(request, budget, out);
  if (!writeSystem(request, takesSchemas(version), rules, out) || !writeMessages(request, rules, out)) return false;
  if (request.tools.count > 0) {
    if (rules.writeKey(out, "tools")) writeTools(request, takesSchemas(version), out);
    writeToolChoice(request, rules, out);
  } else if (searchesWeb(version) && request.takeWebSearch() && rules.writeKey(out, "tools"))
    out.ascii('[{"type":"web_search_20250305","name":"web_search"}]');
  const thinks = writeThinking(request, model, version, budget, rules, out);
  writeSampling(request, version, thinks, rules, out);
  writeOutputConfig(request, model, version, rules, out);
  writeStopSequences(request, rules, out);
  if (sliceLength(request.endUser) > 0 && rules.writeKey(out, "metadata")) {
    out.ascii('{"user_id":');
    writeString(out, request.endUser);
    out.byte(0x7d);
  }
  if (request.stream && rules.writeKey(out, "stream")) out.ascii("true");
  // Each field was written with a comma before it.
  store<u8>(out.ptr + start, 0x7b);
  out.byte(0x7d);
  return true;
}

/** A limit that the client set is kept; one that it did not leaves room for the thinking besides. */
function writeMaxTokens(request: CanonicalRequest, budget: i64, out: Bytes): void {
  if (request.maxTokens != ABSENT) writeText(out, request.maxTokens);
  else writeInteger(out, OUTPUT_TOKENS_DEFAULT + budget);
}

/** Sequences of white space alone ("\n") are refused here. */
function writeStopSequences(request: CanonicalRequest, rules: ProviderRules, out: Bytes): void {
  let count = 0;
  for (let i: u32 = 0; i < request.stopSequences.count; i++) {
    const sequence = request.stopSequences.at(i).text;
    if (isBlank(sequence)) {
      request.drop("stop (white space)");
      continue;
    }
    if (count == 0 && !rules.writeKey(out, "stop_sequences")) return;
    out.byte(count++ == 0 ? 0x5b : 0x2c);
    writeString(out, sequence);
  }
  if (count > 0) out.byte(0x5d);
}

function valueOf(number: Slice): f64 {
  return readNumber(slicePtr(number), sliceLength(number));
}

/** Whether the request asks for thinking. */
function writeThinking(request: CanonicalRequest, model: Bytes, version: i32, budget: i64, rules: ProviderRules, out: Bytes): bool {
  if (isThinkingOff(request, model, version)) {
    if (rules.writeKey(out, "thinking")) out.ascii('{"type":"disabled"}');
    return false;
  }
  if (thinksAdaptively(version)) {
    if (!wantsThinking(request)) return false;
    if (rules.writeKey(out, "thinking")) out.ascii('{"type":"adaptive"}');
    return true;
  }
  if (budget == 0) return false;
  if (rules.writeKey(out, "thinking")) {
    out.ascii('{"type":"enabled","budget_tokens":');
    writeInteger(out, budget);
    out.byte(0x7d);
  }
  return true;
}

/**
 * Temperature is 0 to 2 with OpenAI and 0 to 1 here; what is above 1 asks for the most variety there is. While thinking, a Claude takes
 * neither it nor top_k.
 */
function writeSampling(request: CanonicalRequest, version: i32, thinks: bool, rules: ProviderRules, out: Bytes): void {
  if (!takesSampling(version) || (thinks && version != NOT_CLAUDE)) {
    if (request.temperature != ABSENT) request.drop("temperature");
    if (request.topP != ABSENT) request.drop("top_p");
    if (request.topK != ABSENT) request.drop("top_k");
    return;
  }
  if (request.temperature != ABSENT && rules.writeKey(out, "temperature")) {
    if (valueOf(request.temperature) > 1) out.byte(0x31);
    else writeText(out, request.temperature);
  }
  // Claude 4.5 refuses temperature and top_p together: https://docs.claude.com/en/docs/about-claude/models/migrating-to-claude-4
  if (request.topP != ABSENT) {
    if (request.temperature != ABSENT && version >= 401) request.drop("top_p");
    else if (rules.writeKey(out, "top_p")) writeText(out, request.topP);
  }
  if (request.topK != ABSENT && rules.writeKey(out, "top_k")) writeText(out, request.topK);
}

function writeOutputConfig(request: CanonicalRequest, model: Bytes, version: i32, rules: ProviderRules, out: Bytes): void {
  const withEffort = hasEffort(request, model, version);
  const withSchema = request.outputFormat == OutputFormat.JsonSchema && takesSchemas(version);
  if ((!withEffort && !withSchema) || !rules.writeKey(out, "output_config")) return;
  out.byte(0x7b);
  if (withEffort) {
    out.ascii('"effort":"');
    out.ascii(effortName(wantedEffort(request), version));
    out.byte(0x22);
  }
  if (withSchema) {
    if (withEffort) out.byte(0x2c);
    out.ascii('"format":{"type":"json_schema","schema":');
    writeClosedSchema(request.outputSchema, out);
    out.byte(0x7d);
  }
  out.byte(0x7d);
}
