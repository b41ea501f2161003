import type { FastifyInstance, FastifyReply } from "fastify";
import { describeMistake, formatPath, type Mistake } from "../config/mistakes.ts";
import { readPreferences } from "../config/request_preferences.ts";
import { findRouter } from "../config/variants.ts";
import { Deadline } from "../deadline.ts";
import { type Deciding, type DecisionRequest, decide } from "../decisions/decide.ts";
import type { Metrics } from "../telemetry/metrics.ts";

export type { Deciding };

export type DecisionOptions = {
  /** What decisions are made with at the moment, or null before the first config is in use. */
  readonly current: () => Deciding | null;
  readonly metrics: Metrics;
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
    session: {
      type: "object",
      required: ["key", "explicit", "turn", "said"],
      additionalProperties: false,
      properties: {
        key: { type: "string", pattern: "^[0-9a-f]{32}$" },
        explicit: { type: "boolean" },
        turn: { enum: ["opening", "user", "continuation"] },
        said: { type: "string", pattern: "^[0-9a-f]{16}$" },
        answered: { type: "string", maxLength: 512 },
        max_switch_spend_pct: { type: "number", minimum: 0, maximum: 100 },
      },
    },
    routing_preferences: { type: "array" },
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
      const { router: name, routing_preferences } = request.body;
      const configured = name === null ? deciding.config.routeAll : findRouter(deciding.config, name);
      const brought = routing_preferences === undefined ? null : readPreferences(routing_preferences, deciding.config);
      if (brought !== null && "mistakes" in brought) return refusePreferences(reply, metrics, brought.mistakes);
      const router = brought === null ? configured : { ...brought.router, fallback: configured?.fallback ?? [] };
      if (router == null) return refuse(reply, metrics, 404, "unknown_router", `there is no router ${JSON.stringify(name)}`);
      // The filter waits no longer than this; what comes later is work for nothing.
      let deadline: Deadline | undefined;
      const signal = () => {
        deadline = new Deadline(deciding.config.limits.decision_ms);
        return deadline.signal;
      };
      try {
        return await decide(deciding, router, request.body, signal, metrics);
      } catch (error) {
        if (deadline?.hasPassed) return refuse(reply, metrics, 504, "deadline", "the resolver gave no answer in time"); // counted, not logged: these come in crowds
        request.log.warn({ err: error, router: router.name }, "no decision");
        return refuse(reply, metrics, 500, "resolver", "the resolver gave no answer");
      } finally {
        deadline?.clear();
      }
    },
  );
}

function refuse(reply: FastifyReply, metrics: Metrics, status: number, type: string, message: string): FastifyReply {
  metrics.decisionErrors.inc({ type });
  return reply.code(status).send({ error: { message, type } });
}

/** What the filter passes on to the client, in the form of its API. */
function refusePreferences(reply: FastifyReply, metrics: Metrics, mistakes: readonly Mistake[]): FastifyReply {
  const type = "invalid_preferences";
  metrics.decisionErrors.inc({ type });
  const message = mistakes.map(describeMistake).join("\n");
  return reply.code(422).send({ error: { message, type, param: formatPath(mistakes[0]?.path ?? []) } });
}
