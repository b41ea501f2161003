// What is asked and answered: one conversation of about 1 KB, one reply of about 1.5 KB, and the same reply as a stream of events
// of 200 to 300 bytes. Shapes from the providers' published API references:
// https://platform.openai.com/docs/api-reference/chat and https://docs.anthropic.com/en/api/messages.

export type Api = "openai_chat" | "anthropic_messages";

export const API_PATH: Record<Api, string> = { openai_chat: "/v1/chat/completions", anthropic_messages: "/v1/messages" };

/** Content events of a paced stream, and the time between two of them. */
export const PACED_CHUNKS = 200;
export const PACED_GAP_MS = 20;
/** Content events of a stream that is sent as fast as it goes. */
export const BURST_CHUNKS = 10;

/** Models of the mock provider; the gateway knows them with a provider's name in front. */
export const MODEL = "bench-1";
export const MODEL_BURST = "bench-burst";
/** The prompt's form goes by the name: Arch-Router's. */
export const MODEL_ROUTER = "arch-router-bench";
/** What the mock provider answers as a routing model, always and at once: an instant resolver. */
export const ROUTE = "code-generation";

const SYSTEM = "You are a careful assistant for a team of engineers. Answer in plain words, name your assumptions, and keep code short.";
const TURNS: readonly { role: "user" | "assistant"; content: string }[] = [
  {
    role: "user",
    content:
      'We keep orders as a list of dictionaries, e.g. [{"id": 7, "total": 12.5, "placed": "2026-02-11"}].\nHow do I sort them by total, largest first, without changing the list that came in? The list has up to 50 000 entries and is read by other threads.',
  },
  {
    role: "assistant",
    content: 'Use sorted(), which builds a new list:\n\n```python\nby_total = sorted(orders, key=lambda o: o["total"], reverse=True)\n```',
  },
  {
    role: "user",
    content:
      "Thanks. Some orders have no total yet (the key is missing or None), and those must come last, whichever the direction. Please write it as a function with a parameter for the direction, type hints, and a doctest or two; then say in one line what it costs for 50 000 entries.",
  },
];

const REPLY_TEXT = `Here is a version that keeps orders without a total at the end in both directions:

\`\`\`python
from collections.abc import Iterable
from typing import Any

Order = dict[str, Any]


def by_total(orders: Iterable[Order], *, largest_first: bool = True) -> list[Order]:
    """Orders by total; those without one come last.

    >>> [o["id"] for o in by_total([{"id": 1}, {"id": 2, "total": 5}, {"id": 3, "total": 9}])]
    [3, 2, 1]
    >>> [o["id"] for o in by_total([{"id": 1, "total": None}, {"id": 2, "total": 5}], largest_first=False)]
    [2, 1]
    """
    sign = -1 if largest_first else 1
    return sorted(orders, key=lambda o: (o.get("total") is None, sign * (o.get("total") or 0)))
\`\`\`

The key is a pair: first whether the total is missing (False sorts before True), then the total with its sign. For 50\u202f000 entries that is one pass for the keys and about 800\u202f000 comparisons of pairs: some 40 ms. The list that came in stays as it is, so threads that read it see nothing of the sort.`;

const PIECES = [
  "The key is a pair: whether the total is missing, ",
  'then its value, so that `"total": null` ends up\n',
  "behind all else in either direction. ",
  "A pass over 50\u202f000 entries costs some 40 ms;\n\n",
];
export const USAGE = { input: 251, output: 223 };

function requestBody(api: Api, model: string, stream: boolean): string {
  if (api === "openai_chat") {
    const messages = [{ role: "system", content: SYSTEM }, ...TURNS];
    const streaming = stream ? { stream: true, stream_options: { include_usage: true } } : {};
    return JSON.stringify({ model, messages, temperature: 0.2, max_completion_tokens: 1024, ...streaming });
  }
  return JSON.stringify({
    model,
    max_tokens: 1024,
    system: SYSTEM,
    messages: TURNS,
    temperature: 0.2,
    ...(stream ? { stream: true } : {}),
  });
}

