import type { Price, RoutingBudget, SessionSettings } from "../config/gateway_config.ts";
import { addVisit, type SessionBinding } from "./binding.ts";
import { judgeSwitch, type SwitchReason, turnBaseline_usd } from "./budget.ts";

/** A request of a conversation, as the filter tells it. */
export type SessionRequest = {
  /** Who asks, which router, and the conversation's own id or how it begins, hashed by the filter: 32 hexadecimal digits. */
  readonly key: string;
  /** The client named the session, by x-model-affinity. */
  readonly explicit: boolean;
  /** `opening`: nothing was answered yet. `user`: the user said something new. `continuation`: a step of a tool loop, or the like. */
  readonly turn: "opening" | "user" | "continuation";
  /** A hash of what the user has said last, 16 hexadecimal digits. */
  readonly said: string;
  /** The model that answered the turn before, where that was another than was decided: the first ones had failed. */
  readonly answered?: string;
  /** This request's own limit in place of the config's, in percent. */
  readonly max_switch_spend_pct?: number;
};

export type SessionState = "new" | "pinned" | "switched";

/** Why a conversation is on its model. Plano's names, where it has one. */
export type SessionReason =
  /** new: its first turn; or nothing is known of it (any more) */
  | "opening"
  | "unknown"
  /** pinned: by its id; inside a tool loop; to the model of the same task; as no task matched; as it is the same model anyway */
  | "affinity"
  | "tool_loop"
  | "same_route"
  | "no_route"
  | "same_anchor"
  /** switched: for another task; for one, as no cache is lost by it; as its model asked to be left alone */
  | "new_route"
  | "cold"
  | "cooldown"
  | SwitchReason;

/** What routing would choose: `model` is the first of the route's, or what stands in where no task matched. */
export type Routed = { readonly route: string | null; readonly model: string };

export type TurnFacts = {
  readonly now_ms: number;
  readonly settings: SessionSettings;
  readonly prices: ReadonlyMap<string, Price>;
  /** The conversation's length as input. */
  readonly context_tokens: number;
};

export type Settled = { readonly state: SessionState; readonly reason: SessionReason; readonly binding: SessionBinding };

/** The budget that holds for a request: its own limit turns one on where the config has none, as in Plano. */
export function budgetOf({ budget }: SessionSettings, { max_switch_spend_pct }: SessionRequest): RoutingBudget | null {
  if (max_switch_spend_pct === undefined) return budget;
  const { replenishOnRebind, cacheReadDiscount } = budget ?? { replenishOnRebind: true, cacheReadDiscount: 0.1 };
  return { maxSwitchSpend_pct: max_switch_spend_pct, replenishOnRebind, cacheReadDiscount };
}

/** Why a known conversation stays where it is without being routed; null when it is to be routed. */
export function stayReason(binding: SessionBinding, request: SessionRequest, settings: SessionSettings): "affinity" | "tool_loop" | null {
  // Not a loop in which the user has spoken since, or one of another conversation that began alike.
  const isOfTurn = request.turn === "continuation" && request.said === binding.said;
  if (isOfTurn && settings.routeOnUserOnly) return "tool_loop";
  // With a budget, a session by id is routed at each of its user's turns, too, and the budget decides.
  return request.explicit && budgetOf(settings, request) === null ? "affinity" : null;
}

/** A known conversation goes on where it is. */
export function stay(binding: SessionBinding, request: SessionRequest, facts: TurnFacts): SessionBinding {
  return goOn(binding, { route: binding.route, model: binding.model }, null, request, facts);
}

/** A conversation that nothing is known of, or of which nothing counts. */
export function begin(routed: Routed, { said }: SessionRequest, { now_ms, context_tokens }: TurnFacts): SessionBinding {
  return {
    ...routed,
    said,
    lastUsed_ms: now_ms,
    firstModel: routed.model,
    baseline_usd: 0,
    switchSpend_usd: 0,
    visits: [{ model: routed.model, lastUsed_ms: now_ms, context_tokens }],
  };
}

/** A known conversation was routed anew: does it go there? A warm one stays unless the new task is worth what the switch costs. */
export function settle(binding: SessionBinding, routed: Routed, request: SessionRequest, facts: TurnFacts): Settled {
  const stayed = (reason: SessionReason): Settled => ({ state: "pinned", reason, binding: stay(binding, request, facts) });
  if (routed.route === null) return stayed("no_route"); // thanks, for example: nothing asks for another model
  if (routed.route === binding.route) return stayed("same_route");
  const moved = (spend_usd: number | null): SessionBinding => goOn(binding, routed, spend_usd, request, facts);
  if (routed.model === binding.model) return { state: "pinned", reason: "same_anchor", binding: moved(null) };
  if (!isWarm(binding, facts)) return { state: "switched", reason: "cold", binding: moved(null) };
  const budget = budgetOf(facts.settings, request);
  if (budget === null) return { state: "switched", reason: "new_route", binding: moved(null) };
  const budgetFacts = { ...facts, budget, warmSince_ms: facts.now_ms - facts.settings.warm_ms };
  const baseline_usd = binding.baseline_usd + turnBaseline_usd(binding, budgetFacts);
  const { isAllowed, reason, switchSpend_usd } = judgeSwitch(binding, routed.model, baseline_usd, budgetFacts);
  return isAllowed ? { state: "switched", reason, binding: moved(switchSpend_usd) } : stayed(reason);
}

/** `spend_usd`: what all switches have cost by now, null when that has not changed. */
function goOn(
  binding: SessionBinding,
  { route, model }: Routed,
  spend_usd: number | null,
  request: SessionRequest,
  facts: TurnFacts,
): SessionBinding {
  const { now_ms, context_tokens, settings } = facts;
  const visits = addVisit(binding.visits, { model, lastUsed_ms: now_ms, context_tokens });
  const budget = budgetOf(settings, request);
  const next = { ...binding, model, route, said: request.said, lastUsed_ms: now_ms, visits };
  if (!isWarm(binding, facts) && (budget === null || budget.replenishOnRebind))
    return { ...next, firstModel: model, baseline_usd: 0, switchSpend_usd: 0 };
  if (budget === null) return next;
  const turn_usd = isWarm(binding, facts) ? turnBaseline_usd(binding, { ...facts, budget, warmSince_ms: now_ms - settings.warm_ms }) : 0;
  return { ...next, baseline_usd: binding.baseline_usd + turn_usd, switchSpend_usd: spend_usd ?? binding.switchSpend_usd };
}

function isWarm({ lastUsed_ms }: SessionBinding, { now_ms, settings }: TurnFacts): boolean {
  return now_ms - lastUsed_ms <= settings.warm_ms;
}
