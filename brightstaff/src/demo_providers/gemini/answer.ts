import { answerConversation, type Conversation, type DemoAnswer } from "../demo_answer.ts";
import { geminiIds } from "../identifiers.ts";
import type { PromptCache } from "../prompt_cache.ts";
import { countTokens, IMAGE_TOKENS } from "../tokens.ts";
import { asArray, asString, isObject, type JsonObject } from "../wire.ts";

/** One answer before it is written. */
export interface GeneratedContent {
  responseId: string;
  model: string;
  answer: DemoAnswer;
  /** Shown only to who asked for it. */
  thought: string | null;
  /** The request lets it search the web. */
  searches: boolean;
  usage: JsonObject;
}

/** Of the order of recorded answers to short questions. */
const THOUGHTS_TOKENS = 64;

/** Answers a request that `geminiRequestProblem` has passed. */
export function generateContent(body: JsonObject, model: string, cache: PromptCache): GeneratedContent {
  const config = isObject(body.generationConfig) ? body.generationConfig : {};
  const thinking = isObject(config.thinkingConfig) ? config.thinkingConfig : {};
  const limit = Number(config.maxOutputTokens ?? Number.MAX_SAFE_INTEGER);
  // Thoughts count toward the limit (ai.google.dev/gemini-api/docs/thinking).
  const thoughtsTokens = thinking.thinkingBudget === 0 ? 0 : Math.min(THOUGHTS_TOKENS, Math.floor(limit / 4));
  const conversation = readConversation(body, config, model, limit - thoughtsTokens);
  const answer = answerConversation(conversation);
  const callTokens = answer.calls.reduce((sum, call) => sum + countTokens(JSON.stringify(call)), 0);
  return {
    responseId: geminiIds.response(),
    model,
    answer,
    thought: thinking.includeThoughts === true ? "**Looking at the request**\n\nA demo answer will do." : null,
    searches: asArray(body.tools).some((tool) => isObject(tool) && tool.googleSearch !== undefined),
    usage: countUsage(body, model, answer.pieces.length + callTokens, thoughtsTokens, cache),
  };
}

function partsOf(content: unknown): JsonObject[] {
  return isObject(content) ? asArray(content.parts).filter(isObject) : [];
}

function textOf(parts: JsonObject[]): string {
  return parts.flatMap((part) => asString(part.text) ?? []).join("\n");
}

function readConversation(body: JsonObject, config: JsonObject, model: string, tokensMax: number): Conversation {
  const all = asArray(body.contents).filter(isObject);
  const contents = all.filter((_, index) => !isImageOfTool(all, index));
  const said = contents.filter((content) => content.role !== "model" && textOf(partsOf(content)) !== "");
  const choice = isObject(body.toolConfig) && isObject(body.toolConfig.functionCallingConfig) ? body.toolConfig.functionCallingConfig : {};
  const functions = asArray(body.tools).flatMap((tool) => (isObject(tool) ? asArray(tool.functionDeclarations).filter(isObject) : []));
  return {
    model,
    api: "Gemini generateContent",
    userText: textOf(partsOf(said.at(-1))),
    userTurns: said.length,
    images: all.flatMap(partsOf).filter((part) => part.inlineData !== undefined || part.fileData !== undefined).length,
    hasSystemPrompt: body.systemInstruction !== undefined,
    toolResults: partsOf(contents.at(-1)).flatMap(({ functionResponse }) => {
      if (!isObject(functionResponse) || !isObject(functionResponse.response)) return [];
      return { tool: String(functionResponse.name), text: String(Object.values(functionResponse.response)[0]) };
    }),
    calledTools: contents
      .slice(contents.lastIndexOf(said.at(-1) as JsonObject) + 1)
      .flatMap(partsOf)
      .flatMap(({ functionCall }) => (isObject(functionCall) ? [String(functionCall.name)] : [])),
    tools: functions.map((declared) => ({
      name: String(declared.name),
      description: asString(declared.description) ?? "",
      schema: declared.parametersJsonSchema ?? {},
    })),
    toolUse: choice.mode === "NONE" ? "never" : choice.mode === "ANY" ? "always" : "if asked",
    forcedTool: asString(asArray(choice.allowedFunctionNames)[0]),
    parallelTools: true,
    jsonSchema: config.responseMimeType === "application/json" ? (config.responseJsonSchema ?? { type: "object" }) : null,
    stopSequences: asArray(config.stopSequences).filter((sequence): sequence is string => typeof sequence === "string"),
    tokensMax,
  };
}

/** Images that tools return come in a content behind their responses, which asks for nothing new. */
function isImageOfTool(contents: JsonObject[], index: number): boolean {
  const isResponse = partsOf(contents[index - 1]).some(({ functionResponse }) => functionResponse !== undefined);
  return (
    isResponse &&
    partsOf(contents[index]).some(({ inlineData, functionResponse }) => inlineData !== undefined && functionResponse === undefined)
  );
}

export function countPromptTokens(body: JsonObject): number {
  return readPrompt(body).tokens;
}

function readPrompt(body: JsonObject): { tokens: number; segments: string[] } {
  const parts = [body.systemInstruction, ...asArray(body.contents)].flatMap(partsOf);
  const segments = [JSON.stringify(body.tools ?? ""), ...parts.map((part) => (part.inlineData ? "[image]" : JSON.stringify(part)))];
  const images = parts.filter((part) => part.inlineData !== undefined || part.fileData !== undefined).length;
  return { tokens: segments.reduce((sum, segment) => sum + countTokens(segment), images * IMAGE_TOKENS), segments };
}

function countUsage(body: JsonObject, model: string, candidatesTokens: number, thoughtsTokens: number, cache: PromptCache): JsonObject {
  const { tokens: promptTokens, segments } = readPrompt(body);
  const { readTokens } = cache.use(`gemini ${model}`, segments);
  return {
    promptTokenCount: promptTokens,
    ...(candidatesTokens === 0 ? {} : { candidatesTokenCount: candidatesTokens }),
    totalTokenCount: promptTokens + candidatesTokens + thoughtsTokens,
    ...(readTokens === 0 ? {} : { cachedContentTokenCount: readTokens }),
    promptTokensDetails: [{ modality: "TEXT", tokenCount: promptTokens }],
    ...(thoughtsTokens === 0 ? {} : { thoughtsTokenCount: thoughtsTokens }),
  };
}
