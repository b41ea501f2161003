import { type ProviderRequest, parseJson, type Reply } from "../wire.ts";
import { invalidRequest, openaiErrorReply } from "./errors.ts";

// What OpenAI's APIs answer alike, before a body is looked into.

export const OPENAI_BODY_BYTES_MAX = 50 * 1024 * 1024;

/** The body as JSON, or the reply that refuses the request: a key is missing, or the body is no JSON. */
export function readOpenaiBody(request: ProviderRequest, requireKey: boolean): { value: unknown } | { refusal: Reply } {
  const key = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (requireKey && key === undefined) {
    const message = "You didn't provide an API key. It belongs into an Authorization header with Bearer auth.";
    return { refusal: openaiErrorReply({ ...invalidRequest(message, null, null), status: 401 }) };
  }
  const contentType = request.headers["content-type"] ?? "";
  if (!/^application\/json\b/i.test(contentType)) {
    const message = `Unsupported content type: '${contentType}'. Expected 'application/json'.`;
    return { refusal: openaiErrorReply(invalidRequest(message, null, "unsupported_content_type")) };
  }
  const parsed = parseJson(request.body);
  return parsed ?? { refusal: openaiErrorReply(invalidRequest("We could not parse the JSON body of your request.", null, null)) };
}

export function unknownModel(model: unknown): Reply {
  const message = `The model \`${model}\` does not exist or you do not have access to it.`;
  return openaiErrorReply({ ...invalidRequest(message, null, "model_not_found"), status: 404 });
}

export function bodyTooLarge(): Reply {
  const error = invalidRequest("The request body is larger than this API takes.", null, "request_too_large");
  return openaiErrorReply({ ...error, status: 413 });
}
