import type { Endpoint } from "../engine.ts";
import { isObject, type Reply } from "../wire.ts";
import { completeChat } from "./answer.ts";
import { streamCompletion, writeCompletion } from "./completion.ts";
import { embed } from "./embeddings.ts";
import { invalidRequest, openaiErrorReply } from "./errors.ts";
import { openaiHeaders } from "./headers.ts";
import { bodyTooLarge, OPENAI_BODY_BYTES_MAX, readOpenaiBody, unknownModel } from "./request_body.ts";
import { openaiRequestProblem } from "./validate.ts";

const EMBEDDINGS_PATH = "/v1/embeddings";

/** OpenAI's chat completions (developers.openai.com/api/reference/resources/chat), and embeddings. */
export const openaiEndpoint: Endpoint = {
  serves: (path) => path === "/v1/chat/completions" || path === EMBEDDINGS_PATH,
  bodyBytesMax: OPENAI_BODY_BYTES_MAX,

  respond(request, { requireKey, models, cache }): Reply {
    const parsed = readOpenaiBody(request, requireKey);
    if ("refusal" in parsed) return parsed.refusal;
    if (request.path.split("?", 1)[0]?.endsWith("/embeddings")) return embed(parsed.value);
    const problem = openaiRequestProblem(parsed.value);
    if (problem !== null) return openaiErrorReply(problem);
    const body = parsed.value;
    if (!isObject(body)) throw new TypeError("a validated body is an object");
    if (models !== null && !models.includes(String(body.model))) return unknownModel(body.model);
    const completion = completeChat(body, cache);
    if (body.stream !== true) return { status: 200, headers: openaiHeaders("application/json"), body: writeCompletion(completion) };
    const options = isObject(body.stream_options) ? body.stream_options : {};
    return {
      status: 200,
      headers: openaiHeaders("text/event-stream; charset=utf-8"),
      frames: streamCompletion(completion, options.include_usage === true, options.include_obfuscation !== false),
    };
  },

  tooLarge: bodyTooLarge,

  refuse(status, message) {
    return openaiErrorReply({ ...invalidRequest(message, null, null), status });
  },

  listModels(models) {
    const data = models.map((id) => ({ id, object: "model", created: 1767225600, owned_by: "demo" }));
    return { status: 200, headers: openaiHeaders("application/json"), body: JSON.stringify({ object: "list", data }, null, 2) };
  },
};
