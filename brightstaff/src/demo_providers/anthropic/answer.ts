import { answerConversation, type Conversation, type DemoAnswer, type DemoTool, topicOf } from "../demo_answer.ts";
import { anthropicIds } from "../identifiers.ts";
import type { PromptCache } from "../prompt_cache.ts";
import { countTokens, IMAGE_TOKENS, splitTokens } from "../tokens.ts";
import { asArray, asString, isObject, type JsonObject, textOf } from "../wire.ts";
import { isClaude, signAsOther, thinkingSignature } from "./signature.ts";

/** One message before it is written. */
export interface MessageAnswer {
  id: string;
  model: string;
  answer: DemoAnswer;
  callIds: string[];
  /** Null when the request did not ask for thinking. */
  thinking: { pieces: string[]; signature: string } | null;
  usage: MessageUsage;
}

export interface MessageUsage {
  inputTokens: number;
  cacheReadTokens: number;
  cacheWrittenTokens: number;
  cacheTtl: "5m" | "1h";
  outputTokens: number;
  thinkingTokens: number;
}

/** Answers a request that `anthropicRequestProblem` has passed. */
export function answerMessages(body: JsonObject, cache: PromptCache): MessageAnswer {
  const conversation = readConversation(body);
  const thinking = think(body, conversation);
  const thinkingTokens = thinking?.pieces.length ?? 0;
  const answer = answerConversation({ ...conversation, tokensMax: Math.max(0, conversation.tokensMax - thinkingTokens) });
  const callTokens = answer.calls.reduce((sum, call) => sum + countTokens(JSON.stringify(call)), 0);
  return {
    id: anthropicIds.message(),
    model: String(body.model),
    answer,
    callIds: answer.calls.map(() => anthropicIds.toolUse()),
    thinking,
    usage: { ...countInput(body, cache), outputTokens: answer.pieces.length + callTokens + thinkingTokens, thinkingTokens },
  };
}

function think(body: JsonObject, conversation: Conversation): MessageAnswer["thinking"] {
  const thinking = body.thinking;
  if (!isObject(thinking) || (thinking.type !== "enabled" && thinking.type !== "adaptive")) return null;
  const text = `The request is about ${topicOf(conversation.userText) || "nothing in particular"}. A demo answer will do.`;
  const signature = isClaude(body.model) ? thinkingSignature.sign(text) : signAsOther(text);
  return { pieces: thinking.display === "omitted" ? [] : splitTokens(text), signature };
}

function readConversation(body: JsonObject): Conversation {
  const messages = asArray(body.messages).filter(isObject);
  const blocks = messages.flatMap((message) => asArray(message.content).filter(isObject));
  const users = messages.filter((message) => message.role === "user");
  // A turn of tool results alone answers the model, not the other way round: the question stands before it.
  const asked = users.findLast((message) => textOf(message.content) !== "");
  const choice = isObject(body.tool_choice) ? body.tool_choice : {};
  const output = isObject(body.output_config) ? body.output_config : {};
  return {
    model: String(body.model),
    api: "Anthropic messages",
    userText: textOf(asked?.content),
    userTurns: users.length,
    images: blocks.filter((block) => block.type === "image").length,
    hasSystemPrompt: body.system !== undefined && body.system !== "",
    calledTools: messages
      .slice(asked === undefined ? 0 : messages.indexOf(asked) + 1)
      .flatMap((message) => asArray(message.content))
      .flatMap((block) => (isObject(block) && block.type === "tool_use" ? [String(block.name)] : [])),
    toolResults: trailingToolResults(users.at(-1) === messages.at(-1) ? users.at(-1) : undefined, blocks),
    tools: readTools(body),
    toolUse: choice.type === "none" ? "never" : choice.type === "any" || choice.type === "tool" ? "always" : "if asked",
    forcedTool: asString(choice.name),
    parallelTools: choice.disable_parallel_tool_use !== true,
    jsonSchema: isObject(output.format) ? output.format.schema : null,
    stopSequences: asArray(body.stop_sequences).filter((sequence): sequence is string => typeof sequence === "string"),
    tokensMax: Number(body.max_tokens),
  };
}

function readTools(body: JsonObject): DemoTool[] {
  const own = asArray(body.tools)
    .filter(isObject)
    .filter((tool) => isObject(tool.input_schema));
  return own.map((tool) => ({ name: String(tool.name), description: asString(tool.description) ?? "", schema: tool.input_schema }));
}

function trailingToolResults(last: JsonObject | undefined, blocks: JsonObject[]): Conversation["toolResults"] {
  const results = asArray(last?.content).filter((block): block is JsonObject => isObject(block) && block.type === "tool_result");
  return results.map((result) => {
    const use = blocks.find((block) => block.type === "tool_use" && block.id === result.tool_use_id);
    return { tool: String(use?.name ?? "unknown"), text: textOf(result.content) };
  });
}

/** How long a request's input is, whatever of it is cached. */
export function countInputTokens(body: JsonObject): number {
  return readInput(body).tokens;
}

function countInput(body: JsonObject, cache: PromptCache): Omit<MessageUsage, "outputTokens" | "thinkingTokens"> {
  const { tokens, segments, cacheTtl } = readInput(body);
  const { readTokens, writtenTokens } = cache.use(`anthropic ${body.model}`, segments);
  return {
    inputTokens: Math.max(1, tokens - readTokens - writtenTokens),
    cacheReadTokens: readTokens,
    cacheWrittenTokens: writtenTokens,
    cacheTtl,
  };
}

/** The prompt up to each cache breakpoint is a segment; what comes after the last is paid in full. */
function readInput(body: JsonObject): { tokens: number; segments: string[]; cacheTtl: "5m" | "1h" } {
  const system = typeof body.system === "string" ? [{ type: "text", text: body.system }] : asArray(body.system);
  const messages = asArray(body.messages).flatMap((message) => {
    if (!isObject(message)) return [];
    return typeof message.content === "string" ? [{ type: "text", text: message.content }] : asArray(message.content);
  });
  const segments: string[] = [];
  let pending = "";
  let images = 0;
  let cacheTtl: "5m" | "1h" = "5m";
  for (const block of [...asArray(body.tools), ...system, ...messages].filter(isObject)) {
    const { cache_control: control, ...rest } = block;
    if (rest.type === "image") images++;
    pending += rest.type === "image" ? "[image]" : rest.type === "text" ? String(rest.text) : JSON.stringify(rest);
    if (!isObject(control)) continue;
    if (control.ttl === "1h") cacheTtl = "1h";
    segments.push(pending);
    pending = "";
  }
  if (isObject(body.cache_control)) {
    segments.push(pending);
    pending = "";
  }
  const tokens = [...segments, pending].reduce((sum, segment) => sum + countTokens(segment), images * IMAGE_TOKENS);
  return { tokens, segments, cacheTtl };
}
