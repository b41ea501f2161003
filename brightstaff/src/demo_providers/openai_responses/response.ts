import { openaiIds } from "../identifiers.ts";
import { isOpenaiModel, openaiModelTraits } from "../openai/models.ts";
import { asArray, isObject, type JsonObject, type StreamFrame } from "../wire.ts";
import type { AnswerItem, ResponseAnswer } from "./answer.ts";

const OBFUSCATION_CHARS_MAX = 16;

/** The whole body of a response. */
export function writeResponse(body: JsonObject, answer: ResponseAnswer): string {
  return JSON.stringify(finishedResponse(body, answer), null, 2);
}

/**
 * The same response as a stream of events, each with its number: the response as it begins, twice; then each item as it is added, in pieces and
 * as it is done; and the whole response. The order and the fields are those of recorded streams.
 */
export function streamResponse(body: JsonObject, answer: ResponseAnswer, obfuscate: boolean): StreamFrame[] {
  const frames: StreamFrame[] = [];
  const push: Push = (mark, type, fields) => {
    const padding =
      obfuscate && type.endsWith(".delta")
        ? { obfuscation: openaiIds.obfuscation(1 + Math.floor(Math.random() * OBFUSCATION_CHARS_MAX)) }
        : {};
    const event = { type, sequence_number: frames.length, ...fields, ...padding };
    frames.push({ data: `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`, mark });
  };
  const begun = responseObject(body, answer, "in_progress");
  push("preamble", "response.created", { response: begun });
  push("preamble", "response.in_progress", { response: begun });
  for (const [output_index, item] of answer.items.entries()) pushItem(item, output_index, push);
  const finished = finishedResponse(body, answer);
  push("terminal", `response.${finished.status}`, { response: finished });
  return frames;
}

type Push = (mark: StreamFrame["mark"], type: string, fields: JsonObject) => void;

function pushItem(answerItem: AnswerItem, output_index: number, push: Push): void {
  const { item } = answerItem;
  const at = { item_id: item.id, output_index };
  switch (item.type) {
    case "message":
      push("preamble", "response.output_item.added", { output_index, item: { ...item, status: "in_progress", content: [] } });
      pushMessage(answerItem, at, push);
      break;
    case "reasoning":
      push("preamble", "response.output_item.added", {
        output_index,
        item: { ...item, summary: [], ...("content" in item ? { content: [] } : {}) },
      });
      pushReasoning(answerItem, at, push);
      break;
    default:
      pushCall(answerItem, at, push);
  }
  const mark = item.type === "reasoning" && answerItem.pieces.length === 0 ? "preamble" : "closing";
  push(mark, "response.output_item.done", { output_index, item });
}

function pushMessage({ item, pieces, logprobs = [] }: AnswerItem, at: JsonObject, push: Push): void {
  const [part] = item.content as [{ text: string }];
  const place = { ...at, content_index: 0 };
  push("preamble", "response.content_part.added", { ...place, part: { ...part, text: "", logprobs: [] } });
  for (const [index, delta] of pieces.entries())
    push("content", "response.output_text.delta", { ...place, delta, logprobs: logprobs.slice(index, index + 1) });
  push("closing", "response.output_text.done", { ...place, text: part.text, logprobs });
  push("closing", "response.content_part.done", { ...place, part });
}

function pushReasoning({ item, pieces }: AnswerItem, at: JsonObject, push: Push): void {
  const isSummary = !("content" in item);
  const [part] = asArray(isSummary ? item.summary : item.content);
  if (!isObject(part)) return;
  const place = { ...at, [isSummary ? "summary_index" : "content_index"]: 0 };
  const parts = isSummary ? "response.reasoning_summary_part" : "response.content_part";
  const text = isSummary ? "response.reasoning_summary_text" : "response.reasoning_text";
  push("preamble", `${parts}.added`, { ...place, part: { ...part, text: "" } });
  for (const delta of pieces) push("content", `${text}.delta`, { ...place, delta });
  push("closing", `${text}.done`, { ...place, text: part.text });
  push("closing", `${parts}.done`, { ...place, part });
}

function pushCall({ item, pieces }: AnswerItem, at: JsonObject, push: Push): void {
  const isCustom = item.type === "custom_tool_call";
  const field = isCustom ? "input" : "arguments";
  const type = isCustom ? "response.custom_tool_call_input" : "response.function_call_arguments";
  push("content", "response.output_item.added", { output_index: at.output_index, item: { ...item, status: "in_progress", [field]: "" } });
  for (const delta of pieces) push("content", `${type}.delta`, { ...at, delta });
  push("closing", `${type}.done`, { ...at, [field]: item[field] });
}

function finishedResponse(body: JsonObject, answer: ResponseAnswer): JsonObject {
  return responseObject(body, answer, answer.incompleteReason === null ? "completed" : "incomplete");
}

/** What is repeated of the request is there with the value that it has where it was left out. */
function responseObject(body: JsonObject, answer: ResponseAnswer, status: string): JsonObject {
  const isDone = status !== "in_progress";
  const traits = openaiModelTraits(String(body.model));
  const reasoning = isObject(body.reasoning) ? body.reasoning : {};
  const effort = isOpenaiModel(String(body.model)) && traits.reasoning ? traits.effortDefault : null;
  const text = isObject(body.text) ? body.text : {};
  return {
    id: answer.id,
    object: "response",
    created_at: answer.createdSeconds,
    status,
    background: false,
    error: null,
    incomplete_details: isDone && answer.incompleteReason !== null ? { reason: answer.incompleteReason } : null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    model: body.model,
    output: isDone ? answer.items.map(({ item }) => item) : [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    prompt_cache_retention: body.prompt_cache_retention ?? null,
    reasoning: { effort: reasoning.effort ?? effort, summary: reasoning.summary ?? null },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: isDone ? "default" : (body.service_tier ?? "auto"),
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: text.format ?? { type: "text" }, verbosity: text.verbosity ?? "medium" },
    tool_choice: body.tool_choice ?? "auto",
    tools: asArray(body.tools).map(repeatedTool),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? "disabled",
    usage: isDone ? answer.usage : null,
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  };
}

/** Functions are strict unless they say otherwise. */
function repeatedTool(tool: unknown): unknown {
  if (!isObject(tool) || tool.type !== "function") return tool;
  const { type, description = null, name, parameters = null, strict = true } = tool;
  return { type, description, name, parameters, strict };
}