/** The bytes of a whole HTTP request. Credentials are sent along, as a client would. */
export function requestBytes(api: Api, model: string, stream: boolean): Buffer {
  const body = Buffer.from(requestBody(api, model, stream));
  const credentials =
    api === "openai_chat" ? "authorization: Bearer sk-client-000" : "x-api-key: sk-client-000\r\nanthropic-version: 2023-06-01";
  const head = `POST ${API_PATH[api]} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\naccept: */*\r\nuser-agent: bench\r\n${credentials}\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Text of the request as a provider must see it, whatever it was translated from: all turns in their order, each with its role. */
export function conversationOf(api: Api, body: { system?: unknown; messages?: { role: string; content: unknown }[] }): string {
  const turns = (body.messages ?? []).map(({ role, content }) => `${role === "developer" ? "system" : role}: ${textOf(content)}`);
  return (api === "anthropic_messages" && body.system !== undefined ? [`system: ${textOf(body.system)}`, ...turns] : turns).join("\n");
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((block: { text?: string }) => block.text ?? "").join("") : "";
}

export const CONVERSATION = conversationOf("openai_chat", { messages: [{ role: "system", content: SYSTEM }, ...TURNS] });

/** The mock provider's whole reply. */
export function replyBody(api: Api, text: string = REPLY_TEXT): string {
  if (api === "openai_chat") {
    return JSON.stringify({
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
    });
  }
  return JSON.stringify({
    id: "msg_01BenchAAAAAAAAAAAAAAAAAA",
    type: "message",
    role: "assistant",
    model: MODEL,
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: {
      input_tokens: USAGE.input,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: USAGE.output,
      service_tier: "standard",
    },
  });
}

/** A stream's events in the order and grouping in which the provider writes them: opening, one a content event, closing. */
export function streamWrites(api: Api, contentChunks: number): string[] {
  return api === "openai_chat" ? openaiWrites(contentChunks) : anthropicWrites(contentChunks);
}

export function streamText(contentChunks: number): string {
  return Array.from({ length: contentChunks }, (_, i) => pieceOf(i)).join("");
}

function pieceOf(index: number): string {
  return PIECES[index % PIECES.length] as string;
}

function openaiWrites(contentChunks: number): string[] {
  const event = (choices: unknown[], usage: unknown) =>
    `data: ${JSON.stringify({
      id: "chatcmpl-BenchAAAAAAAAAAAAAAAAAAAAAA",
      object: "chat.completion.chunk",
      created: 1_771_000_000,
      model: MODEL,
      system_fingerprint: "fp_bench00000",
      choices,
      usage,
    })}\n\n`;
  const delta = (value: unknown, finish_reason: string | null) => event([{ index: 0, delta: value, logprobs: null, finish_reason }], null);
  const usage = { prompt_tokens: USAGE.input, completion_tokens: USAGE.output, total_tokens: USAGE.input + USAGE.output };
  return [
    delta({ role: "assistant", content: "", refusal: null }, null),
    ...Array.from({ length: contentChunks }, (_, i) => delta({ content: pieceOf(i) }, null)),
    `${delta({}, "stop")}${event([], usage)}data: [DONE]\n\n`,
  ];
}

function anthropicWrites(contentChunks: number): string[] {
  const event = (value: { type: string }) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
  const message = {
    id: "msg_01BenchAAAAAAAAAAAAAAAAAA",
    type: "message",
    role: "assistant",
    model: MODEL,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: USAGE.input, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
  };
  const start = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
  const delta = (text: string) => event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } } as { type: string });
  const messageDelta = {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: USAGE.output },
  };
  return [
    event({ type: "message_start", message } as { type: string }) + event(start) + event({ type: "ping" }),
    ...Array.from({ length: contentChunks }, (_, i) => delta(pieceOf(i))),
    event({ type: "content_block_stop", index: 0 } as { type: string }) + event(messageDelta) + event({ type: "message_stop" }),
  ];
}

export { REPLY_TEXT };
