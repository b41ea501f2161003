import { isObject, type WholeReply } from "../wire.ts";
import { countPromptTokens } from "./answer.ts";
import { GEMINI_HEADERS, geminiErrorReply, invalidArgument } from "./errors.ts";
import { geminiRequestProblem } from "./validate.ts";

/** A request to generateContent, which has to name the model again (ai.google.dev/api/tokens), or its contents alone. */
export function countTokensOf(body: unknown, model: string): WholeReply {
  const { generateContentRequest: whole, ...alone } = isObject(body) ? body : {};
  if (whole !== undefined && Object.keys(alone).length > 0) {
    return geminiErrorReply(invalidArgument("Only one of generateContentRequest and contents can be set."));
  }
  const { model: named, ...request } = isObject(whole) ? whole : { ...alone, model: `models/${model}` };
  if (named !== `models/${model}`) {
    return geminiErrorReply(invalidArgument("* CountTokensRequest.generate_content_request.model: does not match the model in the path"));
  }
  const problem = geminiRequestProblem(request, model);
  if (problem !== null) return geminiErrorReply(problem);
  const totalTokens = countPromptTokens(request);
  const promptTokensDetails = [{ modality: "TEXT", tokenCount: totalTokens }];
  return { status: 200, headers: { ...GEMINI_HEADERS }, body: JSON.stringify({ totalTokens, promptTokensDetails }) };
}
