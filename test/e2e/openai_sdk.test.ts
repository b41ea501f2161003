// The official `openai` package as the client, against a provider of either wire format: a program that uses it must not notice which.

import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ALIAS,
  CHAT_MODELS,
  CODE_PROMPT,
  PIXEL_PNG_BASE64,
  ROUTER,
  type SdkGateway,
  startSdkGateway,
  TOKENS_MIN,
  weatherOf,
} from "./sdk_gateway.ts";

type Messages = OpenAI.ChatCompletionMessageParam[];

const WEATHER_TOOL: OpenAI.ChatCompletionFunctionTool = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The current weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
  },
};

let gateway: SdkGateway;
let client: OpenAI;

beforeAll(async () => {
  gateway = await startSdkGateway();
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
});

afterAll(async () => gateway?.close());

async function readAll(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<OpenAI.ChatCompletionChunk[]> {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: OpenAI.ChatCompletionChunk[]) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");

describe.each(CHAT_MODELS)("$id", ({ id, name, takesStop }) => {
  const ask = (messages: Messages, more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) =>
    client.chat.completions.create({ model: id, messages, ...more });

  test("answers whole and streamed with the same text", async () => {
    const messages: Messages = [{ role: "user", content: "Explain photosynthesis — kurz, s'il vous plaît 🌱" }];
    const whole = await ask(messages);
    const choice = whole.choices[0];
    expect(whole.object).toBe("chat.completion");
    expect(whole.model).toContain(name);
    expect(choice?.message.role).toBe("assistant");
    expect(choice?.message.content).toMatch(/demo answer.*photosynthesis/s);
    expect(choice?.finish_reason).toBe("stop");

    const chunks = await readAll(await client.chat.completions.create({ model: id, messages, stream: true }));
    expect(textOf(chunks)).toBe(choice?.message.content);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks.every((chunk) => chunk.object === "chat.completion.chunk" && chunk.model.includes(name))).toBe(true);
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason === "stop")).toHaveLength(1);
  });

  test("counts tokens, in a stream only when asked to", async () => {
    const messages: Messages = [{ role: "user", content: "Name three rivers" }];
    const { usage } = await ask(messages);
    expect(usage?.prompt_tokens).toBeGreaterThan(0);
    expect(usage?.completion_tokens).toBeGreaterThan(0);
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));

    const asked = await readAll(
      await client.chat.completions.create({ model: id, messages, stream: true, stream_options: { include_usage: true } }),
    );
    const last = asked.at(-1);
    expect(last?.choices).toEqual([]);
    expect(last?.usage?.prompt_tokens).toBe(usage?.prompt_tokens);
    expect(last?.usage?.completion_tokens).toBe(usage?.completion_tokens);

    const notAsked = await readAll(await client.chat.completions.create({ model: id, messages, stream: true }));
    expect(notAsked.every((chunk) => !chunk.usage)).toBe(true);
  });

  test("answers have an id that the SDK finds", async () => {
    expect((await ask([{ role: "user", content: "What is a glacier?" }]))._request_id).toMatch(/\S/);
  });

  test("passes on system prompts, several turns and images", async () => {
    const answer = await ask([
      { role: "system", content: "Answer in one sentence." },
      { role: "user", content: "What is a glacier?" },
      { role: "assistant", content: "A slow river of ice." },
      {
        role: "user",
        content: [
          { type: "text", text: "Is this one?" },
          { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL_PNG_BASE64}` } },
        ],
      },
    ]);
    const text = answer.choices[0]?.message.content;
    expect(text).toContain("1 image");
    expect(text).toContain("a system prompt");
    expect(text).toContain("2 user turns");
  });

  test("names why the answer ended", async () => {
    const messages: Messages = [{ role: "user", content: "Tell me about the sea" }];
    const short = await ask(messages, { max_completion_tokens: TOKENS_MIN });
    expect(short.choices[0]?.finish_reason).toBe("length");
    expect(short.usage?.completion_tokens).toBeLessThanOrEqual(TOKENS_MIN);
    if (!takesStop) return;
    const stopped = await ask(messages, { stop: ["demo"] });
    expect(stopped.choices[0]?.finish_reason).toBe("stop");
    expect(stopped.choices[0]?.message.content).not.toContain("demo");
  });

  test("goes through a tool loop", async () => {
    const messages: Messages = [{ role: "user", content: "What is the weather in Paris?" }];
    const first = await ask(messages, { tools: [WEATHER_TOOL] });
    expect(first.choices[0]?.finish_reason).toBe("tool_calls");
    const message = first.choices[0]?.message as OpenAI.ChatCompletionMessage;
    const calls = (message.tool_calls ?? []) as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)])).toEqual([["get_weather", { city: "Paris" }]]);
    messages.push(message);
    for (const call of calls) messages.push({ role: "tool", tool_call_id: call.id, content: weatherOf("Paris") });
    const second = await ask(messages, { tools: [WEATHER_TOOL] });
    expect(second.choices[0]?.finish_reason).toBe("stop");
    expect(second.choices[0]?.message.content).toContain(weatherOf("Paris"));
  });

  test("streams parallel tool calls through the SDK's own tool runner", async () => {
    const asked: string[] = [];
    const runner = client.chat.completions.runTools({
      model: id,
      stream: true,
      messages: [{ role: "user", content: "Compare the weather in Paris and London" }],
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "The current weather of a city",
            parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
            parse: (text: string) => JSON.parse(text) as { city: string },
            function: ({ city }: { city: string }) => {
              asked.push(city);
              return weatherOf(city);
            },
          },
        },
      ],
    });
    const text = await runner.finalContent();
    expect(asked.sort()).toEqual(["London", "Paris"]);
    expect(text).toContain(weatherOf("Paris"));
    expect(text).toContain(weatherOf("London"));
  });

  test("forces the tool that tool_choice names, and none when told so", async () => {
    const messages: Messages = [{ role: "user", content: "What is the weather in Oslo?" }];
    const forced = await ask(messages, { tools: [WEATHER_TOOL], tool_choice: { type: "function", function: { name: "get_weather" } } });
    expect(forced.choices[0]?.message.tool_calls).toHaveLength(1);
    const none = await ask(messages, { tools: [WEATHER_TOOL], tool_choice: "none" });
    expect(none.choices[0]?.message.tool_calls ?? []).toEqual([]);
    expect(none.choices[0]?.finish_reason).toBe("stop");
  });

  test("answers a request that the provider refuses with its error, as the SDK's class", async () => {
    // Out of range in all providers' published schemas, and passed on by the gateway as it is.
    const refused = await ask([{ role: "user", content: "Hello" }], { max_completion_tokens: -1 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BadRequestError);
    expect((refused as BadRequestError).type).toBe("invalid_request_error");
    expect((refused as BadRequestError).message).toMatch(/max_?(completion_|output_?)?tokens/i);
  });
});

describe("names of models", () => {
  const messages: Messages = [{ role: "user", content: CODE_PROMPT }];

  test.each(CHAT_MODELS)("$id also by its bare name $name", async ({ id, name }) => {
    const { data, response } = await client.chat.completions.create({ model: name, messages }).withResponse();
    expect(data.model).toContain(name);
    expect(response.headers.get("x-model-router-selected-model")).toBe(id);
  });

  test("an alias", async () => {
    const { response } = await client.chat.completions.create({ model: ALIAS.name, messages }).withResponse();
    expect(response.headers.get("x-model-router-selected-model")).toBe(ALIAS.target);
  });

  test("a router, whole and streamed", async () => {
    for (const stream of [false, true]) {
      const { data, response } = await client.chat.completions.create({ model: `router:${ROUTER.name}`, messages, stream }).withResponse();
      expect(response.headers.get("x-model-router-selected-route")).toBe(ROUTER.codeTask);
      expect(response.headers.get("x-model-router-selected-model")).toBe(ROUTER.codeModel);
      expect(response.headers.get("x-model-router-attempts")).toBe(`${ROUTER.codeModel};status=200`);
      const timing = response.headers.get("server-timing") ?? "";
      for (const part of ["resolve", "rank", "decision"]) expect(timing).toMatch(new RegExp(`\\b${part};dur=\\d+(\\.\\d+)?`));
      if ("choices" in data) expect(data.model).toContain(ROUTER.codeModelName);
      else expect(textOf(await readAll(data))).toContain("demo answer");
    }
  });

  test("one that is not configured is not found", async () => {
    for (const model of ["openai/gpt-0", "nobody/nothing", "router:nowhere"]) {
      const refused = await client.chat.completions.create({ model, messages }).catch((error: unknown) => error);
      expect(refused, model).toBeInstanceOf(NotFoundError);
      expect((refused as NotFoundError).code).toBe("model_not_found");
      expect((refused as NotFoundError).message).toContain(model);
    }
  });

  test("all are listed", async () => {
    const listed = await client.models.list();
    const ids = listed.data.map((model) => model.id);
    expect(ids).toEqual(expect.arrayContaining([...CHAT_MODELS.map(({ id }) => id), ALIAS.name, `router:${ROUTER.name}`]));
    expect(listed.data.every((model) => model.object === "model")).toBe(true);
  });

  test("each can be looked up", async () => {
    for (const id of [CHAT_MODELS[0].id, ALIAS.name, `router:${ROUTER.name}`]) {
      expect(await client.models.retrieve(id)).toMatchObject({ id, object: "model", owned_by: expect.any(String) });
    }
    const missing = await client.models.retrieve("nobody/nothing").catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(NotFoundError);
    expect((missing as NotFoundError).message).toContain("nobody/nothing");
  });
});

test("a search of the web by Gemini comes with the pages that the answer rests on, whole and streamed", async () => {
  const asked = {
    model: "gemini/gemini-3.6-flash",
    messages: [{ role: "user" as const, content: "Was ist grün? 🌱" }],
    web_search_options: {},
  };
  const { choices } = await client.chat.completions.create(asked);
  const message = choices[0]?.message;
  const end_index = [...(message?.content ?? "")].length;
  expect(message?.annotations).toMatchObject([{ type: "url_citation", url_citation: { start_index: 0, end_index, title: "example.com" } }]);

  // The SDK's own stream puts the chunks together.
  const streamed = await client.chat.completions.stream(asked).finalMessage();
  expect(streamed).toMatchObject({ content: message?.content, annotations: message?.annotations });
});

test("/healthz answers 200 when gateway and sidecar are ready", async () => {
  const answer = await fetch(`${gateway.url}/healthz`);
  expect(answer.status).toBe(200);
});
