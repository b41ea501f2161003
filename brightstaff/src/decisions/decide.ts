import type { GatewayConfig, Router, Task } from "../config/gateway_config.ts";
import type { Conversation, Resolution, Resolver } from "../intent/resolver.ts";
import { expectTokens } from "../ranking/expected_tokens.ts";
import { type RankingData, rank, sink } from "../ranking/rank.ts";
import type { SessionBinding } from "../sessions/binding.ts";
import type { Sessions } from "../sessions/index.ts";
import {
  begin,
  type SessionReason,
  type SessionRequest,
  type SessionState,
  settle,
  stay,
  stayReason,
  type TurnFacts,
} from "../sessions/session_policy.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { ResolutionCache } from "./resolution_cache.ts";

/** What a decision is made with: the config in use, the resolver that it asks for, what is known of the models and of the conversations. */
export type Deciding = {
  readonly config: GatewayConfig;
  readonly resolver: Resolver;
  readonly sources: { readonly data: RankingData; explore(route: string, models: readonly string[]): string | null };
  /** Which models should be left alone at the moment. */
  readonly cooldowns: { readonly active: ReadonlySet<string> };
  readonly sessions: Sessions;
  readonly resolutions: ResolutionCache;
};

export type DecisionRequest = {
  readonly router: string | null;
  /** As the client named it. */
  readonly model: string;
  readonly session?: SessionRequest;
  /** The request's own, of which the router was made, as it came. */
  readonly routing_preferences?: unknown[];
  readonly messages: Conversation;
  /** Of the whole conversation and its tools. */
  readonly text_bytes?: number;
};

/** The answer to a decision request. */
export type Decision = {
  readonly router: string | null;
  /** The task that this turn matched; null when none did. */
  readonly route: string | null;
  /** Best first. Empty when no task matched and the conversation is on no model. */
  readonly models: readonly string[];
  /** Who found the task: a resolver's id, or "session" when nobody was asked. */
  readonly resolver: string;
  readonly confidence: number | null;
  readonly resolve_ms: number;
  readonly rank_ms: number;
  /** What became of the conversation; null when the request named none. `pin_ms`: how long the filter may go by this decision by itself. */
  readonly session: { readonly state: SessionState; readonly reason: SessionReason; readonly pin_ms: number } | null;
};

type Outcome = Pick<Decision, "route" | "models" | "session"> & {
  readonly resolution: Pick<Resolution, "resolver" | "confidence">;
  readonly resolved_ms: number;
};

/** Which models may answer a conversation, in which order. Rejects when the resolver does. */
export async function decide(
  deciding: Deciding,
  router: Router,
  request: DecisionRequest,
  signal: () => AbortSignal,
  metrics: Metrics,
): Promise<Decision> {
  const started_ms = performance.now();
  const turn = new Turn(deciding, router, request, metrics);
  const { route, models, session, resolution, resolved_ms } = await turn.decide(signal);
  const ranked_ms = performance.now();
  // Labels come from the config: a request's own tasks are told of as one.
  const isBrought = request.routing_preferences !== undefined;
  const label = isBrought ? "request" : (request.router ?? "routing_preferences");
  const told = route === null ? "none" : isBrought ? "request" : route;
  metrics.decisions.inc({ router: label, route: told, resolver: resolution.resolver });
  metrics.decisionDuration_seconds.observe({ router: label }, (ranked_ms - started_ms) / 1000);
  if (session !== null) metrics.sessions.inc({ state: session.state, reason: session.reason });
  return {
    router: request.router,
    route,
    models,
    resolver: resolution.resolver,
    confidence: resolution.confidence === null ? null : rounded(resolution.confidence),
    resolve_ms: rounded(resolved_ms - started_ms),
    rank_ms: rounded(ranked_ms - resolved_ms),
    session,
  };
}

/** Nobody was asked: the conversation stays on its model. */
const BY_SESSION = { resolver: "session", confidence: null } as const;

/** One decision in the making. */
class Turn {
  readonly #deciding: Deciding;
  readonly #router: Router;
  readonly #request: DecisionRequest;
  readonly #metrics: Metrics;
  readonly #data: RankingData;
  readonly #facts: TurnFacts;
  readonly #tokens: ReturnType<typeof expectTokens>;

  constructor(deciding: Deciding, router: Router, request: DecisionRequest, metrics: Metrics) {
    this.#deciding = deciding;
    this.#router = router;
    this.#request = request;
    this.#metrics = metrics;
    this.#data = deciding.sources.data;
    this.#tokens = expectTokens(request.messages, request.text_bytes);
    const { settings } = deciding.sessions;
    this.#facts = { now_ms: Date.now(), settings, prices: this.#data.prices, context_tokens: this.#tokens.input_tokens };
  }

