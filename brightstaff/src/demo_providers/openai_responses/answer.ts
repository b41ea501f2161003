import { answerConversation, type Conversation, type DemoAnswer, type DemoTool, topicOf } from "../demo_answer.ts";
import { openaiIds } from "../identifiers.ts";
import { CACHE_STEP_TOKENS, REASONING_TOKENS } from "../openai/answer.ts";
import { isOpenaiModel, openaiModelTraits } from "../openai/models.ts";
import type { PromptCache } from "../prompt_cache.ts";
import { countTokens, IMAGE_TOKENS, splitTokens } from "../tokens.ts";
import { asArray, asString, isObject, type JsonObject } from "../wire.ts";
import { encryptReasoning } from "./encrypted_content.ts";

/** Part of an answer before it is written: its item in the end, and the pieces in which a stream tells it, with their logprobs if they were asked for. */
export type AnswerItem = { item: JsonObject; pieces: string[]; logprobs?: JsonObject[] };

export interface ResponseAnswer {
  id: string;
  createdSeconds: number;
  items: AnswerItem[];
  /** Null when the answer is complete. */
  incompleteReason: "max_output_tokens" | null;
  usage: JsonObject;
}

/** Answers a request that has passed all checks. `items`: the whole conversation. */
export function answerResponse(body: JsonObject, items: readonly JsonObject[], cache: PromptCache): ResponseAnswer {
  const limit = Number(body.max_output_tokens ?? Number.MAX_SAFE_INTEGER);
  const reasoningTokens = Math.min(REASONING_TOKENS[effortOf(body)] ?? 0, Math.floor(limit / 4));
  const conversation = readConversation(body, items, limit - reasoningTokens);
  const answer = answerConversation(conversation);
  const isCut = answer.stop === "length";
  const answerItems = [
    ...(reasoningTokens > 0 ? [reasoningItem(body, conversation)] : []),
    ...(answer.calls.length > 0 ? answer.calls.map(callItem) : [messageItem(body, answer.pieces, isCut ? "incomplete" : "completed")]),
  ];
  return {
    id: openaiIds.response("resp"),
    createdSeconds: Math.floor(Date.now() / 1000),
    items: answerItems,
    incompleteReason: isCut ? "max_output_tokens" : null,
    usage: countUsage(body, items, conversation.images, answer, reasoningTokens, cache),
  };
}

/** Other servers' models are taken to reason when they are asked to. */
function effortOf(body: JsonObject): string {
  const { effort } = isObject(body.reasoning) ? body.reasoning : {};
  const standard = isOpenaiModel(String(body.model)) ? openaiModelTraits(String(body.model)).effortDefault : "none";
  return asString(effort) ?? standard;
}

/** OpenAI's models show a summary, where it is asked for; those that others serve (vLLM, LM Studio) show the reasoning itself. */
function reasoningItem(body: JsonObject, conversation: Conversation): AnswerItem {
  const text = `The request is about ${topicOf(conversation.userText) || "nothing in particular"}. A demo answer will do.`;
  const { summary, generate_summary: older } = isObject(body.reasoning) ? body.reasoning : {};
  const isOwn = isOpenaiModel(String(body.model));
  const isShown = !isOwn || asString(summary ?? older) !== null;
  const proof = asArray(body.include).includes("reasoning.encrypted_content") ? { encrypted_content: encryptReasoning() } : {};
  const item = {
    id: openaiIds.response("rs"),
    type: "reasoning",
    ...proof,
    summary: isOwn && isShown ? [{ type: "summary_text", text }] : [],
    ...(isOwn ? {} : { content: [{ type: "reasoning_text", text }] }),
  };
  return { item, pieces: isShown ? splitTokens(text) : [] };
}

function messageItem(body: JsonObject, pieces: string[], status: string): AnswerItem {
  const isAsked = asArray(body.include).includes("message.output_text.logprobs");
  const logprobs = isAsked ? pieces.map((piece) => logprobOf(piece, Number(body.top_logprobs ?? 0))) : [];
  const content = [{ type: "output_text", annotations: [], logprobs, text: pieces.join("") }];
  return { item: { id: openaiIds.response("msg"), type: "message", status, content, role: "assistant" }, pieces, logprobs };
}

/** Longer tokens are made a little less likely, so that the numbers differ. */
function logprobOf(token: string, topLogprobs: number): JsonObject {
  const likely = { token, bytes: [...Buffer.from(token)], logprob: -token.length / 100 };
  return { ...likely, top_logprobs: topLogprobs > 0 ? [likely] : [] };
}

