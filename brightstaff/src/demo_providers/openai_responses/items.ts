import { invalidRequest, type OpenaiError } from "../openai/errors.ts";
import { asArray, isObject, type JsonObject } from "../wire.ts";
import { isOwnEncryption } from "./encrypted_content.ts";
import type { StoredResponses } from "./stored_responses.ts";

/** The body with every message's `type` said, which may be left out where there is a role. */
export function withTypes(body: JsonObject): JsonObject {
  if (!Array.isArray(body.input)) return body;
  return {
    ...body,
    input: body.input.map((item) => (isObject(item) && item.type === undefined && "role" in item ? { ...item, type: "message" } : item)),
  };
}

/** The whole conversation that a request goes on with: what was stored, and what came along, references replaced by what they name. */
export function readItems(body: JsonObject, stored: StoredResponses): { items: JsonObject[] } | { problem: OpenaiError } {
  const previous = body.previous_response_id;
  const before = typeof previous === "string" ? stored.conversation(previous) : [];
  if (before === undefined) {
    const message = `Previous response with id '${previous}' not found.`;
    return { problem: invalidRequest(message, "previous_response_id", "previous_response_not_found") };
  }
  const given =
    typeof body.input === "string" ? [{ type: "message", role: "user", content: body.input }] : asArray(body.input).filter(isObject);
  const items: JsonObject[] = [...before];
  for (const item of given) {
    const isReference =
      item.type === "item_reference" || (item.type === "reasoning" && isEmpty(item.encrypted_content) && !isEmpty(item.id));
    const found = isReference ? stored.item(String(item.id)) : item;
    // 404: https://github.com/can1357/oh-my-pi/issues/41
    if (found === undefined) return { problem: { ...notFound(String(item.id)), status: 404 } };
    items.push(found);
  }
  if (items.length === 0) {
    const message = "Missing required parameter: one of 'input', 'previous_response_id', 'prompt' and 'conversation' has to be provided.";
    return { problem: invalidRequest(message, "input", "missing_required_parameter") };
  }
  const problem = conversationProblem(items);
  return problem === null ? { items } : { problem };
}

const isEmpty = (value: unknown) => value === undefined || value === null || value === "";

function notFound(id: string): OpenaiError {
  const message = `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;
  return invalidRequest(message, "input", null);
}

const OUTPUTS: Record<string, string> = {
  function_call_output: "function call output",
  custom_tool_call_output: "custom tool call output",
};
const CALLS: Record<string, string> = { function_call: "function call", custom_tool_call: "custom tool call" };
const ID_PREFIXES: Record<string, string> = { message: "msg", reasoning: "rs", function_call: "fc", custom_tool_call: "ctc" };

/** What no schema says of a conversation: that calls and outputs belong together, and what reasoning may be. */
function conversationProblem(items: readonly JsonObject[]): OpenaiError | null {
  const waiting = new Map<string, string>();
  for (const [index, item] of items.entries()) {
    const type = String(item.type);
    const problem = idProblem(item, index) ?? (type === "reasoning" ? reasoningProblem(item, items[index + 1]) : null);
    if (problem !== null) return problem;
    const id = String(item.call_id);
    const called = CALLS[type];
    if (called !== undefined) waiting.set(id, called);
    const answered = OUTPUTS[type];
    // https://github.com/continuedev/continue/issues/10092
    if (answered !== undefined && !waiting.delete(id))
      return invalidRequest(`No tool call found for ${answered} with call_id ${id}.`, "input", null);
  }
  for (const [id, called] of waiting) return invalidRequest(`No tool output found for ${called} ${id}.`, "input", null);
  return null;
}

function idProblem({ type, id, role }: JsonObject, index: number): OpenaiError | null {
  const prefix = ID_PREFIXES[String(type)];
  if (prefix === undefined || isEmpty(id) || (type === "message" && role !== "assistant") || String(id).startsWith(prefix)) return null;
  // https://github.com/BigPizzaV3/CodexPlusPlus/issues/1796
  return invalidRequest(
    `Invalid 'input[${index}].id': '${id}'. Expected an ID that begins with '${prefix}'.`,
    `input[${index}].id`,
    "invalid_id_prefix",
  );
}

function reasoningProblem(item: JsonObject, next: JsonObject | undefined): OpenaiError | null {
  const { id, encrypted_content: content } = item;
  // https://github.com/openai/codex/issues/8132
  if (typeof content === "string" && content !== "" && !isOwnEncryption(content)) {
    return invalidRequest(
      `The encrypted content ${content.slice(0, 4)}...${content.slice(-4)} could not be verified.`,
      null,
      "invalid_encrypted_content",
    );
  }
  const isFollowed = next !== undefined && next.role !== "user" && OUTPUTS[String(next.type)] === undefined;
  // https://github.com/continuedev/continue/issues/8933
  return isEmpty(id) || isFollowed
    ? null
    : invalidRequest(`Item '${id}' of type 'reasoning' was provided without its required following item.`, "input", null);
}
