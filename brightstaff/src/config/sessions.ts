import type { RoutingBudget, SessionSettings } from "./gateway_config.ts";
import type { Mistake, Path } from "./mistakes.ts";
import type { RawConfig, RawRouting } from "./raw_config.ts";

// The keys and their defaults are Plano's (katanemo/plano, config/plano_config_schema.yaml), but for route_on_user_only, which is on here:
// docs/sessions.md has the differences.
const TTL_S = 600;
const ENTRIES_MAX = 10_000;
/** Anthropic keeps a prompt for 5 minutes after its last use, OpenAI for 5 to 10 (their pages on prompt caching); Plano takes 5 for all. */
const WARM_S = 300;
const CACHE_READ_DISCOUNT = 0.1;

export function readSessions(raw: RawConfig, mistakes: Mistake[]): SessionSettings {
  const { routing = {}, prompt_caching = {} } = raw;
  if (prompt_caching.enabled === true && prompt_caching.inject_cache_control === undefined)
    mistakes.push({
      path: ["prompt_caching", "inject_cache_control"],
      wrong: "missing, which stands for true, and marks for a provider's prompt cache are not put into requests yet",
      expected: "false",
    });
  const ttl_s = prompt_caching.session_ttl_seconds ?? routing.session_ttl_seconds ?? TTL_S;
  return {
    derived: prompt_caching.session_affinity ?? true,
    ttl_ms: ttl_s * 1000,
    entriesMax: routing.session_max_entries ?? ENTRIES_MAX,
    warm_ms: (prompt_caching.session_ttl_seconds ?? WARM_S) * 1000,
    store: readStore(routing, mistakes),
    tenantHeader: routing.session_cache?.tenant_header?.toLowerCase() ?? null,
    routeOnUserOnly: routing.route_on_user_only ?? true,
    budget: readBudget(raw, mistakes),
  };
}

function readStore({ session_cache = {} }: RawRouting, mistakes: Mistake[]): SessionSettings["store"] {
  const { type = "memory", url } = session_cache;
  const at: Path = ["routing", "session_cache", "url"];
  if (type === "memory") {
    if (url !== undefined) mistakes.push({ path: at, wrong: "belongs to type: redis", expected: "type: redis, or it left out" });
    return { type };
  }
  // It may hold a password, so it is in no message.
  const expected = "one such as redis://redis:6379, or rediss:// for TLS";
  if (url === undefined) mistakes.push({ path: at, wrong: "missing", expected });
  else if (!URL.canParse(url) || !["redis:", "rediss:"].includes(new URL(url).protocol))
    mistakes.push({ path: at, wrong: "is no URL of a Redis", expected });
  return { type, url: url ?? "" };
}

function readBudget({ routing, model_metrics_sources }: RawConfig, mistakes: Mistake[]): RoutingBudget | null {
  const budget = routing?.routing_budget;
  if (budget?.max_switch_spend_pct === undefined) return null;
  if (!(model_metrics_sources ?? []).some((source) => source?.type === "cost"))
    mistakes.push({
      path: ["routing", "routing_budget"],
      wrong: "there are no prices to tell by what a switch costs",
      expected: "a source of type cost in model_metrics_sources",
    });
  return {
    maxSwitchSpend_pct: budget.max_switch_spend_pct,
    replenishOnRebind: budget.replenish_on_rebind ?? true,
    cacheReadDiscount: budget.cache_read_discount ?? CACHE_READ_DISCOUNT,
  };
}