function callItem({ tool, input }: DemoAnswer["calls"][number]): AnswerItem {
  const call_id = openaiIds.toolCall();
  if (typeof input === "string") {
    const item = { id: openaiIds.response("ctc"), type: "custom_tool_call", status: "completed", call_id, input, name: tool };
    return { item, pieces: splitTokens(input) };
  }
  const text = JSON.stringify(input);
  const item = { id: openaiIds.response("fc"), type: "function_call", status: "completed", arguments: text, call_id, name: tool };
  return { item, pieces: splitTokens(text) };
}

function readConversation(body: JsonObject, items: readonly JsonObject[], tokensMax: number): Conversation {
  const messages = items.filter(({ type }) => type === "message");
  const users = messages.filter(({ role }) => role === "user");
  const lastUser = items.findLastIndex(({ type, role }) => type === "message" && role === "user");
  const choice = body.tool_choice;
  const forced = isObject(choice) ? asString(choice.name) : null;
  const always = choice === "required" || forced !== null || (isObject(choice) && choice.mode === "required");
  const format = isObject(body.text) && isObject(body.text.format) ? body.text.format : {};
  return {
    model: String(body.model),
    api: "OpenAI responses",
    userText: textOf(users.at(-1)?.content),
    userTurns: users.length,
    images: items.flatMap(({ content, output }) => asArray(content ?? output)).filter(isImage).length,
    hasSystemPrompt: !isBlank(body.instructions) || messages.some(({ role }) => role === "system" || role === "developer"),
    toolResults: trailingResults(items),
    calledTools: items.slice(lastUser + 1).flatMap(({ type, name }) => (CALL_TYPES.has(type) ? [String(name)] : [])),
    tools: readTools(body),
    toolUse: choice === "none" ? "never" : always ? "always" : "if asked",
    forcedTool: forced,
    parallelTools: body.parallel_tool_calls !== false,
    jsonSchema: readJsonSchema(format),
    stopSequences: [],
    tokensMax,
  };
}

const CALL_TYPES: ReadonlySet<unknown> = new Set(["function_call", "custom_tool_call"]);
const OUTPUT_TYPES: ReadonlySet<unknown> = new Set(["function_call_output", "custom_tool_call_output"]);

const isBlank = (value: unknown) => asString(value) === null || value === "";
const isImage = (part: unknown) => isObject(part) && part.type === "input_image";

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const texts = asArray(content).map((part) => (isObject(part) ? asString(part.text) : null));
  return texts.filter((text) => text !== null).join("\n");
}

function trailingResults(items: readonly JsonObject[]): Conversation["toolResults"] {
  const first = items.findLastIndex(({ type }) => !OUTPUT_TYPES.has(type)) + 1;
  return items.slice(first).map(({ call_id, output }) => {
    const call = items.find((item) => CALL_TYPES.has(item.type) && item.call_id === call_id);
    return { tool: String(call?.name ?? "unknown"), text: textOf(output) };
  });
}

/** Those that the client runs; the demo runs none itself. */
function readTools(body: JsonObject): DemoTool[] {
  const tools = asArray(body.tools).filter(isObject);
  const own = tools.filter(({ type }) => type === "function" || type === "custom");
  return own.map(({ type, name, description, parameters }) => ({
    name: String(name),
    description: asString(description) ?? "",
    schema: type === "function" ? (parameters ?? {}) : null,
  }));
}

function readJsonSchema({ type, schema }: JsonObject): unknown {
  if (type === "json_schema") return schema;
  const free = { type: "object", properties: { demo: { type: "boolean" }, answer: { type: "string" } }, required: ["demo", "answer"] };
  return type === "json_object" ? free : null;
}

function countUsage(
  body: JsonObject,
  items: readonly JsonObject[],
  images: number,
  answer: DemoAnswer,
  reasoningTokens: number,
  cache: PromptCache,
): JsonObject {
  const segments = [JSON.stringify(body.tools ?? []), String(body.instructions ?? ""), ...items.map(promptText)];
  const promptTokens = segments.reduce((sum, segment) => sum + countTokens(segment), images * IMAGE_TOKENS);
  const { readTokens } = cache.use(`openai responses ${body.model} ${body.prompt_cache_key ?? ""}`, segments);
  const callTokens = answer.calls.reduce((sum, call) => sum + countTokens(JSON.stringify(call)), 0);
  const input_tokens = Math.max(1, promptTokens);
  const output_tokens = answer.pieces.length + callTokens + reasoningTokens;
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: readTokens - (readTokens % CACHE_STEP_TOKENS) },
    output_tokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: input_tokens + output_tokens,
  };
}

/** An item as the prompt holds it: a message's text, or a call and what came of it. */
function promptText(item: JsonObject): string {
  if (item.type === "message") return `${item.role}\n${textOf(item.content)}`;
  return [item.name, item.arguments ?? item.input, textOf(item.output)].map((text) => asString(text) ?? "").join(" ");
}
