import type { Endpoint } from "../engine.ts";
import { anthropicIds } from "../identifiers.ts";
import { isObject, parseJson, type Reply } from "../wire.ts";
import { answerMessages } from "./answer.ts";
import { countTokensOf } from "./count_tokens.ts";
import { anthropicErrorReply, threadUnsupportedReply } from "./errors.ts";
import { anthropicHeaders } from "./headers.ts";
import { streamMessage, writeMessage } from "./message.ts";
import { anthropicRequestProblem } from "./validate.ts";
import { readVersion } from "./versions.ts";
import { fromVertex, isVertexPath } from "./vertex.ts";

const COUNT_PATH = "/v1/messages/count_tokens";

/** Anthropic's messages (platform.claude.com/docs/en/api/messages) and counts of their tokens, and messages on Vertex AI. */
export const anthropicEndpoint: Endpoint = {
  serves: (path) => path === "/v1/messages" || path === COUNT_PATH || isVertexPath(path),
  // platform.claude.com/docs/en/api/overview#request-size-limits
  bodyBytesMax: 32 * 1024 * 1024,

  respond(received, { requireKey, models, cache }): Reply {
    const request = isVertexPath(received.path.split("?", 1)[0] ?? "") ? fromVertex(received) : received;
    if (typeof request === "string") return anthropicErrorReply(400, request);
    const { headers } = request;
    if (requireKey && !headers["x-api-key"] && !/^Bearer \S+$/i.test(headers.authorization ?? "")) {
      return anthropicErrorReply(401, "x-api-key header is required");
    }
    const version = readVersion(headers);
    if (version === null) return anthropicErrorReply(400, "anthropic-version: header is required and must be a valid version");
    if (!/^application\/json\b/i.test(headers["content-type"] ?? ""))
      return anthropicErrorReply(400, "content-type: must be application/json");
    const parsed = parseJson(request.body);
    if (parsed === null) return anthropicErrorReply(400, "The request body is not valid JSON");
    if (isObject(parsed.value) && isObject(parsed.value.thread)) return threadUnsupportedReply();
    if (request.path.split("?", 1)[0] === COUNT_PATH && isObject(parsed.value)) {
      return countTokensOf(parsed.value, version);
    }
    const problem = anthropicRequestProblem(parsed.value, version);
    if (problem !== null) return anthropicErrorReply(400, problem);
    const body = parsed.value;
    if (!isObject(body)) throw new TypeError("a validated body is an object");
    if (models !== null && !models.includes(String(body.model))) return anthropicErrorReply(404, `model: ${body.model}`);
    const message = answerMessages(body, cache);
    if (body.stream !== true) return { status: 200, headers: anthropicHeaders("application/json"), body: writeMessage(message) };
    const streamHeaders = { ...anthropicHeaders("text/event-stream; charset=utf-8", anthropicIds.request()), "cache-control": "no-cache" };
    return { status: 200, headers: streamHeaders, frames: streamMessage(message) };
  },

  tooLarge() {
    return anthropicErrorReply(413, "Request exceeds the maximum size");
  },

  refuse(status, message) {
    return anthropicErrorReply(status, message);
  },

  listModels(models) {
    const data = models.map((id) => ({ type: "model", id, display_name: id, created_at: "2026-01-01T00:00:00Z" }));
    const page = { data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null };
    return { status: 200, headers: anthropicHeaders("application/json"), body: JSON.stringify(page) };
  },
};
