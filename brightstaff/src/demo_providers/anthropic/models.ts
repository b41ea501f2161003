/** What a model takes that others refuse; sources beside each field. */
export interface AnthropicModelTraits {
  /** From Opus 4.7 on, temperature, top_p and top_k are gone (platform.claude.com/docs/en/about-claude/models/migration-guide). */
  sampling: boolean;
  /** From Opus 4.1 and the 4.5 models on, temperature and top_p exclude each other (the same guide). */
  oneSamplingParameter: boolean;
  /** An assistant message in final position; not from the 4.6 models on (platform.claude.com/docs/en/api/errors#prefill-not-supported). */
  prefill: boolean;
  /** `enabled` with a budget up to the 4.6 models, `adaptive` from them on (platform.claude.com/docs/en/build-with-claude/thinking). */
  thinking: readonly ("enabled" | "adaptive")[];
  /** Cannot be told not to think, as Fable, Mythos and the newer Opus and Sonnet (…/docs/en/models/opus-5-5/whats-new-opus-5-5). */
  thinksAlways: boolean;
  /** A system message after a user turn, from Opus 4.8 on (platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages). */
  systemMessages: boolean;
  /** platform.claude.com/docs/en/about-claude/models/overview. */
  outputTokensMax: number;
}

export function anthropicModelTraits(model: string): AnthropicModelTraits {
  const generation = generationOf(model);
  const thinking: ("enabled" | "adaptive")[] = [];
  if (generation >= 3.7 && generation < 4.7) thinking.push("enabled");
  if (generation >= 4.6) thinking.push("adaptive");
  return {
    sampling: generation < 4.7,
    oneSamplingParameter: generation >= 4.5 || model.includes("opus-4-1"),
    prefill: generation < 4.6,
    thinking,
    thinksAlways: generation >= 5 && (/fable|mythos/.test(model) || (generation >= 5.5 && !model.includes("haiku"))),
    systemMessages: generation >= 4.8 && !/sonnet-5(?!-5)/.test(model),
    outputTokensMax: outputTokensMax(model, generation),
  };
}

/** "claude-opus-4-8" → 4.8, "claude-3-7-sonnet-20250219" → 3.7; a name without a number is taken for the newest. */
function generationOf(model: string): number {
  if (model.includes("mythos-preview")) return 4.6;
  const numbers = /-(\d)(?:[-.](\d))?(?!\d)/.exec(model);
  return numbers === null ? Number.POSITIVE_INFINITY : Number(`${numbers[1]}.${numbers[2] ?? 0}`);
}

function outputTokensMax(model: string, generation: number): number {
  if (generation >= 4.6) return 128_000;
  if (generation < 3.5) return 4096;
  if (generation < 3.7) return 8192;
  return model.includes("opus-4") && generation < 4.5 ? 32_000 : 64_000;
}
