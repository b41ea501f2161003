import type { Endpoint } from "../engine.ts";
import { openaiEndpoint } from "../openai/endpoint.ts";
import { invalidRequest, openaiErrorReply } from "../openai/errors.ts";
import { openaiHeaders } from "../openai/headers.ts";
import { readOpenaiBody, unknownModel } from "../openai/request_body.ts";
import { isObject, type Reply } from "../wire.ts";
import { answerResponse } from "./answer.ts";
import { readItems, withTypes } from "./items.ts";
import { streamResponse, writeResponse } from "./response.ts";
import { responseRequestProblem } from "./validate.ts";

/** OpenAI's responses API (platform.openai.com/docs/api-reference/responses): answers, and the conversations that go on with one. */
export const responsesEndpoint: Endpoint = {
  ...openaiEndpoint,
  serves: (path) => path === "/v1/responses",

  respond(request, { requireKey, models, cache, responses }): Reply {
    const parsed = readOpenaiBody(request, requireKey);
    if ("refusal" in parsed) return parsed.refusal;
    if (!isObject(parsed.value)) return openaiErrorReply(invalidRequest("The request body has to be a JSON object.", null, null));
    const body = withTypes(parsed.value);
    const problem = responseRequestProblem(body);
    if (problem !== null) return openaiErrorReply(problem);
    if (models !== null && !models.includes(String(body.model))) return unknownModel(body.model);
    const read = readItems(body, responses);
    if ("problem" in read) return openaiErrorReply(read.problem);
    const answer = answerResponse(body, read.items, cache);
    if (body.store !== false) responses.keep(answer.id, [...read.items, ...answer.items.map(({ item }) => item)]);
    if (body.stream !== true) return { status: 200, headers: openaiHeaders("application/json"), body: writeResponse(body, answer) };
    const options = isObject(body.stream_options) ? body.stream_options : {};
    return {
      status: 200,
      headers: openaiHeaders("text/event-stream; charset=utf-8"),
      frames: streamResponse(body, answer, options.include_obfuscation !== false),
    };
  },
};
