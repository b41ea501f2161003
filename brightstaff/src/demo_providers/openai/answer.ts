import { answerConversation, type Conversation, type DemoAnswer, type DemoTool } from "../demo_answer.ts";
import { openaiIds } from "../identifiers.ts";
import type { PromptCache } from "../prompt_cache.ts";
import { countTokens, IMAGE_TOKENS } from "../tokens.ts";
import { asArray, asString, isObject, type JsonObject, textOf } from "../wire.ts";
import { openaiModelTraits } from "./models.ts";

/** One chat completion before it is written: `choices` has n answers to the same request. */
export interface Completion {
  id: string;
  createdSeconds: number;
  model: string;
  /** Non-reasoning models write `logprobs: null` where they were not asked for; reasoning models leave the key out. */
  reasoning: boolean;
  logprobs: boolean;
  topLogprobs: number;
  choices: (DemoAnswer & { callIds: string[] })[];
  usage: JsonObject;
}

/** Reasoning tokens by effort: of the order of recorded answers to short questions. */
export const REASONING_TOKENS: Record<string, number> = { none: 0, minimal: 0, low: 64, medium: 192, high: 448, xhigh: 960, max: 1984 };
/** Cached tokens are counted in steps of 128 (developers.openai.com/api/docs/guides/prompt-caching). */
export const CACHE_STEP_TOKENS = 128;

/** Answers a request that `openaiRequestProblem` has passed. */
export function completeChat(body: JsonObject, cache: PromptCache): Completion {
  const model = String(body.model);
  const traits = openaiModelTraits(model);
  const limit = Number(body.max_completion_tokens ?? body.max_tokens ?? Number.MAX_SAFE_INTEGER);
  const effort = asString(body.reasoning_effort) ?? traits.effortDefault;
  const reasoningTokens = Math.min(REASONING_TOKENS[effort] ?? 0, Math.floor(limit / 4));
  const conversation = readConversation(body, limit - reasoningTokens);
  const choices = Array.from({ length: Number(body.n ?? 1) }, () => {
    const answer = answerConversation(conversation);
    return { ...answer, callIds: answer.calls.map(() => openaiIds.toolCall()) };
  });
  return {
    id: openaiIds.completion(),
    createdSeconds: Math.floor(Date.now() / 1000),
    model,
    reasoning: traits.reasoning,
    logprobs: body.logprobs === true,
    topLogprobs: Number(body.top_logprobs ?? 0),
    choices,
    usage: countUsage(body, choices, reasoningTokens, cache),
  };
}

function readConversation(body: JsonObject, tokensMax: number): Conversation {
  const all = asArray(body.messages).filter(isObject);
  const messages = all.filter((_, index) => !isImageOfTool(all, index));
  const users = messages.filter((message) => message.role === "user");
  const choice = body.tool_choice;
  const forced = isObject(choice) ? choice[String(choice.type)] : null;
  const always = choice === "required" || (isObject(forced) && (forced.mode === "required" || typeof forced.name === "string"));
  return {
    model: String(body.model),
    api: "OpenAI chat completions",
    userText: textOf(users.at(-1)?.content),
    userTurns: users.length,
    images: all.flatMap((message) => asArray(message.content)).filter(isImage).length,
    hasSystemPrompt: messages.some((message) => message.role === "system" || message.role === "developer"),
    toolResults: trailingToolResults(messages),
    calledTools: messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1).flatMap(calledIn),
    tools: readTools(body),
    toolUse: choice === "none" ? "never" : always ? "always" : "if asked",
    forcedTool: isObject(forced) ? asString(forced.name) : null,
    parallelTools: body.parallel_tool_calls !== false,
    jsonSchema: readJsonSchema(body.response_format),
    stopSequences: [body.stop].flat().filter((value): value is string => typeof value === "string"),
    tokensMax,
  };
}

function readTools(body: JsonObject): DemoTool[] {
  const tools = asArray(body.tools).filter(isObject);
  return tools.map((tool) => {
    const described = tool[String(tool.type)];
    const fields: JsonObject = isObject(described) ? described : {};
    return {
      name: String(fields.name),
      description: asString(fields.description) ?? "",
      schema: tool.type === "function" ? (fields.parameters ?? {}) : null,
    };
  });
}

function readJsonSchema(format: unknown): unknown {
  if (!isObject(format) || format.type === "text") return null;
  const given = isObject(format.json_schema) ? format.json_schema.schema : null;
  return given ?? { type: "object", properties: { demo: { type: "boolean" }, answer: { type: "string" } }, required: ["demo", "answer"] };
}

/** Tool messages take no images, so those that tools return come in a user message behind them, which asks for nothing new. */
function isImageOfTool(messages: JsonObject[], index: number): boolean {
  const message = messages[index] as JsonObject;
  return message.role === "user" && messages[index - 1]?.role === "tool" && asArray(message.content).some(isImage);
}

function isImage(part: unknown): boolean {
  return isObject(part) && part.type === "image_url";
}

function calledIn(message: JsonObject): string[] {
  return asArray(message.tool_calls)
    .filter(isObject)
    .map((call) => String((call[String(call.type)] as JsonObject).name));
}

function trailingToolResults(messages: JsonObject[]): Conversation["toolResults"] {
  const first = messages.findLastIndex((message) => message.role !== "tool") + 1;
  const calls = asArray(messages[first - 1]?.tool_calls).filter(isObject);
  return messages.slice(first).map((message) => {
    const call = calls.find((candidate) => candidate.id === message.tool_call_id);
    const described = call?.[String(call.type)];
    return { tool: isObject(described) ? String(described.name) : "unknown", text: textOf(message.content) };
  });
}

function countUsage(body: JsonObject, choices: Completion["choices"], reasoningTokens: number, cache: PromptCache): JsonObject {
  const tools = body.tools === undefined ? "" : JSON.stringify(body.tools);
  const segments = [tools, ...asArray(body.messages).map(promptText)];
  const images = asArray(body.messages)
    .flatMap((message) => (isObject(message) ? asArray(message.content) : []))
    .filter(isImage).length;
  const promptTokens = Math.max(
    1,
    segments.reduce((sum, segment) => sum + countTokens(segment), images * IMAGE_TOKENS),
  );
  const { readTokens } = cache.use(`openai ${body.model} ${body.prompt_cache_key ?? ""}`, segments);
  const answered = choices.map(
    (choice) => choice.pieces.length + choice.calls.reduce((sum, call) => sum + countTokens(JSON.stringify(call)), 0),
  );
  const completionTokens = answered.reduce((sum, tokens) => sum + tokens, 0) + reasoningTokens * choices.length;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: readTokens - (readTokens % CACHE_STEP_TOKENS), audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoningTokens * choices.length,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** A message as the prompt holds it: its text, and its tool calls as JSON. */
function promptText(message: unknown): string {
  if (!isObject(message)) return "";
  const calls = message.tool_calls === undefined ? "" : JSON.stringify(message.tool_calls);
  return `${message.role}\n${textOf(message.content)}${calls}`;
}
