import { MODEL, piecesOf, SYSTEM, TEMPERATURE, TOKENS_MAX, USAGE } from "../workload.ts";
import { type ClientFormat, conversationOf } from "./format.ts";

interface Reply {
  choices?: { finish_reason?: string | null; message?: { content?: string }; delta?: { content?: string } }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
}

interface Request {
  model: string;
  stream?: boolean;
  messages?: { role: string; content: unknown }[];
  max_tokens?: number;
  max_completion_tokens?: number;
}

/** @see https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: ClientFormat = {
  id: "openai_chat",
  title: "OpenAI",
  basePath: "/v1",
  path: "/v1/chat/completions",
  headers: ["authorization: Bearer sk-client-000"],
  serves: (path) => path === "/v1/chat/completions",
  read(_path, body) {
    const { model, stream = false, messages = [], max_tokens, max_completion_tokens } = body as Request;
    return { model, stream, conversation: conversationOf(messages), tokens_max: max_tokens ?? max_completion_tokens };
  },
  request: (model, stream, turns) => ({
    model,
    messages: [{ role: "system", content: SYSTEM }, ...turns],
    temperature: TEMPERATURE,
    max_completion_tokens: TOKENS_MAX,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  }),
  reply: (text) =>
    JSON.stringify({
      id: "chatcmpl-BenchAAAAAAAAAAAAAAAAAAAAAA",
      object: "chat.completion",
      created: 1_771_000_000,
      model: MODEL,
      choices: [
        { index: 0, message: { role: "assistant", content: text, refusal: null, annotations: [] }, logprobs: null, finish_reason: "stop" },
      ],
      usage: {
        prompt_tokens: USAGE.input,
        completion_tokens: USAGE.output,
        total_tokens: USAGE.input + USAGE.output,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
      },
      service_tier: "default",
      system_fingerprint: "fp_bench00000",
    }),
  streamType: "text/event-stream; charset=utf-8",
  streamWrites(contentChunks) {
    const usage = { prompt_tokens: USAGE.input, completion_tokens: USAGE.output, total_tokens: USAGE.input + USAGE.output };
    return [
      delta({ role: "assistant", content: "", refusal: null }, null),
      ...piecesOf(contentChunks).map((content) => delta({ content }, null)),
      `${delta({}, "stop")}${chunk([], usage)}data: [DONE]\n\n`,
    ];
  },
  readWhole({ choices, usage }: Reply) {
    const [choice] = choices ?? [];
    return {
      text: choice?.message?.content ?? "",
      stopped: choice?.finish_reason === "stop",
      input: usage?.prompt_tokens,
      output: usage?.completion_tokens,
    };
  },
  readStream(data) {
    if (data.at(-1) !== "[DONE]") return `no [DONE] at the end: ${data.at(-1)?.slice(-300)}`;
    const events = data.slice(0, -1).map((one) => JSON.parse(one) as Reply);
    const usage = events.find((event) => event.usage)?.usage;
    return {
      text: events.map((event) => event.choices?.[0]?.delta?.content ?? "").join(""),
      stopped: events.some((event) => event.choices?.[0]?.finish_reason === "stop"),
      input: usage?.prompt_tokens,
      output: usage?.completion_tokens,
    };
  },
};

function chunk(choices: unknown[], usage: unknown): string {
  return `data: ${JSON.stringify({
    id: "chatcmpl-BenchAAAAAAAAAAAAAAAAAAAAAA",
    object: "chat.completion.chunk",
    created: 1_771_000_000,
    model: MODEL,
    system_fingerprint: "fp_bench00000",
    choices,
    usage,
  })}\n\n`;
}

function delta(value: unknown, finish_reason: string | null): string {
  return chunk([{ index: 0, delta: value, logprobs: null, finish_reason }], null);
}
