import type { FastifyInstance } from "fastify";
import { anthropicForm } from "../models/forms.ts";
import { TokenEstimator, TooManyCounts } from "../token_counts/estimator.ts";

/** The filter lets no more pass than `limits.request_body_bytes_max`; this bounds what a higher limit would have parsed here. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

/** POST /v1/messages/count_tokens for models whose provider does not count, or does not at the moment. */
export function tokenCountRoutes(app: FastifyInstance): void {
  const estimator = new TokenEstimator();
  app.post("/v1/messages/count_tokens", {
    bodyLimit: BODY_BYTES_MAX,
    errorHandler: (error, request, reply) => {
      const { statusCode } = error as { statusCode?: number };
      if (statusCode === 413) return reply.code(413).send(anthropicForm.error(413, "The request is too large to be estimated."));
      if (statusCode !== undefined && statusCode < 500) return reply.code(400).send(anthropicForm.error(400, "The body is no JSON."));
      // Its message has nothing of the request: what is counted is never part of an error.
      if (!(error instanceof TooManyCounts)) request.log.error({ err: error }, "no count of tokens");
      return reply.code(503).send(anthropicForm.error(503, "The tokens could not be counted; try again later."));
    },
    handler: async (request, reply) => {
      const input_tokens = await estimator.estimate(request.body);
      return reply.header("x-model-router-token-count", "estimate").send({ input_tokens });
    },
  });
}
