// Vercel's AI SDK, unchanged, over each API that the gateway serves, against providers of every wire format.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  embedMany,
  generateObject,
  generateText,
  isStepCount,
  type LanguageModel,
  type ModelMessage,
  streamText,
  tool,
} from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  CHAT_MODELS,
  EMBEDDING_MODELS,
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

let gateway: SdkGateway;

beforeAll(async () => {
  gateway = await startSdkGateway();
});

afterAll(async () => gateway?.close());

const openai = () => createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey });

const APIS: { api: string; modelOf: (id: string) => LanguageModel }[] = [
  { api: "@ai-sdk/openai, chat", modelOf: (id) => openai().chat(id) },
  { api: "@ai-sdk/openai, responses", modelOf: (id) => openai().responses(id) },
  { api: "@ai-sdk/anthropic", modelOf: (id) => createAnthropic({ baseURL: `${gateway.url}/v1`, apiKey })(id) },
  {
    api: "@ai-sdk/openai-compatible",
    modelOf: (id) => {
      const settings = { name: "gateway", baseURL: `${gateway.url}/v1`, apiKey, includeUsage: true, supportsStructuredOutputs: true };
      return createOpenAICompatible(settings)(id);
    },
  },
];

function weatherTool(asked: string[]) {
  return tool({
    description: "The current weather of a city",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      asked.push(city);
      return weatherOf(city);
    },
  });
}

describe.each(APIS)("$api", ({ api, modelOf }) => {
  describe.each(CHAT_MODELS)("$id", ({ id }) => {
    test("generateText and streamText give the same text and usage", async () => {
      const request = { model: modelOf(id), prompt: PROMPT, maxRetries: 0 };
      const whole = await generateText(request);
      expect(whole.text).toMatch(/demo answer.*photosynthesis/s);
      expect(whole.finishReason).toBe("stop");
      const streamed = streamText(request);
      const pieces: string[] = [];
      for await (const piece of streamed.textStream) pieces.push(piece);
      expect(pieces.length).toBeGreaterThan(5);
      expect(pieces.join("")).toBe(whole.text);
      expect(await streamed.finishReason).toBe("stop");
      expect(whole.usage.inputTokens).toBeGreaterThan(0);
      expect((await streamed.usage).totalTokens).toBe(whole.usage.totalTokens);
    });

    test("goes through a tool loop of several steps, whole and streamed", async () => {
      const results: string[] = [];
      for (const ask of [generateText, streamText]) {
        const asked: string[] = [];
        const answer = ask({
          model: modelOf(id),
          prompt: "Compare the weather in Paris and London",
          tools: { get_weather: weatherTool(asked) },
          stopWhen: isStepCount(4),
          maxRetries: 0,
        });
        const { text, steps } = await answer;
        results.push(await text);
        expect((await steps).map(({ finishReason }) => finishReason)).toEqual(["tool-calls", "stop"]);
        expect(asked.sort()).toEqual(["London", "Paris"]);
      }
      for (const text of results) for (const city of ["Paris", "London"]) expect(text).toContain(weatherOf(city));
    });

    test("passes on a system prompt and an image", async () => {
      const image = { type: "file" as const, data: Buffer.from(PIXEL_PNG_BASE64, "base64"), mediaType: "image/png" };
      const { text } = await generateText({
        model: modelOf(id),
        instructions: "Be brief.",
        messages: [{ role: "user", content: [{ type: "text", text: "What is this?" }, image] }],
        maxRetries: 0,
      });
      expect(text).toMatch(/1 image, a system prompt/);
    });

    test("generateObject gives the object that was asked for", async () => {
      const { object } = await generateObject({
        model: modelOf(id),
        schema: CITY,
        prompt: "Which city has 2000000 people?",
        maxRetries: 0,
      });
      expect(object).toEqual({ city: expect.any(String), people: 2_000_000 });
    });
  });

  test.each([401, 404, 429])("a provider's %d is an APICallError, which says whether to come back", async (status) => {
    for (const id of failingModels(status)) {
      const refused = await generateText({ model: modelOf(id), prompt: "Hello", maxRetries: 0 }).catch((error: unknown) => error);
      expect(APICallError.isInstance(refused), `${id}: ${String(refused)}`).toBe(true);
      const { statusCode, isRetryable, responseHeaders } = refused as APICallError;
      expect({ statusCode, isRetryable }, id).toEqual({ statusCode: status, isRetryable: status === 429 });
      // Bedrock tells no time.
      if (status === 429 && !id.startsWith("failing-bedrock/")) expect(responseHeaders?.["retry-after"], id).toBe(RETRY_AFTER);
    }
  });

  test.each([...REASONING_MODELS, OPEN_MODEL])("reasoning goes back with the next turn: $id", async ({ id }) => {
    const model = modelOf(id);
    const providerOptions = {
      openai: { reasoningEffort: "high", store: false, include: ["reasoning.encrypted_content"], forceReasoning: true },
      anthropic: { thinking: { type: "enabled", budgetTokens: 2000 } },
      gateway: { reasoningEffort: "high" },
    };
    const asked: string[] = [];
    const { text, steps } = await streamText({
      model,
      prompt: "What is the weather in Paris?",
      tools: { get_weather: weatherTool(asked) },
      stopWhen: isStepCount(4),
      maxRetries: 0,
      providerOptions,
    });
    expect(await text).toContain(weatherOf("Paris"));
    // OpenAI keeps its reasoning to itself unless a summary is asked for, and these clients know no reasoning of others in the chat API, and
    // summaries only in the responses API.
    const isHidden =
      id.startsWith("openai") || api === "@ai-sdk/openai, chat" || (id === OPEN_MODEL.id && api === "@ai-sdk/openai, responses");
    if (!isHidden) expect((await steps)[0]?.reasoningText).toMatch(/demo/i);
  });
});

// By default this client takes what was answered for stored, and refers to it by ids.
test("a conversation over the responses API goes on with store: false, and is told so without", async () => {
  const model = openai().responses("anthropic/claude-sonnet-4-6");
  const messages: ModelMessage[] = [{ role: "user", content: "What is a glacier?" }];
  const first = await generateText({ model, messages, maxRetries: 0 });
  messages.push(...first.response.messages, { role: "user", content: "And a fjord?" });
  const refused = await generateText({ model, messages, maxRetries: 0 }).catch((error: unknown) => error);
  expect((refused as APICallError).statusCode).toBe(400);
  expect((refused as APICallError).message).toContain("store: false");
  const second = await generateText({ model, messages, maxRetries: 0, providerOptions: { openai: { store: false } } });
  expect(second.text).toContain("2 user turns");
});

test.each(EMBEDDING_MODELS)("embedMany: %s", async (id) => {
  const { embeddings } = await embedMany({ model: openai().embedding(id), values: ["a cat", "a dog"], maxRetries: 0 });
  expect(embeddings.map((vector) => vector.length)).toEqual([1536, 1536]);
});
