// Checks every reply. Bytes equal to a reply that was found right are right; anything else is read and compared in meaning, because
// a translated reply carries the time at which it was made.

import { type Api, REPLY_TEXT, replyBody, streamText, streamWrites, USAGE } from "./workload.ts";

/** What a reply should be: `exact` is for replies that no one may change, the provider's bytes. */
export interface Expectation {
  api: Api;
  exact: boolean;
  /** Content events of a stream; null for a whole reply. */
  stream_chunks: number | null;
}

export class ReplyChecker {
  readonly #expected: Expectation;
  #right: Buffer;

  constructor(expected: Expectation) {
    this.#expected = expected;
    const { api, exact, stream_chunks } = expected;
    const text = stream_chunks === null ? replyBody(api) : streamWrites(api, stream_chunks).join("");
    this.#right = exact ? Buffer.from(text) : Buffer.alloc(0);
  }

  /** null when the reply is right, else what is wrong with it. */
  check(status: number, body: Buffer): string | null {
    if (status === 200 && body.equals(this.#right)) return null;
    const wrong = this.#compare(status, body);
    if (wrong === null) this.#right = Buffer.from(body);
    return wrong;
  }

  #compare(status: number, body: Buffer): string | null {
    const text = body.toString("utf8");
    if (status !== 200) return `status ${status}: ${text.slice(0, 300)}`;
    const { api, exact, stream_chunks } = this.#expected;
    if (exact) return `not the provider's bytes: ${firstDifference(this.#right.toString("utf8"), text)}`;
    const seen = stream_chunks === null ? readWhole(api, text) : readStream(api, text);
    if (typeof seen === "string") return seen;
    const wanted = { text: stream_chunks === null ? REPLY_TEXT : streamText(stream_chunks), stopped: true, ...USAGE };
    const [a, b] = [JSON.stringify(wanted), JSON.stringify(seen)];
    return a === b ? null : firstDifference(a, b);
  }
}

interface Seen {
  text: string;
  stopped: boolean;
  input: number | undefined;
  output: number | undefined;
}

function firstDifference(wanted: string, seen: string): string {
  let at = 0;
  while (at < wanted.length && wanted[at] === seen[at]) at++;
  const from = Math.max(0, at - 20);
  return `at ${at}: expected ${JSON.stringify(wanted.slice(from, at + 60))}, got ${JSON.stringify(seen.slice(from, at + 60))}`;
}

interface OpenaiReply {
  choices?: { finish_reason?: string | null; message?: { content?: string }; delta?: { content?: string } }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
}

interface AnthropicReply {
  type?: string;
  content?: { text?: string }[];
  delta?: { text?: string; stop_reason?: string };
  stop_reason?: string;
  usage?: { input_tokens?: number; output_tokens?: number };
  message?: { usage?: { input_tokens?: number } };
}

function readWhole(api: Api, text: string): Seen | string {
  let reply: OpenaiReply & AnthropicReply;
  try {
    reply = JSON.parse(text);
  } catch {
    return `not JSON: ${text.slice(0, 300)}`;
  }
  if (api === "openai_chat") {
    const choice = reply.choices?.[0];
    return {
      text: choice?.message?.content ?? "",
      stopped: choice?.finish_reason === "stop",
      input: reply.usage?.prompt_tokens,
      output: reply.usage?.completion_tokens,
    };
  }
  return {
    text: (reply.content ?? []).map((block) => block.text ?? "").join(""),
    stopped: reply.stop_reason === "end_turn",
    input: reply.usage?.input_tokens,
    output: reply.usage?.output_tokens,
  };
}

/** The JSON of each event of a stream as this benchmark's parties write it: one data line an event. */
function dataOf(text: string): string[] {
  return text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
}

function readStream(api: Api, text: string): Seen | string {
  const data = dataOf(text);
  if (api === "openai_chat") {
    if (data.pop() !== "[DONE]") return `no [DONE] at the end: …${text.slice(-300)}`;
    const events = data.map((one) => JSON.parse(one) as OpenaiReply);
    const usage = events.find((event) => event.usage)?.usage;
    return {
      text: events.map((event) => event.choices?.[0]?.delta?.content ?? "").join(""),
      stopped: events.some((event) => event.choices?.[0]?.finish_reason === "stop"),
      input: usage?.prompt_tokens,
      output: usage?.completion_tokens,
    };
  }
  const events = data.map((one) => JSON.parse(one) as AnthropicReply);
  if (events.at(-1)?.type !== "message_stop") return `no message_stop at the end: …${text.slice(-300)}`;
  const end = events.find((event) => event.type === "message_delta");
  return {
    text: events.map((event) => (event.type === "content_block_delta" ? (event.delta?.text ?? "") : "")).join(""),
    stopped: end?.delta?.stop_reason === "end_turn",
    // A gateway that learns the input tokens only at the end of a stream tells them there: message_delta's usage is cumulative.
    input: end?.usage?.input_tokens ?? events.find((event) => event.type === "message_start")?.message?.usage?.input_tokens,
    output: end?.usage?.output_tokens,
  };
}
