import { thinkingSignature } from "../anthropic/signature.ts";
import { asArray, asString, isObject, type JsonObject } from "../wire.ts";
import { type BedrockError, invalidRequest } from "./errors.ts";

interface Turn {
  role: string;
  blocks: JsonObject[];
  calls: JsonObject[];
  results: JsonObject[];
}

/** What the API refuses of a conversation, besides its form. The words are those of the real API where they are known. */
export function conversationProblem(body: JsonObject, model: string): BedrockError | null {
  const turns = asArray(body.messages).filter(isObject).map(readTurn);
  const problem = orderProblem(turns, model) ?? documentProblem(turns);
  if (problem !== null) return problem;
  for (const index of turns.keys()) {
    const found = textProblem(turns, index) ?? toolProblem(turns, index) ?? reasoningProblem(turns, index);
    if (found !== null) return found;
  }
  const hasTools = turns.some(({ calls, results }) => calls.length + results.length > 0);
  return hasTools && body.toolConfig === undefined
    ? invalidRequest("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
    : null;
}

function readTurn(message: JsonObject): Turn {
  const blocks = asArray(message.content).filter(isObject);
  const of = (kind: string) => blocks.map((block) => block[kind]).filter(isObject);
  return { role: asString(message.role) ?? "", blocks, calls: of("toolUse"), results: of("toolResult") };
}

function orderProblem(turns: Turn[], model: string): BedrockError | null {
  if (turns[0]?.role !== "user") {
    return invalidRequest("A conversation must start with a user message. Try again with a conversation that starts with a user message.");
  }
  if (turns.some(({ role }, index) => role === turns[index - 1]?.role)) {
    return invalidRequest(
      "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.",
    );
  }
  // Only older models go on in the assistant's words.
  return turns.at(-1)?.role === "assistant" && /claude/.test(model)
    ? invalidRequest("This model does not support assistant message prefill. The conversation must end with a user message.")
    : null;
}

function textProblem(turns: Turn[], index: number): BedrockError | null {
  const blank = turns[index]?.blocks.findIndex(({ text }) => typeof text === "string" && text.trim() === "") ?? -1;
  if (blank < 0) return null;
  return invalidRequest(
    `The text field in the ContentBlock object at messages.${index}.content.${blank} is blank. Add text to the text field, and try again.`,
  );
}

/** Results stand in the turn behind the calls, one for each. */
function toolProblem(turns: Turn[], index: number): BedrockError | null {
  const { calls, results } = turns[index] as Turn;
  const called = (turns[index - 1]?.calls ?? []).map(({ toolUseId }) => String(toolUseId));
  const answered = results.map(({ toolUseId }) => String(toolUseId));
  const missing = called.filter((id) => !answered.includes(id));
  if (missing.length > 0) {
    return invalidRequest(`Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(", ")}`);
  }
  if (answered.some((id) => !called.includes(id)) || answered.length > called.length) {
    return invalidRequest(
      `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
    );
  }
  const ids = calls.map(({ toolUseId }) => String(toolUseId));
  if (new Set(ids).size < ids.length) return invalidRequest(`messages.${index}.content: toolUse ids must be unique`);
  const isLast = index === turns.length - 1;
  return isLast && ids.length > 0 ? invalidRequest(`Expected toolResult blocks for the following Ids: ${ids.join(", ")}`) : null;
}

function reasoningProblem(turns: Turn[], index: number): BedrockError | null {
  for (const [at, { reasoningContent }] of (turns[index]?.blocks ?? []).entries()) {
    if (!isObject(reasoningContent) || !isObject(reasoningContent.reasoningText)) continue;
    const { text, signature } = reasoningContent.reasoningText;
    if (turns[index]?.role !== "assistant" || !thinkingSignature.accepts(String(text), String(signature))) {
      return invalidRequest(`messages.${index}.content.${at}: Invalid \`signature\` in \`thinking\` block`);
    }
  }
  return null;
}

/** API_runtime_DocumentBlock.html and API_runtime_ContentBlock.html. */
function documentProblem(turns: Turn[]): BedrockError | null {
  const names = new Set<string>();
  for (const [index, { blocks }] of turns.entries()) {
    const documents = blocks.map(({ document }) => document).filter(isObject);
    if (documents.length > 0 && !blocks.some(({ text }) => typeof text === "string")) {
      return invalidRequest(`messages.${index}: If you include a document, you must also include a text block.`);
    }
    for (const { name } of documents) {
      if (!/^[A-Za-z0-9\-()[\]]+(?:\s[A-Za-z0-9\-()[\]]+)*$/.test(String(name))) {
        return invalidRequest(
          "The file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.",
        );
      }
      if (names.has(String(name)))
        return invalidRequest("Messages contain duplicate document names. Use unique document names and try again.");
      names.add(String(name));
    }
  }
  return null;
}
