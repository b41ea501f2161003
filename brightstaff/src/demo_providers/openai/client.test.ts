import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoProviders, startDemoProviders } from "../server.ts";

let providers: DemoProviders;
let client: OpenAI;
beforeAll(async () => {
  providers = await startDemoProviders({ chunkIntervalMs: 0 });
  client = new OpenAI({ apiKey: "demo", baseURL: `${providers.url}/v1`, maxRetries: 0 });
});
afterAll(() => providers.close());

const WEATHER: OpenAI.ChatCompletionFunctionTool = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const ask = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: "user", content }];

describe("the official openai client", () => {
  test("gets a whole answer that names its model and the question", async () => {
    const { data, response } = await client.chat.completions
      .create({ model: "gpt-5.2", messages: ask("How do I sort a dictionary?") })
      .withResponse();
    const [choice] = data.choices;
    expect(choice?.finish_reason).toBe("stop");
    expect(choice?.message.content).toMatch(/demo answer from gpt-5\.2 .*dictionary/);
    expect(data.id).toMatch(/^chatcmpl-[A-Za-z0-9]{29}$/);
    expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0));
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
    expect(response.headers.get("openai-version")).toBe("2020-10-01");
  });

  test("streams the same text, with usage when asked", async () => {
    const body = { model: "gpt-4o", messages: ask("How do I sort a dictionary?") };
    const whole = await client.chat.completions.create(body);
    const stream = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    stream.on("chunk", (chunk) => chunks.push(chunk));
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "", refusal: null });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  test("sees no usage in a stream that did not ask for it", async () => {
    const stream = await client.chat.completions.create({ model: "gpt-4o", messages: ask("Hi"), stream: true });
    for await (const chunk of stream) expect(chunk).not.toHaveProperty("usage");
  });

  test.each(["streamed", "whole"])("runs its tool loop (%s), with parallel calls", async (manner) => {
    const cities: string[] = [];
    const tool = {
      type: "function" as const,
      function: {
        name: "get_weather",
        description: "The weather in a city",
        parameters: WEATHER.function.parameters as object,
        parse: JSON.parse,
        function: ({ city }: { city: string }) => {
          cities.push(city);
          return `${city} is sunny`;
        },
      },
    };
    const body = { model: "gpt-4o", messages: ask("What is the weather in Paris and London?"), tools: [tool] };
    const runner =
      manner === "streamed" ? client.chat.completions.runTools({ ...body, stream: true }) : client.chat.completions.runTools(body);
    const final = await runner.finalContent();
    expect(cities).toEqual(["Paris", "London"]);
    expect(final).toMatch(/get_weather returned: Paris is sunny.*London is sunny/);
  });

  test("gets one call where parallel calls are off, and none where tools are", async () => {
    const body = { model: "gpt-4o", messages: ask("What is the weather in Paris and London?"), tools: [WEATHER] };
    const one = await client.chat.completions.create({ ...body, parallel_tool_calls: false });
    expect(one.choices[0]?.message.tool_calls).toHaveLength(1);
    const none = await client.chat.completions.create({ ...body, tool_choice: "none" });
    expect(none.choices[0]?.message.tool_calls).toBeUndefined();
  });

  test("gets the tool it forces, custom ones too", async () => {
    const custom: OpenAI.ChatCompletionTool = { type: "custom", custom: { name: "run_code" } };
    const body = { model: "gpt-4o", messages: ask("Tell me a joke"), tools: [WEATHER, custom] };
    const named = await client.chat.completions.create({ ...body, tool_choice: { type: "custom", custom: { name: "run_code" } } });
    expect(named.choices[0]?.message.tool_calls?.[0]).toMatchObject({ type: "custom", custom: { name: "run_code", input: "joke" } });
    const required = await client.chat.completions.create({ ...body, tool_choice: "required" });
    expect(required.choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
    const auto = await client.chat.completions.create(body);
    expect(auto.choices[0]?.finish_reason).toBe("stop");
  });

  test("parses structured output", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string" }, population: { type: "integer" } },
      required: ["city", "population"],
      additionalProperties: false,
    };
    const parsed = await client.chat.completions.parse({
      model: "gpt-4o",
      messages: ask("How many people live in Paris? About 2000000?"),
      response_format: { type: "json_schema", json_schema: { name: "city", strict: true, schema } },
    });
    expect(parsed.choices[0]?.message.parsed).toEqual({ city: "Paris", population: 2_000_000 });
  });

  test("gets logprobs, several choices, cut and stopped answers", async () => {
    const body = { model: "gpt-4o", messages: ask("Hi") };
    const several = await client.chat.completions.create({ ...body, n: 2, logprobs: true, top_logprobs: 1 });
    expect(several.choices.map((choice) => choice.index)).toEqual([0, 1]);
    const tokens = several.choices[1]?.logprobs?.content?.map(({ token }) => token);
    expect(tokens?.join("")).toBe(several.choices[1]?.message.content);
    const cut = await client.chat.completions.create({ ...body, max_completion_tokens: 3 });
    expect(cut.choices[0]).toMatchObject({ finish_reason: "length", message: { content: "This is a" } });
    expect(cut.usage?.completion_tokens).toBe(3);
    const stopped = await client.chat.completions.create({ ...body, stop: [" demo"] });
    expect(stopped.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "This is a" } });
  });

  test("counts a repeated long prompt as cached, and reasoning as part of the answer", async () => {
    const body = { model: "gpt-5", messages: ask("word ".repeat(2000)) };
    const first = await client.chat.completions.create(body);
    expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
    const second = await client.chat.completions.create(body);
    const cached = second.usage?.prompt_tokens_details?.cached_tokens ?? 0;
    expect(cached).toBeGreaterThanOrEqual(1024);
    expect(cached % 128).toBe(0);
    const reasoning = second.usage?.completion_tokens_details?.reasoning_tokens ?? 0;
    expect(reasoning).toBeGreaterThan(0);
    expect(second.usage?.completion_tokens).toBeGreaterThan(reasoning);
  });

  test("raises the typed error of a refusal", async () => {
    const bad = client.chat.completions.create({ model: "gpt-4o", messages: [], n: 1 });
    await expect(bad).rejects.toThrow(OpenAI.BadRequestError);
    await expect(bad).rejects.toMatchObject({ code: "empty_array", param: "messages", type: "invalid_request_error" });
  });
});
