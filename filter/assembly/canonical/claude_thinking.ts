import { Bytes } from "../bytes/bytes";
import { readInteger, readNumber } from "../bytes/numbers";
import { ABSENT, sliceLength, slicePtr } from "../json/slice";
import { takesExtraHigh, takesForcedTools, thinksAdaptively, thinksAlways, thinksUnasked } from "./claude_models";
import { wantedEffort } from "./effort";
import { Message, PartKind, Role } from "./parts";
import { CanonicalRequest, Effort, ToolChoice } from "./request";
import { Seal } from "./seal";

// How an effort is asked of a Claude, at Anthropic's own API or on another platform.

/** https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking : the smallest budget that is accepted. */
const THINKING_TOKENS_MIN: i64 = 1024;

/** Forced tools and thinking exclude each other, and the tools were asked for by name. */
export function wantsThinking(request: CanonicalRequest): bool {
  if (wantedEffort(request) <= Effort.None) return false;
  const forced = request.tools.count > 0 && (request.toolChoice == ToolChoice.Required || request.toolChoice == ToolChoice.Named);
  if (forced) request.drop("reasoning_effort (a tool is forced)");
  return !forced;
}

/** Whether a model that would think is told not to: no thinking was asked for, and it can be told. */
export function isThinkingOff(request: CanonicalRequest, model: Bytes, version: i32): bool {
  return wantedEffort(request) == Effort.None && thinksUnasked(version) && !thinksAlways(model, version);
}

/** Whether a model is asked for an effort, which is the lowest where it cannot be told not to think. */
export function hasEffort(request: CanonicalRequest, model: Bytes, version: i32): bool {
  if (!thinksAdaptively(version)) return false;
  return wantedEffort(request) == Effort.None ? thinksAlways(model, version) : wantsThinking(request);
}

/** A model that cannot be forced to call a tool is left the choice, as its maker advises. */
export function settleToolChoice(request: CanonicalRequest, model: Bytes, version: i32): void {
  if (takesForcedTools(model, version)) return;
  if (request.toolChoice != ToolChoice.Required && request.toolChoice != ToolChoice.Named) return;
  request.drop("tool_choice (the model cannot be forced)");
  request.toolChoice = ToolChoice.Auto;
}

/** Tokens for thinking on models that take a budget; 0: no thinking, or another way to ask for it. */
export function thinkingBudget(request: CanonicalRequest, version: i32): i64 {
  if (thinksAdaptively(version) || !wantsThinking(request)) return 0;
  if (isInToolLoop(request)) {
    request.drop("reasoning_effort (within a tool loop)");
    return 0;
  }
  // A client that says how many tokens knows its limit too.
  if (request.effort == Effort.Unset) return readInteger(slicePtr(request.reasoningBudget), sliceLength(request.reasoningBudget));
  const budget = budgetOf(request.effort);
  if (request.maxTokens == ABSENT) return budget;
  // Thinking counts toward the limit, and half of it is left to the answer.
  const half = <i64>readNumber(slicePtr(request.maxTokens), sliceLength(request.maxTokens)) / 2;
  if (half >= THINKING_TOKENS_MIN) return half < budget ? half : budget;
  request.drop("reasoning_effort (the limit of output tokens leaves no room)");
  return 0;
}

/**
 * Whether the last of the assistant's turns called tools. With a budget such a turn has to begin with the thinking that led to it, which
 * most clients do not have: https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
 */
function isInToolLoop(request: CanonicalRequest): bool {
  for (let i = <i32>request.messages.count - 1; i >= 0; i--) {
    const message = request.messages.at(i);
    if (message.role == <u8>Role.Assistant) return request.has(message, PartKind.ToolCall) && !hasThinking(request, message);
  }
  return false;
}

function hasThinking(request: CanonicalRequest, message: Message): bool {
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const seal = request.parts.at(i).seal;
    if (seal == <u8>Seal.Claude || seal == <u8>Seal.ClaudeRedacted) return request.takesSealed;
  }
  return false;
}

function budgetOf(effort: Effort): i64 {
  switch (effort) {
    case Effort.Minimal:
      return THINKING_TOKENS_MIN;
    case Effort.Low:
      return 2048;
    case Effort.Medium:
      return 8192;
    case Effort.High:
      return 16384;
    default:
      return 20480; // with the 8,192 tokens of an answer without a limit of its own below the 32,000 of Claude Opus 4
  }
}

/** What `output_config.effort` calls an effort; the next lower one where the model does not know it. */
export function effortName(effort: Effort, version: i32): string {
  switch (effort) {
    case Effort.None:
    case Effort.Minimal:
    case Effort.Low:
      return "low";
    case Effort.Medium:
      return "medium";
    case Effort.ExtraHigh:
      return takesExtraHigh(version) ? "xhigh" : "high";
    case Effort.Max:
      return "max";
    default:
      return "high";
  }
}
