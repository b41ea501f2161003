import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What brightstaff counts, served as Prometheus text at /metrics. Labels come from the config, never from requests, so their number is bounded. */
export type Metrics = {
  readonly registry: Registry;
  readonly decisions: Counter<"router" | "route" | "resolver">;
  readonly decisionDuration_seconds: Histogram<"router">;
  readonly decisionErrors: Counter<"type">;
  readonly resolverMisses: Counter<"miss">;
  readonly resolutionCache: Counter<"result">;
  readonly sessions: Counter<"state" | "reason">;
  readonly sessionStoreErrors: Counter<"operation">;
  readonly sessionStoreUp: Gauge;
  readonly configReloads: Counter<"result">;
  readonly configLoadedAt_seconds: Gauge;
  readonly storedRouters: Gauge<"state">;
  readonly sourceRefreshes: Counter<"type" | "provider" | "result">;
  readonly sourceRefreshedAt_seconds: Gauge<"type" | "provider">;
  readonly sourceModels: Gauge<"type" | "provider">;
  readonly credentialRenewals: Counter<"provider" | "type" | "result">;
  readonly credentialRenewedAt_seconds: Gauge<"provider" | "type">;
  readonly credentialExpiresAt_seconds: Gauge<"provider" | "type">;
};

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    decisions: new Counter({
      name: "brightstaff_decisions_total",
      help: "Decisions made, by router, matched route (none when no task matched) and the resolver that answered.",
      labelNames: ["router", "route", "resolver"],
      registers,
    }),
    decisionDuration_seconds: new Histogram({
      name: "brightstaff_decision_duration_seconds",
      help: "Time from the decision request read to its answer: resolving and ranking.",
      labelNames: ["router"],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    decisionErrors: new Counter({
      name: "brightstaff_decision_errors_total",
      help: "Decision requests answered with an error, by its type.",
      labelNames: ["type"],
      registers,
    }),
    resolverMisses: new Counter({
      name: "brightstaff_resolver_misses_total",
      help: "Decisions for which another resolver stood in, by the reason.",
      labelNames: ["miss"],
      registers,
    }),
    resolutionCache: new Counter({
      name: "brightstaff_resolution_cache_total",
      help: "Decisions of the embedded resolver for which the same question had been resolved before (hit), or not (miss).",
      labelNames: ["result"],
      registers,
    }),
    sessions: new Counter({
      name: "brightstaff_sessions_total",
      help: "Decisions for a conversation, by what became of it (new, pinned, switched) and why.",
      labelNames: ["state", "reason"],
      registers,
    }),
    sessionStoreErrors: new Counter({
      name: "brightstaff_session_store_errors_total",
      help: "Calls to Redis that failed or were late, by the operation (get or put). Memory stood in.",
      labelNames: ["operation"],
      registers,
    }),
    sessionStoreUp: new Gauge({
      name: "brightstaff_session_store_up",
      help: "Whether Redis keeps the sessions (1) or memory stands in for it (0). Stays 0 where no Redis is configured.",
      registers,
    }),
    configReloads: new Counter({
      name: "brightstaff_config_reloads_total",
      help: "Changes of the config file taken up (applied), refused for mistakes in it (rejected), or not taken up for another reason (failed).",
      labelNames: ["result"],
      registers,
    }),
    configLoadedAt_seconds: new Gauge({
      name: "brightstaff_config_loaded_timestamp_seconds",
      help: "When the config in use was taken up, in seconds since 1970.",
      registers,
    }),
    storedRouters: new Gauge({
      name: "brightstaff_stored_routers",
      help: "Routers made through the management API: those that are served, and those that the config in use can't serve (refused).",
      labelNames: ["state"],
      registers,
    }),
    sourceRefreshes: new Counter({
      name: "brightstaff_metrics_source_refreshes_total",
      help: "Refreshes of a source of ranking data, by its type, its provider and the result (ok or failed).",
      labelNames: ["type", "provider", "result"],
      registers,
    }),
    sourceRefreshedAt_seconds: new Gauge({
      name: "brightstaff_metrics_source_refreshed_timestamp_seconds",
      help: "When a source of ranking data was last read, in seconds since 1970; absent until it first was. Its age is time() less this.",
      labelNames: ["type", "provider"],
      registers,
    }),
    sourceModels: new Gauge({
      name: "brightstaff_metrics_source_models",
      help: "Configured models that a source of ranking data knows something about. The others are ranked last.",
      labelNames: ["type", "provider"],
      registers,
    }),
    credentialRenewals: new Counter({
      name: "brightstaff_credential_renewals_total",
      help: "Requests for a new token, by provider, the type of its credentials and the result (ok or failed).",
      labelNames: ["provider", "type", "result"],
      registers,
    }),
    credentialRenewedAt_seconds: new Gauge({
      name: "brightstaff_credential_renewed_timestamp_seconds",
      help: "When the token in use was obtained, in seconds since 1970; absent while there is none. Its age is time() less this.",
      labelNames: ["provider", "type"],
      registers,
    }),
    credentialExpiresAt_seconds: new Gauge({
      name: "brightstaff_credential_expiry_timestamp_seconds",
      help: "When the token in use ends, in seconds since 1970; absent while there is none.",
      labelNames: ["provider", "type"],
      registers,
    }),
  };
}
