import { MODEL, piecesOf, SYSTEM, streamText, TEMPERATURE, TOKENS_MAX, USAGE } from "../workload.ts";
import { type ClientFormat, conversationOf, namedEvent } from "./format.ts";

interface Response {
  status?: string;
  output?: { type?: string; content?: { text?: string }[] }[];
  usage?: { input_tokens?: number; output_tokens?: number } | null;
}

interface Event {
  type?: string;
  delta?: string;
  response?: Response;
}

interface Request {
  model: string;
  stream?: boolean;
  instructions?: string | null;
  input?: { role?: string; content?: unknown }[];
  max_output_tokens?: number;
}

/** @see https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses: ClientFormat = {
  id: "openai_responses",
  title: "Responses",
  basePath: "/v1",
  path: "/v1/responses",
  headers: ["authorization: Bearer sk-client-000"],
  serves: (path) => path === "/v1/responses",
  read(_path, body) {
    const { model, stream = false, instructions, input = [], max_output_tokens } = body as Request;
    const turns = instructions == null ? input : [{ role: "system", content: instructions }, ...input];
    return { model, stream, conversation: conversationOf(turns), tokens_max: max_output_tokens };
  },
  request: (model, stream, turns) => ({
    model,
    instructions: SYSTEM,
    input: turns,
    temperature: TEMPERATURE,
    max_output_tokens: TOKENS_MAX,
    store: false,
    ...(stream ? { stream: true } : {}),
  }),
  reply: (text) => JSON.stringify(response("completed", [messageItem(text)])),
  streamType: "text/event-stream; charset=utf-8",
  streamWrites(contentChunks) {
    let sequence_number = 0;
    const write = (...events: Record<string, unknown>[]) =>
      events
        .map(({ type, ...rest }) => namedEvent({ type: type as string, sequence_number: sequence_number++, ...rest } as { type: string }))
        .join("");
    const text = streamText(contentChunks);
    const at = { item_id: ITEM_ID, output_index: 0, content_index: 0 };
    const part = (value: string) => ({ type: "output_text", annotations: [], logprobs: [], text: value });
    return [
      write(
        { type: "response.created", response: response("in_progress", []) },
        { type: "response.in_progress", response: response("in_progress", []) },
        { type: "response.output_item.added", output_index: 0, item: { ...messageItem(""), status: "in_progress", content: [] } },
        { type: "response.content_part.added", ...at, part: part("") },
      ),
      ...piecesOf(contentChunks).map((delta) =>
        write({ type: "response.output_text.delta", ...at, delta, logprobs: [], obfuscation: "Zq3xT0mW9" }),
      ),
      write(
        { type: "response.output_text.done", ...at, text, logprobs: [] },
        { type: "response.content_part.done", ...at, part: part(text) },
        { type: "response.output_item.done", output_index: 0, item: messageItem(text) },
        { type: "response.completed", response: response("completed", [messageItem(text)]) },
      ),
    ];
  },
  readWhole: (reply: Response) => seenIn(reply),
  readStream(data) {
    const events = data.map((one) => JSON.parse(one) as Event);
    const end = events.at(-1);
    if (end?.type !== "response.completed") return `no response.completed at the end: ${data.at(-1)?.slice(-300)}`;
    const text = events.map((event) => (event.type === "response.output_text.delta" ? (event.delta ?? "") : "")).join("");
    const seen = seenIn(end.response ?? {});
    return seen.text === text ? seen : "the text of the last event is not that of the pieces";
  },
};

const ITEM_ID = "msg_0benchAAAAAAAAAAAAAAAAAA";

function messageItem(text: string) {
  const content = [{ type: "output_text", annotations: [], logprobs: [], text }];
  return { id: ITEM_ID, type: "message", status: "completed", role: "assistant", content };
}

function response(status: string, output: unknown[]) {
  const usage = {
    input_tokens: USAGE.input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: USAGE.output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: USAGE.input + USAGE.output,
  };
  return {
    ...{
      id: "resp_0benchAAAAAAAAAAAAAAAAAA",
      object: "response",
      created_at: 1_771_000_000,
      status,
      error: null,
      incomplete_details: null,
    },
    ...{ instructions: null, max_output_tokens: TOKENS_MAX, model: MODEL, output, parallel_tool_calls: true, temperature: TEMPERATURE },
    ...{ tool_choice: "auto", tools: [], top_p: 1, truncation: "disabled", usage: status === "completed" ? usage : null, metadata: {} },
  };
}

function seenIn({ status, output = [], usage }: Response) {
  return {
    text: output
      .flatMap((item) => item.content ?? [])
      .map((part) => part.text ?? "")
      .join(""),
    stopped: status === "completed",
    input: usage?.input_tokens,
    output: usage?.output_tokens,
  };
}
