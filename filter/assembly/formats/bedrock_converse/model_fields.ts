import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { claudeVersion, NOT_CLAUDE, takesSampling } from "../../canonical/claude_models";
import { effortName, hasEffort, isThinkingOff, thinkingBudget } from "../../canonical/claude_thinking";
import { wantedEffort, writeEffort } from "../../canonical/effort";
import { ProviderRules } from "../../canonical/field_rules";
import { CanonicalRequest, Effort } from "../../canonical/request";
import { ABSENT } from "../../json/slice";
import { writeText } from "../../json/text";
import { isGptOss, isNova, isNova2, isOpenai } from "./models";

// What only some models have is said in their makers' own terms, in `additionalModelRequestFields`:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html

/** How the model is asked to reason. */
const enum Reasoning {
  None,
  /** Claude's `thinking` with a budget. */
  Budget,
  /** Claude's `thinking` as it sees fit, at an effort. */
  Adaptive,
  /** No `thinking` of a Claude that would think. */
  Off,
  /** The lowest effort of a Claude that cannot be told not to think. */
  Least,
  /** Nova's `reasoningConfig`. */
  Nova,
  /** gpt-oss has `reasoning_effort`, OpenAI's other models here `reasoning.effort`: https://github.com/anomalyco/opencode/pull/48195 */
  GptOss,
  Openai,
}

// Of the request that is being written.
let reasoning: Reasoning = Reasoning.None;
let budget_tokens: i64 = 0;

/** Decides how the model is asked to reason, which other fields depend on. */
export function planReasoning(request: CanonicalRequest, model: Bytes): void {
  const version = claudeVersion(model);
  reasoning = Reasoning.None;
  if (request.effort == Effort.Unset && request.reasoningBudget == ABSENT) return;
  if (version != NOT_CLAUDE) {
    budget_tokens = thinkingBudget(request, version);
    if (budget_tokens > 0) reasoning = Reasoning.Budget;
    else if (isThinkingOff(request, model, version)) reasoning = Reasoning.Off;
    else if (hasEffort(request, model, version)) reasoning = wantedEffort(request) == Effort.None ? Reasoning.Least : Reasoning.Adaptive;
  } else if (isNova2(model)) reasoning = wantedEffort(request) == Effort.None ? Reasoning.None : Reasoning.Nova;
  else if (isGptOss(model)) reasoning = Reasoning.GptOss;
  else if (isOpenai(model)) reasoning = Reasoning.Openai;
  else request.drop("reasoning");
}

/** Whether the request asks a Claude to think. */
export function isThinking(): bool {
  return reasoning == Reasoning.Budget || reasoning == Reasoning.Adaptive;
}

export function writeModelFields(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): void {
  const before = out.length;
  if (!rules.writeKey(out, "additionalModelRequestFields")) return;
  const start = out.length;
  writeReasoning(request, out);
  writeTopK(request, model, out);
  if (out.length == start) {
    out.length = before;
    return;
  }
  store<u8>(out.ptr + start, 0x7b);
  out.byte(0x7d);
}

function writeReasoning(request: CanonicalRequest, out: Bytes): void {
  switch (reasoning) {
    case Reasoning.Budget:
      out.ascii(',"thinking":{"type":"enabled","budget_tokens":');
      writeInteger(out, budget_tokens);
      out.byte(0x7d);
      break;
    case Reasoning.Adaptive:
      out.ascii(',"thinking":{"type":"adaptive"}');
      break;
    case Reasoning.Off:
      out.ascii(',"thinking":{"type":"disabled"}');
      break;
    case Reasoning.Nova:
      out.ascii(',"reasoningConfig":{"type":"enabled","maxReasoningEffort":"');
      out.ascii(novaEffort(request));
      out.ascii('"}');
      break;
    case Reasoning.GptOss:
      out.ascii(',"reasoning_effort":"');
      out.ascii(threeEfforts(wantedEffort(request)));
      out.byte(0x22);
      break;
    case Reasoning.Openai:
      out.ascii(',"reasoning":{"effort":');
      writeEffort(withoutMinimal(wantedEffort(request)), out);
      out.byte(0x7d);
      break;
  }
}

/** The high effort excludes limits and sampling parameters, which the client set and means. */
function novaEffort(request: CanonicalRequest): string {
  const isBound = request.maxTokens != ABSENT || request.temperature != ABSENT || request.topP != ABSENT || request.topK != ABSENT;
  const effort = wantedEffort(request);
  return effort > Effort.Medium && isBound ? "medium" : threeEfforts(effort);
}

function threeEfforts(effort: Effort): string {
  if (effort <= Effort.Low) return "low";
  return effort == Effort.Medium ? "medium" : "high";
}

/** Refused by the newer models: https://github.com/stdapi-ai/stdapi.ai/issues/283 */
function withoutMinimal(effort: Effort): Effort {
  return effort == Effort.Minimal ? Effort.Low : effort;
}

/**
 * Claude: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html , Nova:
 * https://docs.aws.amazon.com/nova/latest/userguide/using-converse-api.html
 */
function writeTopK(request: CanonicalRequest, model: Bytes, out: Bytes): void {
  if (request.topK == ABSENT) return;
  const version = claudeVersion(model);
  if (version != NOT_CLAUDE && takesSampling(version) && !isThinking()) {
    out.ascii(',"top_k":');
    writeText(out, request.topK);
  } else if (isNova(model)) {
    out.ascii(',"inferenceConfig":{"topK":');
    writeText(out, request.topK);
    out.byte(0x7d);
  } else request.drop("top_k");
}

/** The effort's place beside the answer's form: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_OutputConfig.html */
export function writeOutputEffort(request: CanonicalRequest, model: Bytes, out: Bytes): void {
  if (reasoning != Reasoning.Adaptive && reasoning != Reasoning.Least) return;
  out.ascii(',"effort":"');
  out.ascii(effortName(wantedEffort(request), claudeVersion(model)));
  out.byte(0x22);
}
