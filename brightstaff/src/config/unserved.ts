import type { Path } from "./mistakes.ts";

/**
 * Keys of Plano's config that this gateway does not serve, each with the reason a user is given. A key is never ignored: a file that asks for
 * something must get it or be told. `[]` stands for any index, `*` for any key. Where the value is in the schema as a constant
 * (`prompt_caching.inject_cache_control: false`), only other values come here.
 */
const REASONS: Readonly<Record<string, string>> = {
  agents: "agents are another product: this gateway serves models only",
  filters: "filter chains are another product: this gateway serves models only",
  prompt_targets: "prompt targets are another product: this gateway serves models only",
  prompt_guards: "prompt guards are another product: this gateway serves models only",
  system_prompt: "system_prompt belongs to prompt targets, which are another product: this gateway serves models only",
  state_storage: "stored conversations belong to the Responses API, which is not served yet",
  ratelimits: "rate limits are not served yet",
  tracing: "tracing is not served yet",
  mode: "only the LLM gateway (mode: llm) is served",
  "listeners[].type": "only listeners of type model are served: prompt and agent listeners are another product",
  "listeners[].agents": "agents are another product: this gateway serves models only",
  "listeners[].router": "agent orchestration is another product: this gateway serves models only",
  "listeners[].input_filters": "filter chains are another product: this gateway serves models only",
  "listeners[].output_filters": "filter chains are another product: this gateway serves models only",
  "listeners.ingress_traffic": "prompt listeners are another product: this gateway serves models only",
  "endpoints.*.prefix_affinity": "replica affinity is not served yet",
  "prompt_caching.inject_cache_control": "marks for a provider's prompt cache are not put into requests yet",
  "prompt_caching.min_prefix_tokens": "marks for a provider's prompt cache are not put into requests yet",
  "routing.llm_provider": "the routing model's provider is part of its name here",
  "routing.routing_budget.record_counterfactual": "tracing is not served yet",
  "overrides.prompt_target_intent_matching_threshold": "prompt targets are another product: this gateway serves models only",
  "overrides.optimize_context_window": "requests are passed on whole: the gateway trims no conversation",
  "overrides.use_agent_orchestrator": "agent orchestration is another product: this gateway serves models only",
  "overrides.agent_orchestration_model": "agent orchestration is another product: this gateway serves models only",
  "overrides.disable_signals": "signal analysis of answers is not served",
};

/** What may be done instead, for the keys where that is not plainly "remove it". */
const INSTEAD: Readonly<Record<string, string>> = {
  mode: "llm",
  "listeners[].type": "model",
  "endpoints.*.prefix_affinity": "false, or it left out",
  "prompt_caching.inject_cache_control": "false",
  "routing.routing_budget.record_counterfactual": "false, or it left out",
  "routing.llm_provider": "overrides.llm_routing_model: provider/model",
  "overrides.optimize_context_window": "false, or it left out",
  "overrides.use_agent_orchestrator": "false, or it left out",
  "overrides.disable_signals": "true, or it left out",
};

export type Unserved = { readonly wrong: string; readonly expected: string };

/** Why `path` is not served, or undefined when it is no key of Plano's that this gateway leaves out. */
export function unserved(path: Path): Unserved | undefined {
  const pattern = patternOf(path);
  const reason = REASONS[pattern];
  if (reason === undefined) return undefined;
  return { wrong: reason, expected: INSTEAD[pattern] ?? "it left out" };
}

function patternOf(path: Path): string {
  let pattern = "";
  path.forEach((part, index) => {
    if (typeof part === "number") pattern += "[]";
    else if (index === 1 && path[0] === "endpoints") pattern += ".*";
    else pattern += index === 0 ? part : `.${part}`;
  });
  return pattern;
}
