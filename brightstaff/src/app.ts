import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { type DecisionOptions, decisionRoutes } from "./routes/decisions.ts";
import { eventRoutes } from "./routes/events.ts";
import { modelRoutes } from "./routes/models.ts";
import { tokenCountRoutes } from "./routes/token_counts.ts";
import type { EventHub } from "./traffic/event_hub.ts";

export type AppOptions = DecisionOptions & {
  readonly logger?: FastifyBaseLogger;
  readonly events: EventHub;
};

/** brightstaff's HTTP interface, not listening yet. It is ready when `current` gives what to decide with. */
export function buildApp(options: AppOptions): FastifyInstance {
  const app: FastifyInstance = Fastify({
    ...(options.logger === undefined ? {} : { loggerInstance: options.logger }),
    // One line per request would double a decision's cost; what happens is in the metrics.
    logController: new LogController({ disableRequestLogging: true }),
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
  });
  // What a body held is in the parser's message: it may be a prompt, so it goes neither back nor into a log.
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) app.log.error({ err: error }, "request failed");
    options.metrics.decisionErrors.inc({ type: status === 413 ? "too_large" : status < 500 ? "invalid_request" : "internal" });
    const message = status === 413 ? "the body is too large" : status < 500 ? "the body is no JSON that can be read" : "internal error";
    return reply.code(status).send({ error: { message, type: status < 500 ? "invalid_request" : "internal" } });
  });
  app.get("/healthz", (_request, reply) => {
    const ready = options.current() !== null;
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "starting" });
  });
  app.get("/metrics", async (_request, reply) => {
    const { registry } = options.metrics;
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  decisionRoutes(app, options);
  eventRoutes(app, options);
  modelRoutes(app, options.current);
  tokenCountRoutes(app);
  return app;
}
