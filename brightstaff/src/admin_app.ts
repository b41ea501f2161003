import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import { RouterProblem } from "./managed_routers/managed_routers.ts";
import { type ModelRouterOptions, modelRouterRoutes } from "./routes/model_routers.ts";

export type AdminAppOptions = ModelRouterOptions & {
  /** What clients must bring as their bearer token; asked for with every request. */
  readonly key: () => string | null;
  /** PEM; plain HTTP without. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly logger?: FastifyBaseLogger;
};

/** A router with all the tasks and text that the limits allow stays below it in practice; most have a few KiB. */
const BODY_BYTES_MAX = 256 * 1024;

/** The management API, not listening yet. Nothing of it is answered without the key. */
export function buildAdminApp(options: AdminAppOptions): FastifyInstance {
  const app: FastifyInstance = Fastify({
    ...(options.tls === undefined ? {} : { https: options.tls }),
    ...(options.logger === undefined ? {} : { loggerInstance: options.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    genReqId: () => randomUUID(),
    // Numbers of queries are text; bodies are checked elsewhere, and strictly.
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false } },
  }) as unknown as FastifyInstance;
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    // godo calls even a DELETE without a body JSON.
    if (body === "") done(null, null);
    else parseJson(request, body, done);
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (!isBearer(request.headers.authorization, options.key()))
      return refuse(request, reply, 401, "The bearer token is missing or wrong.");
  });
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    if (error instanceof RouterProblem) return refuse(request, reply, STATUS_OF[error.kind], error.message);
    const status = error.statusCode ?? 500;
    if (status < 500) return refuse(request, reply, status, error.message);
    app.log.error({ err: error, request_id: request.id }, "a request for the management API failed");
    return refuse(request, reply, 500, "The server failed; its log says more under this request_id.");
  });
  app.setNotFoundHandler((request, reply) => refuse(request, reply, 404, `There is nothing at ${request.method} ${request.url}.`));
  modelRouterRoutes(app, options);
  return app;
}

const STATUS_OF = { not_found: 404, conflict: 409, unprocessable_entity: 422 } as const;

/** DigitalOcean's ids of errors: specification/shared/responses of https://github.com/digitalocean/openapi. */
const ID_OF: Readonly<Record<number, string>> = {
  401: "unauthorized",
  404: "not_found",
  409: "conflict",
  422: "unprocessable_entity",
  500: "server_error",
};

function refuse(request: FastifyRequest, reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ id: ID_OF[status] ?? "bad_request", message, request_id: request.id });
}

/** Compares digests, so that neither the key's characters nor its length can be found out by the time that it takes. */
function isBearer(header: string | undefined, key: string | null): boolean {
  const token = /^Bearer (.+)$/i.exec(header ?? "")?.[1];
  return token !== undefined && key !== null && timingSafeEqual(digest(token), digest(key));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
