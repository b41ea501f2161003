/** A model that a conversation was answered by, whose prompt cache may still hold what it read then. */
export type Visit = {
  readonly model: string;
  /** Milliseconds since 1970: Redis may be shared by machines that started at other times. */
  readonly lastUsed_ms: number;
  readonly context_tokens: number;
};

/**
 * What is remembered of a conversation: the model that it is on, and what its switches have cost. No word of it.
 * The budget's figures are those of Plano's `SessionBinding` (katanemo/plano, crates/brightstaff/src/session_cache/mod.rs).
 */
export type SessionBinding = {
  /** The model that answers, whose prompt cache is warm. */
  readonly model: string;
  /** The task that it was chosen for; null when none matched. */
  readonly route: string | null;
  /** What the user had said last, hashed by the filter: the steps of a tool loop share it with the turn that began it. */
  readonly said: string;
  readonly lastUsed_ms: number;
  /** The model that it would be on had it never switched, since its cache was last cold. */
  readonly firstModel: string;
  /** What its turns would have cost on `firstModel`. */
  readonly baseline_usd: number;
  /** What its switches have cost on top. */
  readonly switchSpend_usd: number;
  /** The models that it was on, each once, VISITS_MAX at most. */
  readonly visits: readonly Visit[];
};

export const VISITS_MAX = 8;

/** `visits` with one more, in place of the same model's last one; the one longest ago goes when there are too many. */
export function addVisit(visits: readonly Visit[], visit: Visit): Visit[] {
  const others = visits.filter(({ model }) => model !== visit.model);
  const kept = others.sort((a, b) => b.lastUsed_ms - a.lastUsed_ms).slice(0, VISITS_MAX - 1);
  return [visit, ...kept];
}

export function writeBinding(binding: SessionBinding): string {
  return JSON.stringify(binding);
}

/** null for what is no binding of this version: others may write to the same Redis. */
export function readBinding(text: string): SessionBinding | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isBinding(value) ? value : null;
}

function isBinding(value: unknown): value is SessionBinding {
  if (typeof value !== "object" || value === null) return false;
  const { model, route, said, lastUsed_ms, firstModel, baseline_usd, switchSpend_usd, visits } = value as Record<string, unknown>;
  return (
    typeof model === "string" &&
    (route === null || typeof route === "string") &&
    typeof said === "string" &&
    typeof firstModel === "string" &&
    [lastUsed_ms, baseline_usd, switchSpend_usd].every(Number.isFinite) &&
    Array.isArray(visits) &&
    visits.length <= VISITS_MAX &&
    visits.every(isVisit)
  );
}

function isVisit(value: unknown): value is Visit {
  if (typeof value !== "object" || value === null) return false;
  const { model, lastUsed_ms, context_tokens } = value as Record<string, unknown>;
  return typeof model === "string" && Number.isFinite(lastUsed_ms) && Number.isFinite(context_tokens);
}
