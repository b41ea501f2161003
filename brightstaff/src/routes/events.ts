import type { FastifyInstance } from "fastify";
import type { EventHub } from "../traffic/event_hub.ts";
import { readEventBatch } from "../traffic/gateway_event.ts";

/** A worker of Envoy's keeps at most 256 KiB of events (WAITING_BYTES_MAX in the filter's event_batch.ts). */
const BODY_BYTES_MAX = 1024 * 1024;

/** POST /v1/events: what came of requests, a line of JSON each, as the filter sends them in batches. 204 says that the batch may be forgotten. */
export function eventRoutes(app: FastifyInstance, { events }: { readonly events: EventHub }): void {
  app.addContentTypeParser("application/x-ndjson", { parseAs: "string", bodyLimit: BODY_BYTES_MAX }, (_request, body, done) =>
    done(null, body),
  );
  app.post<{ Body: string }>("/v1/events", { bodyLimit: BODY_BYTES_MAX }, (request, reply) => {
    if (typeof request.body !== "string") {
      return reply.code(415).send({ error: { message: "expected content-type application/x-ndjson", type: "invalid_request" } });
    }
    events.publish(readEventBatch(request.body));
    return reply.code(204).send();
  });
}
