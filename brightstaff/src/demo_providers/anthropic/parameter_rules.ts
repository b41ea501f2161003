import { asArray, isObject, type JsonObject } from "../wire.ts";
import { anthropicModelTraits } from "./models.ts";
import type { AnthropicVersion } from "./versions.ts";

/** platform.claude.com/docs/en/build-with-claude/prompt-caching: breakpoints of one request. */
const CACHE_BREAKPOINTS_MAX = 4;
const NESTING_MAX = 8;

/** Parameters that contradict each other or the model. The body has passed the schema. */
export function parameterProblem(body: JsonObject, version: AnthropicVersion): string | null {
  const model = String(body.model);
  const traits = anthropicModelTraits(model);
  const maxTokens = Number(body.max_tokens);
  if (maxTokens > traits.outputTokensMax) {
    return `max_tokens: ${maxTokens} > ${traits.outputTokensMax}, which is the maximum allowed number of output tokens for ${model}`;
  }
  if (asArray(body.stop_sequences).some((sequence) => String(sequence).trim() === "")) {
    return "stop_sequences: each stop sequence must contain non-whitespace";
  }
  if (countCacheControls(body, 0) > CACHE_BREAKPOINTS_MAX) {
    return `A maximum of ${CACHE_BREAKPOINTS_MAX} blocks with cache_control may be provided. Found ${countCacheControls(body, 0)}.`;
  }
  return samplingProblem(body, traits, version) ?? thinkingProblem(body, traits, maxTokens) ?? toolsProblem(body);
}

type Traits = ReturnType<typeof anthropicModelTraits>;

/** What models without sampling parameters still take for old clients' sake (platform.claude.com/docs/en/api/messages). */
const HARMLESS: Record<string, (value: number) => boolean> = { temperature: (value) => value === 1, top_p: (value) => value >= 0.99 };

function samplingProblem(body: JsonObject, traits: Traits, version: AnthropicVersion): string | null {
  const set = ["temperature", "top_p", "top_k"].filter((name) => body[name] !== undefined);
  if (version === "2026-10-21" && set[0] !== undefined) return `${set[0]}: Extra inputs are not permitted`;
  const refused = traits.sampling ? undefined : set.find((name) => !HARMLESS[name]?.(Number(body[name])));
  if (refused !== undefined) return `\`${refused}\` is deprecated for this model.`;
  if (set.includes("temperature") && set.includes("top_p") && traits.oneSamplingParameter) {
    return "`temperature` and `top_p` cannot both be specified for this model. Please use only one.";
  }
  return null;
}

/** platform.claude.com/docs/en/build-with-claude/extended-thinking: budget, sampling and tool choice while thinking. */
function thinkingProblem(body: JsonObject, traits: Traits, maxTokens: number): string | null {
  const thinking = body.thinking;
  if (isObject(thinking) && thinking.type === "disabled" && traits.thinksAlways) {
    return '"thinking.type.disabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.';
  }
  if (!isObject(thinking) || (thinking.type !== "enabled" && thinking.type !== "adaptive")) return null;
  if (!traits.thinking.includes(thinking.type)) return `"thinking.type.${thinking.type}" is not supported for this model.`;
  if (thinking.type === "enabled" && maxTokens <= Number(thinking.budget_tokens)) {
    return "`max_tokens` must be greater than `thinking.budget_tokens`.";
  }
  if (body.temperature !== undefined && body.temperature !== 1) return "`temperature` may only be set to 1 when thinking is enabled.";
  if (typeof body.top_p === "number" && body.top_p < 0.95) {
    return "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.";
  }
  if (body.top_k !== undefined) return "`top_k` must be unset when thinking is enabled.";
  const forced = isObject(body.tool_choice) && (body.tool_choice.type === "any" || body.tool_choice.type === "tool");
  return forced ? "Thinking may not be enabled when tool_choice forces tool use." : null;
}

function toolsProblem(body: JsonObject): string | null {
  const names = asArray(body.tools)
    .filter(isObject)
    .map((tool) => tool.name);
  if (new Set(names).size < names.length) return "tools: Tool names must be unique.";
  const choice = body.tool_choice;
  if (!isObject(choice)) return null;
  if (names.length === 0 && choice.type !== "none") return "tool_choice may only be specified while providing tools.";
  return choice.type === "tool" && !names.includes(choice.name) ? `Tool '${choice.name}' not found in provided tools` : null;
}

function countCacheControls(value: unknown, depth: number): number {
  if (depth > NESTING_MAX) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countCacheControls(item, depth + 1), 0);
  if (!isObject(value)) return 0;
  const own = isObject(value.cache_control) ? 1 : 0;
  return ["system", "tools", "messages", "content"].reduce((sum, key) => sum + countCacheControls(value[key], depth + 1), own);
}
