import type { ErrorObject } from "ajv";
import { bodySchema } from "../body_schema.ts";
import { asArray, isObject, type JsonObject } from "../wire.ts";
import { conversationProblem } from "./conversation_rules.ts";
import { type BedrockError, invalidRequest } from "./errors.ts";
import { CONVERSE_REQUEST } from "./schema.ts";

const schemaError = bodySchema(CONVERSE_REQUEST);

/** The error that the API would answer for this body, or null when it takes it. */
export function converseRequestProblem(body: unknown, model: string): BedrockError | null {
  const error = schemaError(body);
  if (error !== null) return invalidRequest(describe(error));
  const request = body as JsonObject;
  return (
    conversationProblem(request, model) ?? toolChoiceProblem(request) ?? outputProblem(request, model) ?? thinkingProblem(request, model)
  );
}

/** "/messages/0/content" → "messages.1.member.content", as Smithy's services count. */
function describe({ instancePath, params, keyword, message }: ErrorObject): string {
  const field = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)/g, (_, index: string) => `.${Number(index) + 1}.member`)
    .replaceAll("/", ".");
  if (keyword === "additionalProperties") {
    return `The model returned the following errors: ${field === "" ? "" : `${field}.`}${params.additionalProperty}: Extra inputs are not permitted`;
  }
  const at = keyword === "required" ? `${field === "" ? "" : `${field}.`}${params.missingProperty}` : field;
  return `1 validation error detected: Value at '${at}' failed to satisfy constraint: Member ${keyword === "required" ? "must not be null" : message}`;
}

function toolChoiceProblem(body: JsonObject): BedrockError | null {
  const config = isObject(body.toolConfig) ? body.toolConfig : {};
  const choice = isObject(config.toolChoice) && isObject(config.toolChoice.tool) ? config.toolChoice.tool.name : null;
  const names = asArray(config.tools).flatMap((tool) => (isObject(tool) && isObject(tool.toolSpec) ? [tool.toolSpec.name] : []));
  if (new Set(names).size < names.length) return invalidRequest("The tool names in toolConfig must be unique.");
  return choice === null || names.includes(choice)
    ? null
    : invalidRequest(`The toolChoice names ${String(choice)}, which is not among the tools of toolConfig.`);
}

/** docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html */
function outputProblem(body: JsonObject, model: string): BedrockError | null {
  const format = isObject(body.outputConfig) && isObject(body.outputConfig.textFormat) ? body.outputConfig.textFormat : null;
  if (format === null) return null;
  if (/amazon\.|meta\.|claude-(?:3|(?:opus|sonnet)-4-(?:[01]|20))/.test(model)) {
    return invalidRequest("This model doesn't support the outputConfig.textFormat field. Remove outputConfig.textFormat and try again.");
  }
  const structure = format.structure as { jsonSchema: { schema: string } };
  try {
    if (isObject(JSON.parse(structure.jsonSchema.schema))) return null;
  } catch {
    // Told below.
  }
  return invalidRequest("outputConfig.textFormat.structure.jsonSchema.schema: the string is no JSON Schema.");
}

/** What Anthropic's models refuse, of platform.claude.com/docs/en/build-with-claude/extended-thinking. */
function thinkingProblem(body: JsonObject, model: string): BedrockError | null {
  if (!/claude/.test(model)) return null;
  const inference = isObject(body.inferenceConfig) ? body.inferenceConfig : {};
  const fields = isObject(body.additionalModelRequestFields) ? body.additionalModelRequestFields : {};
  if (!/claude-3/.test(model) && inference.temperature !== undefined && inference.topP !== undefined) {
    return invalidRequest("`temperature` and `top_p` cannot both be specified for this model. Please use only one.");
  }
  const { thinking } = fields;
  if (!isObject(thinking)) return null;
  if (inference.temperature !== undefined && inference.temperature !== 1) {
    return invalidRequest("`temperature` may only be set to 1 when thinking is enabled.");
  }
  if (fields.top_k !== undefined) return invalidRequest("`top_k` must be unset when thinking is enabled.");
  if (thinking.type !== "enabled") return null;
  const budget = Number(thinking.budget_tokens);
  if (!(budget >= 1024)) return invalidRequest("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
  if (inference.maxTokens !== undefined && budget >= Number(inference.maxTokens)) {
    return invalidRequest("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
  return thinkingTurnProblem(asArray(body.messages).filter(isObject));
}

/** With a budget, the turn that called tools has to begin with the reasoning that led to it: calls, results and further calls are one. */
function thinkingTurnProblem(messages: JsonObject[]): BedrockError | null {
  const blocksOf = (message: JsonObject | undefined) => asArray(message?.content).filter(isObject);
  const isAsked = (message: JsonObject) => message.role === "user" && !blocksOf(message).some(({ toolResult }) => toolResult !== undefined);
  const index = messages.findLastIndex(isAsked) + 1;
  const blocks = blocksOf(messages[index]);
  if (!blocks.some(({ toolUse }) => toolUse !== undefined) || blocks[0]?.reasoningContent !== undefined) return null;
  return invalidRequest(
    `The model returned the following errors: messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${Object.keys(blocks[0] ?? {})[0]}\`.`,
  );
}
