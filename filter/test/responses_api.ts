// What OpenAI's Responses API takes and sends, as far as the gateway writes it: by the types of the official SDK, which are made from the
// published OpenAPI schema (https://github.com/openai/openai-openapi), and by what the API is known to refuse.

type Json = Record<string, unknown>;

const REQUEST_FIELDS =
  "model input instructions max_output_tokens temperature top_p reasoning include tools tool_choice parallel_tool_calls text user prompt_cache_key service_tier store stream top_logprobs".split(
    " ",
  );
const PARTS: Record<string, string[]> = {
  input_text: ["text"],
  input_image: ["detail", "image_url"],
  input_file: ["filename", "file_data", "file_url"],
};
const ITEMS: Record<string, string[]> = {
  message: ["role", "content"],
  function_call: ["call_id", "name", "arguments"],
  function_call_output: ["call_id", "output"],
};

/** Why the API would refuse a request; null when it takes it. */
export function responsesRequestProblem(body: unknown): string | null {
  const request = body as Json;
  const unknown = Object.keys(request).find((field) => !REQUEST_FIELDS.includes(field));
  if (unknown !== undefined) return `unknown field ${unknown}`;
  if (!Array.isArray(request.input) || request.input.length === 0) return "input must be a list of items";
  const calls = new Set<unknown>();
  for (const item of request.input as Json[]) {
    const problem = itemProblem(item, calls);
    if (problem !== null) return `${problem}: ${JSON.stringify(item)}`;
  }
  return toolsProblem(request);
}

function itemProblem(item: Json, calls: Set<unknown>): string | null {
  const fields = ITEMS[String(item.type)];
  if (fields === undefined) return "unknown type";
  if (Object.keys(item).sort().join() !== ["type", ...fields].sort().join()) return "wrong fields";
  if (item.type === "function_call") {
    if (typeof item.arguments !== "string") return "arguments must be a string";
    if (calls.has(item.call_id)) return "call_id is used twice";
    calls.add(item.call_id);
  }
  if (item.type === "function_call_output" && !calls.has(item.call_id)) return "no call has this call_id";
  if (item.type !== "message" && !/^[\w-]{1,64}$/.test(String(item.call_id))) return "wrong call_id";
  return item.type === "function_call" ? null : contentProblem(item.content ?? item.output);
}

function contentProblem(content: unknown): string | null {
  if (typeof content === "string") return null;
  if (!Array.isArray(content) || content.length === 0) return "content must be a string or a list of parts";
  for (const part of content as Json[]) {
    const allowed = PARTS[String(part.type)];
    if (allowed === undefined) return `unknown part ${part.type}`;
    if (Object.entries(part).some(([key, value]) => key !== "type" && (!allowed.includes(key) || typeof value !== "string")))
      return "a part has a wrong field";
    if (part.type === "input_image" && !["auto", "low", "high"].includes(String(part.detail))) return "wrong detail";
  }
  return null;
}

function toolsProblem({ tools, tool_choice }: Json): string | null {
  const names = ((tools ?? []) as Json[]).map(({ name }) => name);
  for (const tool of (tools ?? []) as Json[]) {
    const { type, name, description, parameters, strict, ...others } = tool;
    if (type !== "function" || typeof name !== "string" || Object.keys(others).length > 0) return `wrong tool: ${JSON.stringify(tool)}`;
    if (typeof parameters !== "object" || typeof strict !== "boolean" || !["string", "undefined"].includes(typeof description))
      return `wrong tool: ${JSON.stringify(tool)}`;
  }
  if (tool_choice === undefined || ["auto", "required", "none"].includes(tool_choice as string)) return null;
  const choice = tool_choice as Json;
  return choice.type === "function" && names.includes(choice.name) ? null : "tool_choice names no tool";
}

export interface ResponsesEvent {
  type: string;
  sequence_number: number;
  output_index?: number;
  item_id?: string;
  delta?: string;
  text?: string;
  arguments?: string;
  input?: string;
  refusal?: string;
  item?: { id: string; type: string };
  response?: { status: string; output: { id: string; type: string }[] };
}

/** What makes a sequence of events one that no provider of this API sends; null when it is well formed. */
export function responsesStreamProblem(events: ResponsesEvent[]): string | null {
  const wrongNumber = events.findIndex((event, index) => event.sequence_number !== index);
  if (wrongNumber >= 0) return `event ${wrongNumber} has the wrong number`;
  const last = events.at(-1);
  if (events[0]?.type !== "response.created" || events[1]?.type !== "response.in_progress") return "wrong beginning";
  if (!["response.completed", "response.incomplete", "response.failed"].includes(last?.type ?? "")) return "no end";
  const done: unknown[] = [];
  let open: ResponsesEvent["item"];
  let pieces = "";
  for (const event of events.slice(2)) {
    if (event.type === "response.output_item.added") {
      if (open !== undefined) return "an item begins inside of another";
      if (event.output_index !== done.length) return "wrong output_index";
      open = event.item;
      pieces = "";
    }
    if (event.item_id !== undefined && event.item_id !== open?.id) return "wrong item_id";
    if (event.type.endsWith(".delta")) pieces += event.delta;
    const whole = event.text ?? event.arguments ?? event.input ?? event.refusal;
    if (event.type.endsWith(".done") && whole !== undefined && whole !== pieces) return `${event.type} is not the sum of its deltas`;
    if (event.type === "response.output_item.done") {
      if (event.item?.id !== open?.id) return "another item ends";
      done.push(event.item);
      open = undefined;
    }
  }
  if (JSON.stringify(last?.response?.output) !== JSON.stringify(done)) return "the output is not the sum of the items";
  return open !== undefined && last?.type !== "response.failed" ? "an item has no end" : null;
}
