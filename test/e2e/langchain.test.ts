// LangChain's own clients of OpenAI's two APIs and of Anthropic's, unchanged, against providers of every wire format.

import { ChatAnthropic } from "@langchain/anthropic";
import { type AIMessageChunk, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  CHAT_MODELS,
  failingModels,
  OPEN_MODEL,
  PIXEL_PNG_BASE64,
  REASONING_MODELS,
  RETRY_AFTER,
  type SdkGateway,
  startSdkGateway,
  weatherOf,
} from "./sdk_gateway.ts";

const apiKey = "key-of-the-client";
const PROMPT = "Explain photosynthesis — kurz, s'il vous plaît 🌱";
const CITY = z.object({ city: z.string(), people: z.number().int() });

const getWeather = tool(({ city }) => weatherOf(city), {
  name: "get_weather",
  description: "The current weather of a city",
  schema: z.object({ city: z.string() }),
});

let gateway: SdkGateway;

beforeAll(async () => {
  gateway = await startSdkGateway();
});

afterAll(async () => gateway?.close());

interface Options {
  thinks?: boolean;
}

const openai = (model: string, useResponsesApi: boolean, { thinks = false }: Options) =>
  new ChatOpenAI({
    model,
    useResponsesApi,
    apiKey,
    maxRetries: 0,
    configuration: { baseURL: `${gateway.url}/v1` },
    ...(thinks ? { reasoning: { effort: "high" } } : {}),
  });

const anthropic = (model: string, { thinks = false }: Options) =>
  new ChatAnthropic({
    model,
    apiKey,
    anthropicApiUrl: gateway.url,
    maxRetries: 0,
    maxTokens: 4000,
    ...(thinks ? { thinking: { type: "enabled", budget_tokens: 2000 } } : {}),
  });

const APIS: { api: string; open: (model: string, options?: Options) => ChatOpenAI | ChatAnthropic }[] = [
  { api: "ChatOpenAI", open: (model, options = {}) => openai(model, false, options) },
  { api: "ChatOpenAI, responses", open: (model, options = {}) => openai(model, true, options) },
  { api: "ChatAnthropic", open: (model, options = {}) => anthropic(model, options) },
];

async function gather(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  let all: AIMessageChunk | undefined;
  for await (const chunk of stream) all = all === undefined ? chunk : all.concat(chunk);
  if (all === undefined) throw new Error("the stream is empty");
  return all;
}

/** A tool loop of two turns, the first streamed; the cities that were asked for, and the answer. */
async function toolLoop(chat: ChatOpenAI | ChatAnthropic): Promise<{ cities: string[]; text: string }> {
  const withTools = chat.bindTools([getWeather]);
  const messages: BaseMessage[] = [new HumanMessage("Compare the weather in Paris and London")];
  const first = await gather(await withTools.stream(messages));
  messages.push(first);
  const calls = first.tool_calls ?? [];
  for (const call of calls) messages.push((await getWeather.invoke({ ...call, type: "tool_call" })) as ToolMessage);
  expect(messages.slice(2).every((message) => ToolMessage.isInstance(message))).toBe(true);
  return { cities: calls.map(({ args }) => args.city as string), text: (await withTools.invoke(messages)).text };
}

describe.each(APIS)("$api", ({ open }) => {
  describe.each(CHAT_MODELS)("$id", ({ id }) => {
    test("answers whole and streamed with the same text", async () => {
      const whole = await open(id).invoke(PROMPT);
      const streamed = await gather(await open(id).stream(PROMPT));
      expect(whole.text).toMatch(/demo answer.*photosynthesis/s);
      expect(streamed.text).toBe(whole.text);
      for (const { usage_metadata } of [whole, streamed]) expect(usage_metadata?.output_tokens).toBeGreaterThan(0);
    });

    test("goes through a tool loop", async () => {
      const { cities, text } = await toolLoop(open(id));
      expect(cities).toEqual(["Paris", "London"]);
      for (const city of cities) expect(text).toContain(weatherOf(city));
    });

    test("passes on a system prompt and an image", async () => {
      const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL_PNG_BASE64}` } };
      const question = new HumanMessage({ content: [{ type: "text", text: "What is this?" }, image] });
      expect((await open(id).invoke([new SystemMessage("Be brief."), question])).text).toMatch(/1 image, a system prompt/);
    });

    test("gives the object that was asked for", async () => {
      const structured = open(id).withStructuredOutput(CITY, { name: "city" });
      expect(await structured.invoke("Which city has 2000000 people?")).toEqual({ city: expect.any(String), people: 2_000_000 });
    });
  });

  test.each([...REASONING_MODELS, OPEN_MODEL])("reasoning goes back with the next turn: $id", async ({ id }) => {
    expect((await toolLoop(open(id, { thinks: true }))).cities).toEqual(["Paris", "London"]);
  });

  test.each([
    [401, "AuthenticationError"],
    [404, "NotFoundError"],
    [429, "RateLimitError"],
  ])("a provider's %d is the SDK's %s", async (status, kind) => {
    for (const id of failingModels(status)) {
      const refused = await open(id)
        .invoke("Hello")
        .catch((error: unknown) => error);
      // LangChain hands on the SDK's error, ChatOpenAI with a code of its own.
      expect((refused as object).constructor.name, `${id}: ${String(refused)}`).toBe(kind);
      const { status: told, headers } = refused as { status: number; headers?: Headers };
      expect(told).toBe(status);
      // Bedrock tells no time.
      if (status === 429 && !id.startsWith("failing-bedrock/")) expect(headers?.get("retry-after"), id).toBe(RETRY_AFTER);
    }
  });
});
