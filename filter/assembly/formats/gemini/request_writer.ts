import { Bytes } from "../../bytes/bytes";
import { readNumber, writeInteger } from "../../bytes/numbers";
import { wantedEffort } from "../../canonical/effort";
import { ProviderRules } from "../../canonical/field_rules";
import { CanonicalRequest, Effort, Option, OutputFormat } from "../../canonical/request";
import { ABSENT, Slice, sliceLength, slicePtr } from "../../json/slice";
import { writeString, writeText } from "../../json/text";
import { writeContents, writeSystemInstruction } from "./content_writer";
import {
  FLASH_BUDGET_TOKENS_MAX,
  geminiVersion,
  isPro,
  PRO_BUDGET_TOKENS_MAX,
  PRO_BUDGET_TOKENS_MIN,
  takesMinimal,
  takesSchemaWithTools,
  thinksAtLevel,
  thinksOnBudget,
} from "./models";
import { writeToolChoice, writeTools } from "./tool_writer";

/** "The set of character sequences (up to 5)": https://ai.google.dev/api/generate-content#v1beta.GenerationConfig */
const STOP_SEQUENCES_MAX: u32 = 5;

/** https://ai.google.dev/api/generate-content . Model and streaming are told by the path. */
export function writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
  const start = out.length;
  const version = geminiVersion(model);
  if (!writeSystemInstruction(request, rules, out)) return false;
  if (!writeContents(request, version, rules, out)) return false;
  writeTools(request, version, rules, out);
  writeToolChoice(request, rules, out);
  if (rules.writeKey(out, "generationConfig")) writeGenerationConfig(request, model, version, out);
  if (request.endUser != ABSENT) request.drop("user");
  // Each field was written with a comma before it.
  if (out.length == start) out.byte(0x7b);
  else store<u8>(out.ptr + start, 0x7b);
  out.byte(0x7d);
  return true;
}

function writeGenerationConfig(request: CanonicalRequest, model: Bytes, version: i32, out: Bytes): void {
  const start = out.length;
  writeNumber(out, "maxOutputTokens", request.maxTokens);
  writeNumber(out, "temperature", request.temperature);
  writeNumber(out, "topP", request.topP);
  writeNumber(out, "topK", request.topK);
  writeNumber(out, "seed", request.takeOption(Option.Seed));
  writeNumber(out, "presencePenalty", request.takeOption(Option.PresencePenalty));
  writeNumber(out, "frequencyPenalty", request.takeOption(Option.FrequencyPenalty));
  writeStopSequences(request, out);
  writeOutputFormat(request, version, out);
  writeThinking(request, model, version, out);
  writeLogprobs(request, out);
  if (out.length == start) out.byte(0x7b);
  else store<u8>(out.ptr + start, 0x7b);
  out.byte(0x7d);
}

function writeKey(out: Bytes, key: string): void {
  out.ascii(',"');
  out.ascii(key);
  out.ascii('":');
}

function writeNumber(out: Bytes, key: string, value: Slice): void {
  if (value == ABSENT) return;
  writeKey(out, key);
  writeText(out, value);
}

/** A model that tells nothing of its tokens refuses the request; no page says which do. */
function writeLogprobs(request: CanonicalRequest, out: Bytes): void {
  if (!request.hasOption(Option.Logprobs)) return;
  request.takeOption(Option.Logprobs);
  out.ascii(',"responseLogprobs":true');
  writeNumber(out, "logprobs", request.takeOption(Option.TopLogprobs));
}

function writeStopSequences(request: CanonicalRequest, out: Bytes): void {
  let count = request.stopSequences.count;
  if (count == 0) return;
  if (count > STOP_SEQUENCES_MAX) {
    request.drop("stop_sequences (more than five)");
    count = STOP_SEQUENCES_MAX;
  }
  writeKey(out, "stopSequences");
  for (let i: u32 = 0; i < count; i++) {
    out.byte(i == 0 ? 0x5b : 0x2c);
    writeString(out, request.stopSequences.at(i).text);
  }
  out.byte(0x5d);
}

function writeOutputFormat(request: CanonicalRequest, version: i32, out: Bytes): void {
  if (request.outputFormat == OutputFormat.Unset) return;
  if (request.tools.count > 0 && !takesSchemaWithTools(version)) {
    request.drop("response_format (not with tools)");
    return;
  }
  out.ascii(',"responseMimeType":"application/json"');
  if (request.outputFormat != OutputFormat.JsonSchema) return;
  out.ascii(',"responseJsonSchema":');
  writeText(out, request.outputSchema);
}

/** Whoever asks for thinking is shown its summary, as far as the client's API has a place for it. */
function writeThinking(request: CanonicalRequest, model: Bytes, version: i32, out: Bytes): void {
  if (request.effort == Effort.Unset && request.reasoningBudget == ABSENT) return;
  if (thinksAtLevel(version)) {
    out.ascii(',"thinkingConfig":{"thinkingLevel":"');
    out.ascii(levelOf(request, version, model));
    out.byte(0x22);
  } else if (thinksOnBudget(version)) {
    out.ascii(',"thinkingConfig":{"thinkingBudget":');
    writeInteger(out, budgetOf(request, model));
  } else {
    if (request.effort != Effort.None) request.drop("reasoning");
    return;
  }
  out.ascii(request.effort == Effort.None ? "}" : ',"includeThoughts":true}');
}

/** LOW and HIGH are what every model knows, and MEDIUM all but Gemini 3 Pro. There is nothing above HIGH. */
function levelOf(request: CanonicalRequest, version: i32, model: Bytes): string {
  switch (wantedEffort(request)) {
    case Effort.None:
    case Effort.Minimal:
      return takesMinimal(model, version) ? "MINIMAL" : "LOW";
    case Effort.Low:
      return "LOW";
    case Effort.Medium:
      return version == 300 && isPro(model) ? "HIGH" : "MEDIUM";
    default:
      return "HIGH";
  }
}

/** The budgets that Google's own chat completions API gives to efforts: https://ai.google.dev/gemini-api/docs/openai#thinking */
function budgetOf(request: CanonicalRequest, model: Bytes): i64 {
  const most = isPro(model) ? PRO_BUDGET_TOKENS_MAX : FLASH_BUDGET_TOKENS_MAX;
  if (request.effort == Effort.Unset) {
    const budget = <i64>valueOf(request.reasoningBudget);
    return budget < most ? budget : most;
  }
  switch (request.effort) {
    case Effort.None:
      return isPro(model) ? PRO_BUDGET_TOKENS_MIN : 0;
    case Effort.Minimal:
    case Effort.Low:
      return 1024;
    case Effort.Medium:
      return 8192;
    default:
      return request.effort == Effort.High ? FLASH_BUDGET_TOKENS_MAX : most;
  }
}

function valueOf(number: Slice): f64 {
  return readNumber(slicePtr(number), sliceLength(number));
}