  async decide(signal: () => AbortSignal): Promise<Outcome> {
    const { session } = this.#request;
    const binding = session === undefined ? null : await this.#recall(session);
    const staying = session === undefined || binding === null ? null : stayReason(binding, session, this.#facts.settings);
    if (session !== undefined && binding !== null && staying !== null) {
      const resolved_ms = performance.now();
      const placed = this.#place(session, stay(binding, session, this.#facts), "pinned", staying);
      return { route: binding.route, ...placed, resolution: BY_SESSION, resolved_ms };
    }
    const resolution = await this.#resolve(signal);
    const resolved_ms = performance.now();
    const task = this.#task(resolution.route);
    const models = this.#withFallback(task === undefined ? [] : this.#rank(task));
    const route = task?.name ?? null;
    if (session === undefined) return { route, models, session: null, resolution, resolved_ms };
    return { route, ...this.#bind(session, binding, route, models), resolution, resolved_ms };
  }

  /** What is known of the conversation, with what the filter knows better; null for one on a model that the router no longer has. */
  async #recall(session: SessionRequest): Promise<SessionBinding | null> {
    // Two conversations that begin alike have one key: what is known of the other says nothing of this one.
    if (session.turn === "opening" && !session.explicit) return null;
    const binding = await this.#deciding.sessions.recall(session.key);
    if (binding === null) return null;
    const { answered } = session;
    const model = answered !== undefined && this.#serves(answered) ? answered : binding.model;
    return this.#serves(model) ? { ...binding, model } : null;
  }

  #bind(
    session: SessionRequest,
    binding: SessionBinding | null,
    route: string | null,
    models: readonly string[],
  ): Pick<Decision, "models" | "session"> {
    const routed = { route, model: models[0] ?? this.#standIn() };
    if (binding === null) {
      this.#deciding.sessions.remember(session.key, begin(routed, session, this.#facts));
      return { models, session: this.#answer("new", session.turn === "opening" ? "opening" : "unknown") };
    }
    const settled = settle(binding, routed, session, this.#facts);
    return this.#place(session, settled.binding, settled.state, settled.reason);
  }

  /** Where the conversation goes on: on its model, unless that is to be left alone and another one is there. */
  #place(
    session: SessionRequest,
    binding: SessionBinding,
    state: SessionState,
    reason: SessionReason,
  ): Pick<Decision, "models" | "session"> {
    const task = this.#task(binding.route);
    const ranked = task === undefined ? [] : rank(task.models, task, this.#data, this.#tokens);
    const models = this.#withFallback([binding.model, ...ranked.filter((model) => model !== binding.model)]);
    const [model = binding.model] = models;
    const isCooling = model !== binding.model;
    this.#deciding.sessions.remember(session.key, isCooling ? { ...binding, model } : binding);
    return { models, session: isCooling ? this.#answer("switched", "cooldown") : this.#answer(state, reason) };
  }

  async #resolve(signal: () => AbortSignal): Promise<Resolution> {
    const { resolver, resolutions } = this.#deciding;
    // A request's own router is met once.
    if (!resolver.isRepeatable || this.#isBrought) return this.#ask(signal);
    const key = ResolutionCache.keyOf(this.#request.messages);
    const known = resolutions.get(this.#router, key);
    this.#metrics.resolutionCache.inc({ result: known === undefined ? "miss" : "hit" });
    if (known !== undefined) return known;
    const resolution = await this.#ask(signal);
    resolutions.set(this.#router, key, resolution);
    return resolution;
  }

  async #ask(signal: () => AbortSignal): Promise<Resolution> {
    const resolution = await this.#deciding.resolver.resolve(this.#request.messages, this.#router.tasks, signal());
    if (resolution.miss !== undefined) this.#metrics.resolverMisses.inc({ miss: resolution.miss });
    return resolution;
  }

  get #isBrought(): boolean {
    return this.#request.routing_preferences !== undefined;
  }

  #task(name: string | null): Task | undefined {
    return name === null ? undefined : this.#router.tasks.find((task) => task.name === name);
  }

  #rank(task: Task): string[] {
    const { sources, cooldowns } = this.#deciding;
    const cooling = cooldowns.active;
    const goesByLatency = task.prefer === "fastest" || (task.prefer === "balanced" && task.weights?.latency !== 0);
    const fit = goesByLatency ? task.models.filter((model) => !cooling.has(model)) : [];
    // What is tried out is counted by task, and requests bring tasks without end.
    const explored = fit.length < 2 || this.#isBrought ? null : sources.explore(`${this.#router.name}/${task.name}`, fit);
    return rank(task.models, task, this.#data, this.#tokens, { cooling, explored });
  }

  /** The filter adds the fallback models by itself, in their order; they are only named where one in cooldown has to go behind them or is one. */
  #withFallback(models: readonly string[]): readonly string[] {
    const cooling = this.#deciding.cooldowns.active;
    const all = [...new Set([...models, ...this.#router.fallback])];
    return all.some((model) => cooling.has(model)) ? sink(all, cooling) : models;
  }

  #answer(state: SessionState, reason: SessionReason): Decision["session"] {
    return { state, reason, pin_ms: this.#deciding.sessions.pin_ms };
  }

  /** Who answers where no task matched: as the filter has it, which then adds what stands in by itself. */
  #standIn(): string {
    const [fallback] = this.#router.fallback;
    if (fallback !== undefined) return fallback;
    const { models, names, wildcards, defaultModel } = this.#deciding.config;
    const asked = this.#request.model;
    const index = names.get(asked);
    if (index !== undefined) return models[index]?.id ?? asked;
    if (models.some(({ id }) => id === asked) || wildcards.some(({ prefix }) => asked.startsWith(prefix))) return asked;
    return defaultModel === null ? asked : (models[defaultModel]?.id ?? asked);
  }

  #serves(model: string): boolean {
    const { tasks, fallback } = this.#router;
    if (fallback.includes(model) || tasks.some(({ models }) => models.includes(model))) return true;
    return this.#router === this.#deciding.config.routeAll && model === this.#standIn();
  }
}

/** Three decimals are as far as the figures mean anything: microseconds of a time in ms, a thousandth of a confidence. */
function rounded(figure: number): number {
  return Math.round(figure * 1000) / 1000;
}
