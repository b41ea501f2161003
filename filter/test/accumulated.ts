import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { CLIENT_FORMATS } from "./facade.ts";

export type ClientFormat = (typeof CLIENT_FORMATS)[number];

function optionsFor(stream: string): { apiKey: string; maxRetries: number; fetch: () => Promise<Response> } {
  const fetch = async () => new Response(stream, { headers: { "content-type": "text/event-stream" } });
  return { apiKey: "none", maxRetries: 0, fetch };
}

const message = { model: "m", messages: [] };
const CLIENTS: Record<ClientFormat, (stream: string) => Promise<unknown>> = {
  openai_chat: (stream) =>
    new OpenAI(optionsFor(stream)).chat.completions.stream({ ...message, stream_options: { include_usage: true } }).finalChatCompletion(),
  anthropic_messages: (stream) => new Anthropic(optionsFor(stream)).messages.stream({ ...message, max_tokens: 1 }).finalMessage(),
  openai_responses: (stream) => new OpenAI(optionsFor(stream)).responses.stream({ model: "m", input: "x" }).finalResponse(),
};

/** The whole answer that the official client of an API puts together from a stream; throws what that client throws. */
export function accumulated(format: ClientFormat, stream: string): Promise<unknown> {
  return CLIENTS[format](stream);
}
