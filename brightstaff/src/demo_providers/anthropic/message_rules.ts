import { asArray, isObject, type JsonObject } from "../wire.ts";
import { anthropicModelTraits } from "./models.ts";
import { isClaude, thinkingSignature } from "./signature.ts";
import type { AnthropicVersion } from "./versions.ts";

/** What no schema says of `messages`. The body has passed the schema. */
export function conversationProblem(body: JsonObject, version: AnthropicVersion): string | null {
  const messages = asArray(body.messages).filter(isObject);
  if (messages.length === 0) return "messages: at least one message is required";
  const traits = anthropicModelTraits(String(body.model));
  for (const [index, message] of messages.entries()) {
    const problem =
      message.role === "system"
        ? systemMessageProblem(messages, index, traits.systemMessages)
        : (emptinessProblem(message, index, messages.length) ?? blocksProblem(message, index, version, isClaude(body.model)));
    if (problem !== null) return problem;
  }
  if (messages[0]?.role === "assistant") return 'messages: first message must use the "user" role';
  if (isBlankText(body.system)) return "system: text content blocks must be non-empty";
  return toolPairsProblem(mergeTurns(messages)) ?? thinkingTurnProblem(body, messages) ?? finalMessageProblem(body, messages);
}

function systemMessageProblem(messages: JsonObject[], index: number, supported: boolean): string | null {
  if (!supported) {
    return 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.';
  }
  return messages[index - 1]?.role === "user" ? null : `messages.${index}: a system message must directly follow a user message`;
}

function emptinessProblem(message: JsonObject, index: number, count: number): string | null {
  const empty = message.content === "" || (Array.isArray(message.content) && message.content.length === 0);
  if (empty && !(message.role === "assistant" && index === count - 1)) {
    return `messages.${index}: all messages must have non-empty content except for the optional final assistant message`;
  }
  return isBlankText(message.content) ? "messages: text content blocks must be non-empty" : null;
}

function isBlankText(content: unknown): boolean {
  return asArray(content).some((block) => isObject(block) && block.type === "text" && String(block.text).trim() === "");
}

const ASSISTANT_ONLY = new Set(["tool_use", "thinking", "redacted_thinking", "server_tool_use"]);
const USER_ONLY = new Set(["tool_result", "image", "search_result", "container_upload"]);

function blocksProblem(message: JsonObject, index: number, version: AnthropicVersion, checksSignatures: boolean): string | null {
  const [forbidden, home] = message.role === "user" ? [ASSISTANT_ONLY, "assistant"] : [USER_ONLY, "user"];
  for (const [blockIndex, block] of asArray(message.content).filter(isObject).entries()) {
    const type = String(block.type);
    const at = `messages.${index}.content.${blockIndex}`;
    const misplaced = forbidden.has(type) || (type === "document" && home === "user" && version === "2026-10-21");
    if (misplaced) return `${at}: \`${type}\` blocks can only be in \`${home}\` messages`;
    if (version === "2026-10-21" && message.role === "user" && hasCitations(block)) {
      return `${at}.text.citations: citations are not permitted in \`user\` messages`;
    }
    if (type === "image") {
      const problem = imageProblem(block.source);
      if (problem !== null) return `${at}.image.source.base64: ${problem}`;
    }
    if (checksSignatures && type === "thinking" && !thinkingSignature.accepts(String(block.thinking), String(block.signature))) {
      return `${at}: Invalid \`signature\` in \`thinking\` block`;
    }
    if (type === "redacted_thinking" && !thinkingSignature.acceptsRedacted(String(block.data))) {
      return `${at}: Invalid \`data\` in \`redacted_thinking\` block`;
    }
  }
  return null;
}

function hasCitations(block: JsonObject): boolean {
  const texts = block.type === "search_result" ? asArray(block.content).filter(isObject) : [block];
  return texts.some((text) => asArray(text.citations).length > 0);
}

/** First bytes of the image types that the API takes. */
const IMAGE_MAGIC: [string, RegExp][] = [
  ["image/png", /^\x89PNG/],
  ["image/jpeg", /^\xff\xd8\xff/],
  ["image/gif", /^GIF8/],
  ["image/webp", /^RIFF.{4}WEBP/s],
];

