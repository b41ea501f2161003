// A tool loop that one provider's model begins and another's goes on with, as when a router moves on in the middle of it: ids, signatures and
// arguments are then another API's.

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHAT_MODELS, OTHER_MAKERS_MODEL, type SdkGateway, startSdkGateway, weatherOf } from "./sdk_gateway.ts";

const PROMPT = "Compare the weather in Paris and London";
const SCHEMA = { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const TOOL = { name: "get_weather", description: "The current weather of a city" };

let gateway: SdkGateway;

beforeAll(async () => {
  gateway = await startSdkGateway();
});

afterAll(async () => gateway?.close());

const MODELS = CHAT_MODELS.map(({ id }) => id);
const PAIRS = MODELS.flatMap((first) => MODELS.filter((second) => second !== first).map((second) => [first, second] as const));

describe("openai", () => {
  const tools: OpenAI.ChatCompletionFunctionTool[] = [{ type: "function", function: { ...TOOL, parameters: SCHEMA } }];

  test.each(PAIRS)("%s, then %s", async (first, second) => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: PROMPT }];
    const stream = client.chat.completions.stream({ model: first, messages, tools });
    const message = (await stream.finalChatCompletion()).choices[0]?.message;
    if (message?.tool_calls === undefined) throw new Error("no tool was called");
    // What a client keeps that reads the API's own fields.
    const calls = message.tool_calls.flatMap((call) => (call.type === "function" ? [call] : []));
    messages.push({
      role: "assistant",
      content: message.content,
      tool_calls: calls.map(({ id, type, function: { name, arguments: text } }) => ({ id, type, function: { name, arguments: text } })),
    });
    for (const call of calls)
      messages.push({ role: "tool", tool_call_id: call.id, content: weatherOf(JSON.parse(call.function.arguments).city) });
    const answer = await client.chat.completions.create({ model: second, messages, tools });
    expect(answer.choices[0]?.message.content).toContain(weatherOf("Paris"));
    expect(answer.choices[0]?.message.content).toContain(weatherOf("London"));
  });
});

describe("@anthropic-ai/sdk", () => {
  const tools: Anthropic.Tool[] = [{ ...TOOL, input_schema: SCHEMA }];

  test.each(PAIRS)("%s, then %s", async (first, second) => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: "key-of-the-client", maxRetries: 0 });
    const messages: Anthropic.MessageParam[] = [{ role: "user", content: PROMPT }];
    const message = await client.messages.stream({ model: first, max_tokens: 1000, messages, tools }).finalMessage();
    messages.push({ role: "assistant", content: message.content });
    const results = message.content.flatMap((block): Anthropic.ToolResultBlockParam[] => {
      if (block.type !== "tool_use") return [];
      return [{ type: "tool_result", tool_use_id: block.id, content: weatherOf((block.input as { city: string }).city) }];
    });
    messages.push({ role: "user", content: results });
    const answer = await client.messages.create({ model: second, max_tokens: 1000, messages, tools });
    const text = answer.content.map((block) => (block.type === "text" ? block.text : "")).join("");
    expect(text).toContain(weatherOf("Paris"));
    expect(text).toContain(weatherOf("London"));
  });
});

describe.each([false, true])("@anthropic-ai/sdk, the thinking of a maker who is not Anthropic (streamed: %s)", (streamed) => {
  test.each(MODELS)("then %s", async (second) => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: "key-of-the-client", maxRetries: 0 });
    const messages: Anthropic.MessageParam[] = [{ role: "user", content: "Which is larger, 9.11 or 9.9?" }];
    const thinks = { max_tokens: 4000, thinking: { type: "adaptive" as const } };
    const begun = { model: OTHER_MAKERS_MODEL, messages, ...thinks };
    const message = streamed ? await client.messages.stream(begun).finalMessage() : await client.messages.create(begun);
    expect(message.content[0]).toMatchObject({
      type: "thinking",
      thinking: expect.stringMatching(/./),
      signature: expect.stringMatching(/./),
    });
    messages.push({ role: "assistant", content: message.content }, { role: "user", content: "Thank you." });
    const answer = await client.messages.create({ model: second, messages, ...(second.includes("haiku") ? { max_tokens: 4000 } : thinks) });
    expect(answer.content.at(-1)?.type).toBe("text");
    // The maker's own model gets it back.
    messages.push({ role: "assistant", content: answer.content }, { role: "user", content: "Again." });
    await client.messages.create({ model: OTHER_MAKERS_MODEL, messages, ...thinks });
  });
});

test("openai, a signature that comes back as it went, whole and streamed", async () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
  const tools: OpenAI.ChatCompletionFunctionTool[] = [{ type: "function", function: { ...TOOL, parameters: SCHEMA } }];
  const model = "gemini/gemini-3.6-flash";
  for (const streamed of [false, true]) {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "What is the weather in Paris?" }];
    const body = { model, messages, tools };
    const completion = streamed
      ? await client.chat.completions.stream(body).finalChatCompletion()
      : await client.chat.completions.create(body);
    const message = completion.choices[0]?.message;
    if (message === undefined) throw new Error("no answer");
    expect(message.tool_calls).toEqual([
      expect.objectContaining({ extra_content: { google: { thought_signature: expect.stringMatching(/^DEMO/) } } }),
    ]);
    messages.push(message, { role: "tool", tool_call_id: message.tool_calls?.[0]?.id ?? "", content: weatherOf("Paris") });
    const answer = await client.chat.completions.create({ model, messages, tools });
    expect(answer.choices[0]?.message.content).toContain(weatherOf("Paris"));
  }
});
