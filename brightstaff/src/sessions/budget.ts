import type { Price, RoutingBudget, TokenRates } from "../config/gateway_config.ts";
import { ratesFor } from "../ranking/rank.ts";
import type { SessionBinding } from "./binding.ts";

// Plano's routing_budget, term by term: katanemo/plano, crates/brightstaff/src/handlers/llm/session_router.rs and its description in
// config/plano_config_schema.yaml. All of it is input tokens: what an answer costs does not depend on the cache.

const TOKENS_PER_MTOK = 1_000_000;

export type BudgetFacts = {
  readonly budget: RoutingBudget;
  readonly prices: ReadonlyMap<string, Price>;
  /** What the conversation is now, as input. */
  readonly context_tokens: number;
  /** Visits since then may still be cached. */
  readonly warmSince_ms: number;
};

/** Plano's names of the reasons. */
export type SwitchReason = "free" | "within_cap" | "over_cap" | "no_pricing";

export type SwitchVerdict = {
  readonly isAllowed: boolean;
  readonly reason: SwitchReason;
  /** What the conversation's switches have cost with this one, if it is allowed. */
  readonly switchSpend_usd: number;
};

/** What a turn costs on the model that the conversation would be on without any switch; 0 where its price is not known. */
export function turnBaseline_usd({ firstModel }: SessionBinding, { prices, budget, context_tokens }: BudgetFacts): number {
  const price = prices.get(firstModel);
  return price === undefined ? 0 : (context_tokens * cachedRate(ratesFor(price, context_tokens), budget)) / TOKENS_PER_MTOK;
}

/**
 * May a warm conversation go to `candidate`? What it costs is reading all of it anew there, less reading it from the cache where it is; a
 * candidate that it was on before has read part of it. It is allowed while all switches together have cost at most the budget's share of what
 * the conversation would have cost without any; `baseline_usd` has this turn in it.
 */
export function judgeSwitch(binding: SessionBinding, candidate: string, baseline_usd: number, facts: BudgetFacts): SwitchVerdict {
  const { switchSpend_usd } = binding;
  const cost_usd = switchCost_usd(binding, candidate, facts);
  // Without a price there is nothing to hold against the router's choice.
  if (cost_usd === null) return { isAllowed: true, reason: "no_pricing", switchSpend_usd };
  // What is saved was never spent, so it pays for no later switch.
  if (cost_usd <= 0) return { isAllowed: true, reason: "free", switchSpend_usd };
  const isAllowed = switchSpend_usd + cost_usd <= (facts.budget.maxSwitchSpend_pct / 100) * baseline_usd;
  if (!isAllowed) return { isAllowed, reason: "over_cap", switchSpend_usd };
  return { isAllowed, reason: "within_cap", switchSpend_usd: switchSpend_usd + cost_usd };
}

function switchCost_usd(binding: SessionBinding, candidate: string, facts: BudgetFacts): number | null {
  const { prices, budget, context_tokens } = facts;
  const priceHere = prices.get(binding.model);
  const priceThere = prices.get(candidate);
  if (priceHere === undefined || priceThere === undefined) return null;
  const here = ratesFor(priceHere, context_tokens);
  const there = ratesFor(priceThere, context_tokens);
  const warm_tokens = warmTokens(binding, candidate, facts);
  const costThere = (context_tokens - warm_tokens) * there.input_usd_per_mtok + warm_tokens * cachedRate(there, budget);
  return (costThere - context_tokens * cachedRate(here, budget)) / TOKENS_PER_MTOK;
}

/** How much of the conversation a model may still have in its cache from an earlier turn. */
function warmTokens({ visits }: SessionBinding, candidate: string, { warmSince_ms, context_tokens }: BudgetFacts): number {
  const visit = visits.find(({ model, lastUsed_ms }) => model === candidate && lastUsed_ms >= warmSince_ms);
  return visit === undefined ? 0 : Math.min(visit.context_tokens, context_tokens);
}

function cachedRate(rates: TokenRates, { cacheReadDiscount }: RoutingBudget): number {
  return rates.cachedInput_usd_per_mtok ?? rates.input_usd_per_mtok * cacheReadDiscount;
}
