import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { GatewayConfig } from "../config/gateway_config.ts";
import { findRouter } from "../config/variants.ts";
import { type AttemptEvent, type EventBatch, type GatewayEvent, timePerOutputToken_ms } from "../traffic/gateway_event.ts";

/** What stands in a label for a name that the config in use does not have, so that no client decides how many series there are. */
const OTHER = "other";
/** A request that was refused before its model was known. */
const NONE = "none";

const TOKEN_KINDS = ["input", "cached_input", "cache_write", "output", "reasoning"] as const;

/** Counts what came of requests; labels are names of the config in use. Subscribe `consume` to the events. */
export class EventMetrics {
  readonly #config: () => GatewayConfig | null;
  readonly #requests: Counter<"router" | "route" | "model" | "status" | "end">;
  readonly #tokens: Counter<"model" | "kind">;
  readonly #firstToken_seconds: Histogram<"model">;
  readonly #outputToken_seconds: Histogram<"model">;
  readonly #duration_seconds: Histogram<"model">;
  readonly #attempts: Counter<"model" | "outcome">;
  readonly #lost: Counter<"reason">;

  constructor(registry: Registry, config: () => GatewayConfig | null, cooldowns: { readonly active: ReadonlySet<string> }) {
    this.#config = config;
    const registers = [registry];
    this.#requests = new Counter({
      name: "gateway_requests_total",
      help: "Requests that are over, by router, matched route, the model that answered, the status given to the client and how it ended (complete, broken, client_left).",
      labelNames: ["router", "route", "model", "status", "end"],
      registers,
    });
    this.#tokens = new Counter({
      name: "gateway_tokens_total",
      help: "Tokens that providers have counted, by the model that answered and their kind. input includes cached_input and cache_write, output includes reasoning.",
      labelNames: ["model", "kind"],
      registers,
    });
    this.#firstToken_seconds = new Histogram({
      name: "gateway_time_to_first_token_seconds",
      help: "Of streams: from the begin of the attempt that answered to its first content, by model.",
      labelNames: ["model"],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.#outputToken_seconds = new Histogram({
      name: "gateway_time_per_output_token_seconds",
      help: "Of whole streams: the time from the first content to the end, for each output token but the first, by model.",
      labelNames: ["model"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
      registers,
    });
    this.#duration_seconds = new Histogram({
      name: "gateway_request_duration_seconds",
      help: "From a request's first byte to the last of its answer, all attempts included, by the model that answered.",
      labelNames: ["model"],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
      registers,
    });
    this.#attempts = new Counter({
      name: "gateway_attempts_total",
      help: "Attempts, by the model tried and their outcome: a status, or connect-failure, timeout, reset, stream-error, or client_left.",
      labelNames: ["model", "outcome"],
      registers,
    });
    this.#lost = new Counter({
      name: "gateway_events_lost_total",
      help: "Requests whose event is missing in all other counts: dropped by the filter for want of room, or unreadable here.",
      labelNames: ["reason"],
      registers,
    });
    const cooling = new Gauge({
      name: "gateway_models_in_cooldown",
      help: "Models that are tried last at the moment, as they have asked for it or keep failing: 1 each.",
      labelNames: ["model"],
      registers,
      collect: () => {
        cooling.reset();
        for (const model of cooldowns.active) cooling.set({ model: this.#modelLabel(model) }, 1);
      },
    });
    for (const reason of ["dropped", "unreadable"]) this.#lost.inc({ reason }, 0);
  }

  consume({ events, dropped, unreadable }: EventBatch): void {
    this.#lost.inc({ reason: "dropped" }, dropped);
    this.#lost.inc({ reason: "unreadable" }, unreadable);
    for (const event of events) this.#count(event);
  }

  #count(event: GatewayEvent): void {
    const model = event.answered_by === undefined ? NONE : this.#modelLabel(event.answered_by);
    const status = event.status === undefined ? NONE : String(event.status);
    this.#requests.inc({ ...this.#routeLabels(event), model, status, end: event.end });
    this.#duration_seconds.observe({ model }, event.duration_ms / 1000);
    for (const attempt of event.attempts) this.#attempts.inc({ model: this.#modelLabel(attempt.model), outcome: outcomeOf(attempt) });
    if (event.answered_by === undefined) return;
    for (const kind of TOKEN_KINDS) this.#tokens.inc({ model, kind }, event[`${kind}_tokens`] ?? 0);
    const first_ms = event.attempts.at(-1)?.first_token_ms;
    if (first_ms !== undefined) this.#firstToken_seconds.observe({ model }, first_ms / 1000);
    const token_ms = timePerOutputToken_ms(event);
    if (token_ms !== undefined) this.#outputToken_seconds.observe({ model }, token_ms / 1000);
  }

  #routeLabels({ router: name, route }: GatewayEvent): { router: string; route: string } {
    if (name === undefined) return { router: NONE, route: NONE };
    const config = this.#config();
    const router = config === null ? null : name === ROUTE_ALL ? config.routeAll : findRouter(config, name);
    if (route === undefined) return { router: router == null ? OTHER : name, route: NONE };
    return { router: router == null ? OTHER : name, route: router?.tasks.some((task) => task.name === route) ? route : OTHER };
  }

  /** Models that are configured by a wildcard only count together, as clients name them. */
  #modelLabel(id: string): string {
    const config = this.#config();
    if (config === null) return OTHER;
    if (config.models.some((model) => model.id === id)) return id;
    const wildcard = config.wildcards.find(({ prefix }) => id.startsWith(prefix));
    return wildcard === undefined ? OTHER : `${wildcard.prefix}*`;
  }
}

/** What the filter calls the router that top-level routing_preferences make. */
const ROUTE_ALL = "routing_preferences";

function outcomeOf({ status, error }: AttemptEvent): string {
  return error ?? (status === undefined ? "client_left" : String(status));
}
