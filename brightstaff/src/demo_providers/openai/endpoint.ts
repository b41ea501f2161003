import type { Endpoint } from "../engine.ts";
import { isObject, parseJson, type Reply } from "../wire.ts";
import { completeChat } from "./answer.ts";
import { streamCompletion, writeCompletion } from "./completion.ts";
import { embed } from "./embeddings.ts";
import { invalidRequest, openaiErrorReply } from "./errors.ts";
import { openaiHeaders } from "./headers.ts";
import { openaiRequestProblem } from "./validate.ts";

const EMBEDDINGS_PATH = "/v1/embeddings";

/** OpenAI's chat completions (developers.openai.com/api/reference/resources/chat), and embeddings. */
export const openaiEndpoint: Endpoint = {
  serves: (path) => path === "/v1/chat/completions" || path === EMBEDDINGS_PATH,
  bodyBytesMax: 50 * 1024 * 1024,

  respond(request, { requireKey, models, cache }): Reply {
    const key = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (requireKey && key === undefined) {
      const message = "You didn't provide an API key. It belongs into an Authorization header with Bearer auth.";
      return openaiErrorReply({ ...invalidRequest(message, null, null), status: 401 });
    }
    if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
      const message = `Unsupported content type: '${request.headers["content-type"] ?? ""}'. Expected 'application/json'.`;
      return openaiErrorReply(invalidRequest(message, null, "unsupported_content_type"));
    }
    const parsed = parseJson(request.body);
    if (parsed === null) return openaiErrorReply(invalidRequest("We could not parse the JSON body of your request.", null, null));
    if (request.path.split("?", 1)[0]?.endsWith("/embeddings")) return embed(parsed.value);
    const problem = openaiRequestProblem(parsed.value);
    if (problem !== null) return openaiErrorReply(problem);
    const body = parsed.value;
    if (!isObject(body)) throw new TypeError("a validated body is an object");
    if (models !== null && !models.includes(String(body.model))) {
      const message = `The model \`${body.model}\` does not exist or you do not have access to it.`;
      return openaiErrorReply({ ...invalidRequest(message, null, "model_not_found"), status: 404 });
    }
    const completion = completeChat(body, cache);
    if (body.stream !== true) return { status: 200, headers: openaiHeaders("application/json"), body: writeCompletion(completion) };
    const options = isObject(body.stream_options) ? body.stream_options : {};
    return {
      status: 200,
      headers: openaiHeaders("text/event-stream; charset=utf-8"),
      frames: streamCompletion(completion, options.include_usage === true, options.include_obfuscation !== false),
    };
  },

  tooLarge() {
    const error = invalidRequest("The request body is larger than this API takes.", null, "request_too_large");
    return openaiErrorReply({ ...error, status: 413 });
  },

  refuse(status, message) {
    return openaiErrorReply({ ...invalidRequest(message, null, null), status });
  },

  listModels(models) {
    const data = models.map((id) => ({ id, object: "model", created: 1767225600, owned_by: "demo" }));
    return { status: 200, headers: openaiHeaders("application/json"), body: JSON.stringify({ object: "list", data }, null, 2) };
  },
};