function imageProblem(source: unknown): string | null {
  if (!isObject(source) || source.type !== "base64") return null;
  const head = Buffer.from(String(source.data).slice(0, 24), "base64").toString("latin1");
  const found = IMAGE_MAGIC.find(([, magic]) => magic.test(head))?.[0];
  if (found === undefined) return "Could not process image";
  return found === source.media_type
    ? null
    : `The image was specified using the ${source.media_type} media type, but the image appears to be a ${found} image`;
}

interface Turn {
  role: unknown;
  /** Index of the turn's last message, for error locations. */
  index: number;
  blocks: JsonObject[];
}

/** Consecutive messages of one role are one turn to the API; a string is one text block. System messages end no turn. */
function mergeTurns(messages: JsonObject[]): Turn[] {
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") continue;
    const blocks =
      typeof message.content === "string" ? [{ type: "text", text: message.content }] : asArray(message.content).filter(isObject);
    const last = turns.at(-1);
    if (last !== undefined && last.role === message.role) {
      last.blocks.push(...blocks);
      last.index = index;
    } else turns.push({ role: message.role, index, blocks: [...blocks] });
  }
  return turns;
}

/** platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls: results come first in the next user turn, one for each call. */
function toolPairsProblem(turns: Turn[]): string | null {
  const everyId = new Set<unknown>();
  for (const [position, turn] of turns.entries()) {
    const uses = turn.blocks.filter((block) => block.type === "tool_use").map((block) => block.id);
    for (const id of uses) {
      if (everyId.has(id)) return "messages: `tool_use` ids must be unique";
      everyId.add(id);
    }
    const previous = turns[position - 1]?.blocks.filter((block) => block.type === "tool_use").map((block) => block.id) ?? [];
    const problem = turn.role === "user" ? resultsProblem(turn, previous) : null;
    if (problem !== null) return problem;
    if (uses.length > 0 && turns[position + 1] === undefined) return unansweredProblem(turn.index, uses);
  }
  return null;
}

function resultsProblem(turn: Turn, calls: unknown[]): string | null {
  const seen = new Set<unknown>();
  for (const [blockIndex, block] of turn.blocks.entries()) {
    if (block.type !== "tool_result") continue;
    const at = `messages.${turn.index}.content.${blockIndex}`;
    const id = block.tool_use_id;
    if (!calls.includes(id)) {
      return `${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    }
    if (seen.has(id)) return `${at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`;
    seen.add(id);
  }
  const leading = turn.blocks.findIndex((block) => block.type !== "tool_result");
  const first = turn.blocks.slice(0, leading < 0 ? undefined : leading).map((block) => block.tool_use_id);
  const missing = calls.filter((id) => !first.includes(id));
  return missing.length === 0 ? null : unansweredProblem(turn.index - 1, missing);
}

function unansweredProblem(index: number, ids: unknown[]): string {
  return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
}

/** With a thinking budget, the turn that called tools has to begin with the thinking that led to it: calls, results and further calls are one. */
function thinkingTurnProblem(body: JsonObject, messages: JsonObject[]): string | null {
  if (!isObject(body.thinking) || body.thinking.type !== "enabled") return null;
  const index = messages.findLastIndex(({ role, content }) => role === "user" && !hasBlock(content, "tool_result")) + 1;
  const blocks = asArray(messages[index]?.content).filter(isObject);
  if (!blocks.some((block) => block.type === "tool_use")) return null;
  const first = blocks[0]?.type;
  if (first === "thinking" || first === "redacted_thinking") return null;
  return `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`.`;
}

function hasBlock(content: unknown, type: string): boolean {
  return asArray(content).some((block) => isObject(block) && block.type === type);
}

function finalMessageProblem(body: JsonObject, messages: JsonObject[]): string | null {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return null;
  if (!anthropicModelTraits(String(body.model)).prefill) {
    return "This model does not support assistant message prefill. The conversation must end with a user message.";
  }
  if (isObject(body.thinking) && body.thinking.type !== "disabled")
    return "Prefilling the assistant response is not supported while thinking is enabled.";
  const final = typeof last.content === "string" ? last.content : asArray(last.content).filter(isObject).at(-1)?.text;
  return typeof final === "string" && /\s$/.test(final) ? "messages: final assistant content cannot end with trailing whitespace" : null;
}
