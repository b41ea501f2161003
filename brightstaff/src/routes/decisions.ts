import type { FastifyInstance, FastifyReply } from "fastify";
import type { GatewayConfig, Router, Task } from "../config/gateway_config.ts";
import { findRouter } from "../config/variants.ts";
import type { Conversation, Resolver } from "../intent/resolver.ts";
import { expectTokens } from "../ranking/expected_tokens.ts";
import { type ExpectedTokens, type RankingData, rank, sink } from "../ranking/rank.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** What a decision is made with: the config in use, the resolver that it asks for and what is known of the models. */
export type Deciding = {
  readonly config: GatewayConfig;
  readonly resolver: Resolver;
  readonly sources: { readonly data: RankingData; explore(route: string, models: readonly string[]): string | null };
  /** Which models should be left alone at the moment. */
  readonly cooldowns: { readonly active: ReadonlySet<string> };
};

export type DecisionOptions = {
  /** What decisions are made with at the moment, or null before the first config is in use. */
  readonly current: () => Deciding | null;
  readonly metrics: Metrics;
};

type DecisionRequest = {
  router: string | null;
  model: string;
  api: string;
  messages: Conversation;
  /** Of the whole conversation and its tools. */
  text_bytes?: number;
};

/** The answer to a decision request. `models` is empty when no task matched. */
export type Decision = {
  readonly router: string | null;
  readonly route: string | null;
  readonly models: readonly string[];
  readonly resolver: string;
  readonly confidence: number | null;
  readonly resolve_ms: number;
  readonly rank_ms: number;
};

/** The filter's view of a conversation, at most 64 KiB, and its JSON around it. */
const BODY_BYTES_MAX = 256 * 1024;
const MESSAGES_MAX = 4096;

const REQUEST_SCHEMA = {
  type: "object",
  required: ["router", "model", "messages"],
  additionalProperties: false,
  properties: {
    router: { type: ["string", "null"], maxLength: 512 },
    model: { type: "string", maxLength: 512 },
    api: { type: "string", maxLength: 64 },
    text_bytes: { type: "integer", minimum: 0 },
    messages: {
      type: "array",
      minItems: 1,
      maxItems: MESSAGES_MAX,
      items: {
        type: "object",
        required: ["role", "content"],
        additionalProperties: false,
        properties: {
          role: { enum: ["system", "user", "assistant", "tool"] },
          content: { type: "string" },
          tool_calls: { type: "boolean" },
        },
      },
    },
  },
};

/** POST /v1/decisions: which models may answer this conversation, in which order? Asked by the filter for each routed request. */
export function decisionRoutes(app: FastifyInstance, options: DecisionOptions): void {
  const { current, metrics } = options;
  app.post<{ Body: DecisionRequest }>(
    "/v1/decisions",
    { bodyLimit: BODY_BYTES_MAX, schema: { body: REQUEST_SCHEMA }, attachValidation: true },
    async (request, reply) => {
      if (request.validationError !== undefined) {
        return refuse(reply, metrics, 400, "invalid_request", request.validationError.message);
      }
      const deciding = current();
      if (deciding === null) return refuse(reply, metrics, 503, "not_ready", "no config is in use yet");
      const { router: name } = request.body;
      const router = name === null ? deciding.config.routeAll : findRouter(deciding.config, name);
      if (router == null) return refuse(reply, metrics, 404, "unknown_router", `there is no router ${JSON.stringify(name)}`);
      // The filter waits no longer than this; what comes later is work for nothing.
      const signal = AbortSignal.timeout(deciding.config.limits.decision_ms);
      try {
        return await decide(deciding, router, request.body, signal, metrics);
      } catch (error) {
        if (signal.aborted) return refuse(reply, metrics, 504, "deadline", "the resolver gave no answer in time"); // counted, not logged: these come in crowds
        request.log.warn({ err: error, router: router.name }, "no decision");
        return refuse(reply, metrics, 500, "resolver", "the resolver gave no answer");
      }
    },
  );
}

function refuse(reply: FastifyReply, metrics: Metrics, status: number, type: string, message: string): FastifyReply {
  metrics.decisionErrors.inc({ type });
  return reply.code(status).send({ error: { message, type } });
}

async function decide(
  { resolver, sources, cooldowns }: Deciding,
  router: Router,
  { router: name, messages, text_bytes }: DecisionRequest,
  signal: AbortSignal,
  metrics: Metrics,
): Promise<Decision> {
  const started_ms = performance.now();
  const resolution = await resolver.resolve(messages, router.tasks, signal);
  const resolved_ms = performance.now();
  const task = router.tasks.find((candidate: Task) => candidate.name === resolution.route);
  const cooling = cooldowns.active;
  const ranked = task === undefined ? [] : rankTask(task, router, expectTokens(messages, text_bytes), sources, cooling);
  const models = withFallback(ranked, router.fallback, cooling);
  const ranked_ms = performance.now();
  const label = name ?? "routing_preferences";
  metrics.decisions.inc({ router: label, route: task?.name ?? "none", resolver: resolution.resolver });
  metrics.decisionDuration_seconds.observe({ router: label }, (ranked_ms - started_ms) / 1000);
  if (resolution.miss !== undefined) metrics.resolverMisses.inc({ miss: resolution.miss });
  return {
    router: name,
    route: task?.name ?? null,
    models,
    resolver: resolution.resolver,
    confidence: resolution.confidence,
    resolve_ms: rounded(resolved_ms - started_ms),
    rank_ms: rounded(ranked_ms - resolved_ms),
  };
}

function rankTask(
  task: Task,
  router: Router,
  tokens: ExpectedTokens,
  sources: Deciding["sources"],
  cooling: ReadonlySet<string>,
): string[] {
  const goesByLatency = task.prefer === "fastest" || (task.prefer === "balanced" && task.weights?.latency !== 0);
  const fit = goesByLatency ? task.models.filter((model) => !cooling.has(model)) : [];
  const explored = fit.length < 2 ? null : sources.explore(`${router.name}/${task.name}`, fit);
  return rank(task.models, task, sources.data, tokens, { cooling, explored });
}

/** The filter adds the fallback models by itself, in their order; they are only named where one in cooldown has to go behind them or is one. */
function withFallback(models: readonly string[], fallback: readonly string[], cooling: ReadonlySet<string>): readonly string[] {
  const all = [...new Set([...models, ...fallback])];
  return all.some((model) => cooling.has(model)) ? sink(all, cooling) : models;
}

/** Microseconds are as far as the figures mean anything. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
