import type { JsonObject, WholeReply } from "../wire.ts";
import { countInputTokens } from "./answer.ts";
import { anthropicErrorReply } from "./errors.ts";
import { anthropicHeaders } from "./headers.ts";
import { anthropicModelTraits } from "./models.ts";
import { anthropicRequestProblem } from "./validate.ts";
import type { AnthropicVersion } from "./versions.ts";

/** What is read, of a request's fields; those that steer the answer are refused (platform.claude.com/docs/en/api/messages/count_tokens). */
const FIELDS: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "cache_control",
  "speed",
]);

export function countTokensOf(body: JsonObject, version: AnthropicVersion): WholeReply {
  const extra = Object.keys(body).find((field) => !FIELDS.has(field));
  if (extra !== undefined) return anthropicErrorReply(400, `${extra}: Extra inputs are not permitted`);
  const { outputTokensMax } = anthropicModelTraits(String(body.model));
  const problem = anthropicRequestProblem({ ...body, max_tokens: outputTokensMax }, version);
  if (problem !== null) return anthropicErrorReply(400, problem);
  return { status: 200, headers: anthropicHeaders("application/json"), body: JSON.stringify({ input_tokens: countInputTokens(body) }) };
}
