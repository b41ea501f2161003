import { thinkingSignature } from "../anthropic/signature.ts";
import { answerConversation, type Conversation, type DemoAnswer } from "../demo_answer.ts";
import { bedrockIds } from "../identifiers.ts";
import type { PromptCache } from "../prompt_cache.ts";
import { countTokens, IMAGE_TOKENS, splitTokens } from "../tokens.ts";
import { asArray, asString, isObject, type JsonObject } from "../wire.ts";

/** One answer before it is written. */
export interface ConverseAnswer {
  answer: DemoAnswer;
  callIds: string[];
  /** Null when the request did not ask for it. */
  reasoning: { pieces: string[]; signature: string } | null;
  usage: JsonObject;
  /** The request asked which stop sequence ended the answer. */
  tellsStopSequence: boolean;
}

/** Answers a request that `converseRequestProblem` has passed. */
export function converse(body: JsonObject, model: string, cache: PromptCache): ConverseAnswer {
  const conversation = readConversation(body, model);
  const reasoning = reason(body);
  const reasoningTokens = reasoning?.pieces.length ?? 0;
  const answer = answerConversation({ ...conversation, tokensMax: Math.max(0, conversation.tokensMax - reasoningTokens) });
  const callTokens = answer.calls.reduce((sum, call) => sum + countTokens(JSON.stringify(call)), 0);
  return {
    answer,
    callIds: answer.calls.map(() => bedrockIds.toolUse()),
    reasoning,
    usage: countUsage(body, model, answer.pieces.length + callTokens + reasoningTokens, cache),
    tellsStopSequence: asArray(body.additionalModelResponseFieldPaths).length > 0,
  };
}

/** Claude's terms or Nova's, as the request has them. */
function reason(body: JsonObject): ConverseAnswer["reasoning"] {
  const fields = isObject(body.additionalModelRequestFields) ? body.additionalModelRequestFields : {};
  if (!isObject(fields.thinking) && !isObject(fields.reasoningConfig)) return null;
  const text = "A demo answer will do.";
  return { pieces: splitTokens(text), signature: thinkingSignature.sign(text) };
}

function blocksOf(message: unknown): JsonObject[] {
  return isObject(message) ? asArray(message.content).filter(isObject) : [];
}

function textOf(blocks: JsonObject[]): string {
  return blocks.flatMap(({ text }) => asString(text) ?? []).join("\n");
}

function readConversation(body: JsonObject, model: string): Conversation {
  const messages = asArray(body.messages).filter(isObject);
  const users = messages.filter((message) => message.role === "user");
  const said = users.filter((message) => textOf(blocksOf(message)) !== "");
  const calls = messages.flatMap(blocksOf).flatMap(({ toolUse }) => (isObject(toolUse) ? [toolUse] : []));
  const inference = isObject(body.inferenceConfig) ? body.inferenceConfig : {};
  const config = isObject(body.toolConfig) ? body.toolConfig : {};
  const choice = isObject(config.toolChoice) ? config.toolChoice : {};
  const specs = asArray(config.tools).flatMap((tool) => (isObject(tool) && isObject(tool.toolSpec) ? [tool.toolSpec] : []));
  return {
    model,
    api: "Amazon Bedrock Converse",
    userText: textOf(blocksOf(said.at(-1))),
    userTurns: said.length,
    images: messages.flatMap(blocksOf).filter(({ image }) => image !== undefined).length,
    hasSystemPrompt: asArray(body.system).length > 0,
    toolResults: blocksOf(messages.at(-1)).flatMap(({ toolResult }) => {
      if (!isObject(toolResult)) return [];
      const call = calls.find(({ toolUseId }) => toolUseId === toolResult.toolUseId);
      return [{ tool: String(call?.name), text: textOf(asArray(toolResult.content).filter(isObject)) }];
    }),
    calledTools: messages
      .slice(messages.lastIndexOf(said.at(-1) as JsonObject) + 1)
      .flatMap(blocksOf)
      .flatMap(({ toolUse }) => (isObject(toolUse) ? [String(toolUse.name)] : [])),
    tools: specs.map((spec) => ({
      name: String(spec.name),
      description: asString(spec.description) ?? "",
      schema: isObject(spec.inputSchema) ? spec.inputSchema.json : {},
    })),
    toolUse: choice.any !== undefined || choice.tool !== undefined ? "always" : "if asked",
    forcedTool: isObject(choice.tool) ? asString(choice.tool.name) : null,
    parallelTools: true,
    jsonSchema: answerSchema(body),
    stopSequences: asArray(inference.stopSequences).filter((sequence): sequence is string => typeof sequence === "string"),
    tokensMax: Number(inference.maxTokens ?? Number.MAX_SAFE_INTEGER),
  };
}

function answerSchema(body: JsonObject): unknown {
  const output = body.outputConfig as { textFormat?: { structure: { jsonSchema: { schema: string } } } } | undefined;
  const schema = output?.textFormat?.structure.jsonSchema.schema;
  return schema === undefined ? null : JSON.parse(schema);
}

/** Every block up to a cache point is a segment; what comes behind the last is paid in full. */
function countUsage(body: JsonObject, model: string, outputTokens: number, cache: PromptCache): JsonObject {
  const config = isObject(body.toolConfig) ? body.toolConfig : {};
  const blocks = [...asArray(config.tools), ...asArray(body.system), ...asArray(body.messages).flatMap(blocksOf)].filter(isObject);
  const segments: string[] = [];
  let pending = "";
  let images = 0;
  for (const block of blocks) {
    if (block.cachePoint !== undefined) {
      segments.push(pending);
      pending = "";
    } else if (block.image !== undefined) images++;
    else pending += asString(block.text) ?? JSON.stringify(block);
  }
  const total = [...segments, pending].reduce((sum, segment) => sum + countTokens(segment), images * IMAGE_TOKENS);
  const { readTokens, writtenTokens } = cache.use(`bedrock ${model}`, segments);
  const inputTokens = Math.max(1, total - readTokens - writtenTokens);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + readTokens + writtenTokens + outputTokens,
    ...(segments.length === 0 ? {} : { cacheReadInputTokens: readTokens, cacheWriteInputTokens: writtenTokens }),
  };
}
