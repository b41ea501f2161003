import type { IncomingHttpHeaders } from "node:http";
import type { Endpoint } from "../engine.ts";
import { openaiEndpoint } from "../openai/endpoint.ts";
import { isObject, parseJson, type Reply } from "../wire.ts";
import { generateContent } from "./answer.ts";
import { streamContent, writeContent } from "./content.ts";
import { countTokensOf } from "./count_tokens.ts";
import { GEMINI_HEADERS, type GeminiError, geminiErrorReply, invalidArgument } from "./errors.ts";
import { geminiRequestProblem } from "./validate.ts";

const PATH =
  /^(?:\/v1beta|(\/v1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/google))\/models\/([^/:?]+):(generateContent|streamGenerateContent|countTokens)$/;
/** Of the API that is compatible with OpenAI's (ai.google.dev/gemini-api/docs/openai), which takes the key as OpenAI does. */
const EMBEDDINGS_PATH = "/v1beta/openai/embeddings";

/**
 * Google's Gemini API (ai.google.dev/api/generate-content), and at paths with a project the same on Vertex AI
 * (cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference).
 */
export const geminiEndpoint: Endpoint = {
  serves: (path) => PATH.test(path) || path === EMBEDDINGS_PATH,
  // ai.google.dev/gemini-api/docs/file-input-methods: inline data up to 100 MB.
  bodyBytesMax: 100 * 1024 * 1024,

  respond(request, state): Reply {
    const { requireKey, models, cache } = state;
    const [path = "", query = ""] = request.path.split("?", 2);
    if (path === EMBEDDINGS_PATH) return openaiEndpoint.respond({ ...request, path: "/v1/embeddings" }, state);
    const [, vertex, escapedModel, method] = PATH.exec(path) ?? [];
    if (escapedModel === undefined) return geminiErrorReply({ status: 404, message: `Requested path ${path} was not found.` });
    const model = decodeURIComponent(escapedModel);
    const isVertex = vertex !== undefined;
    const refused = requireKey ? callerProblem(request.headers, isVertex) : null;
    if (refused !== null) return geminiErrorReply(refused);
    const parsed = parseJson(request.body);
    if (parsed === null) return geminiErrorReply(invalidArgument("Invalid JSON payload received."));
    if (method === "countTokens") return countTokensOf(parsed.value, model);
    const problem = geminiRequestProblem(parsed.value, model, isVertex);
    if (problem !== null) return geminiErrorReply(problem);
    const body = parsed.value;
    if (!isObject(body)) throw new TypeError("a validated body is an object");
    if (models !== null && !models.includes(model)) {
      return geminiErrorReply({ status: 404, message: `models/${model} is not found for API version v1beta.` });
    }
    const content = generateContent(body, model, cache);
    if (method === "generateContent") return { status: 200, headers: { ...GEMINI_HEADERS }, body: writeContent(content) };
    // Without alt=sse the API streams one JSON array, which no gateway asks for.
    if (!new URLSearchParams(query).has("alt", "sse")) return geminiErrorReply(invalidArgument("This server streams with alt=sse only."));
    return { status: 200, headers: { ...GEMINI_HEADERS, "content-type": "text/event-stream" }, frames: streamContent(content) };
  },

  tooLarge() {
    return geminiErrorReply(invalidArgument("Request payload size exceeds the limit."));
  },

  refuse(status, message) {
    return geminiErrorReply({ status, message });
  },

  listModels(models) {
    const list = models.map((id) => ({ name: `models/${id}`, displayName: id, supportedGenerationMethods: ["generateContent"] }));
    return { status: 200, headers: { ...GEMINI_HEADERS }, body: JSON.stringify({ models: list }) };
  },
};

function callerProblem({ authorization = "", ...headers }: IncomingHttpHeaders, isVertex: boolean): GeminiError | null {
  if (isVertex) {
    const message =
      "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.";
    return /^Bearer \S+$/.test(authorization) ? null : { status: 401, message };
  }
  const message = "Method doesn't allow unregistered callers (callers without established identity).";
  return headers["x-goog-api-key"] ? null : { status: 403, message };
}
