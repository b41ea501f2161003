// The official `@anthropic-ai/sdk` package as the client, against a provider of either wire format.

import Anthropic, { BadRequestError, NotFoundError } from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALIAS, CHAT_MODELS, CODE_PROMPT, PIXEL_PNG_BASE64, ROUTER, type SdkGateway, startSdkGateway, weatherOf } from "./sdk_gateway.ts";

type Messages = Anthropic.MessageParam[];

const TOKENS_MAX = 1024;
const WEATHER_TOOL: Anthropic.Tool = {
  name: "get_weather",
  description: "The current weather of a city",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

let gateway: SdkGateway;
let client: Anthropic;

beforeAll(async () => {
  gateway = await startSdkGateway();
  client = new Anthropic({ baseURL: gateway.url, apiKey: "key-of-the-client", maxRetries: 0 });
});

afterAll(async () => gateway?.close());

const textOf = (message: Anthropic.Message) => message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
const callsOf = (message: Anthropic.Message) => message.content.filter((block) => block.type === "tool_use");

describe.each(CHAT_MODELS)("$id", ({ id, name, takesStop }) => {
  const ask = (messages: Messages, more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) =>
    client.messages.create({ model: id, max_tokens: TOKENS_MAX, messages, ...more });
  const stream = (messages: Messages, more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) =>
    client.messages.stream({ model: id, max_tokens: TOKENS_MAX, messages, ...more });

  test("answers whole and streamed with the same text", async () => {
    const messages: Messages = [{ role: "user", content: "Explain photosynthesis — kurz, s'il vous plaît 🌱" }];
    const whole = await ask(messages);
    expect(whole).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn", stop_sequence: null });
    expect(whole.model).toContain(name);
    expect(textOf(whole)).toMatch(/demo answer.*photosynthesis/s);

    const streamed = await stream(messages).finalMessage();
    expect(streamed).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn" });
    expect(streamed.model).toContain(name);
    expect(textOf(streamed)).toBe(textOf(whole));
  });

  test("counts tokens", async () => {
    const messages: Messages = [{ role: "user", content: "Name three rivers" }];
    const { usage } = await ask(messages);
    expect(usage.input_tokens).toBeGreaterThan(0);
    expect(usage.output_tokens).toBeGreaterThan(0);
    const streamed = await stream(messages).finalMessage();
    expect(streamed.usage.input_tokens).toBe(usage.input_tokens);
    expect(streamed.usage.output_tokens).toBe(usage.output_tokens);
  });

  test("sends a stream's events in the order that the API documents", async () => {
    const events = await client.messages.create({
      model: id,
      max_tokens: TOKENS_MAX,
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
    });
    const types: string[] = [];
    for await (const event of events) if (event.type !== types.at(-1)) types.push(event.type);
    expect(types).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
  });

  test("passes on system prompts, several turns and images", async () => {
    const messages: Messages = [
      { role: "user", content: "What is a glacier?" },
      { role: "assistant", content: "A slow river of ice." },
      {
        role: "user",
        content: [
          { type: "text", text: "Is this one?" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL_PNG_BASE64 } },
        ],
      },
    ];
    const text = textOf(await ask(messages, { system: [{ type: "text", text: "Answer in one sentence." }] }));
    expect(text).toContain("1 image");
    expect(text).toContain("a system prompt");
    expect(text).toContain("2 user turns");
  });

  test("names why the answer ended", async () => {
    const messages: Messages = [{ role: "user", content: "Tell me about the sea" }];
    const short = await ask(messages, { max_tokens: 4 });
    expect(short.stop_reason).toBe("max_tokens");
    if (!takesStop) return;
    const stopped = await ask(messages, { stop_sequences: ["demo"] });
    // OpenAI's API does not say whether a stop sequence or the answer's end was met.
    expect(stopped.stop_reason).toBe(id.includes("claude") ? "stop_sequence" : "end_turn");
    expect(textOf(stopped)).not.toContain("demo");
  });

  test("goes through a tool loop", async () => {
    const messages: Messages = [{ role: "user", content: "What is the weather in Paris?" }];
    const first = await ask(messages, { tools: [WEATHER_TOOL] });
    expect(first.stop_reason).toBe("tool_use");
    const calls = callsOf(first);
    expect(calls.map((call) => [call.name, call.input])).toEqual([["get_weather", { city: "Paris" }]]);
    const results = calls.map((call) => ({ type: "tool_result" as const, tool_use_id: call.id, content: weatherOf("Paris") }));
    messages.push({ role: "assistant", content: first.content }, { role: "user", content: results });
    const second = await ask(messages, { tools: [WEATHER_TOOL] });
    expect(second.stop_reason).toBe("end_turn");
    expect(textOf(second)).toContain(weatherOf("Paris"));
  });

  test("streams parallel tool calls, and takes their results", async () => {
    const messages: Messages = [{ role: "user", content: "Compare the weather in Paris and London" }];
    const first = await stream(messages, { tools: [WEATHER_TOOL] }).finalMessage();
    expect(first.stop_reason).toBe("tool_use");
    const calls = callsOf(first) as (Anthropic.ToolUseBlock & { input: { city: string } })[];
    expect(calls.map((call) => call.input.city).sort()).toEqual(["London", "Paris"]);
    const results = calls.map((call) => ({ type: "tool_result" as const, tool_use_id: call.id, content: weatherOf(call.input.city) }));
    messages.push({ role: "assistant", content: first.content }, { role: "user", content: results });
    const text = textOf(await stream(messages, { tools: [WEATHER_TOOL] }).finalMessage());
    expect(text).toContain(weatherOf("Paris"));
    expect(text).toContain(weatherOf("London"));
  });

  test("works with the SDK's own tool runner on the beta path, which first asks for a conversation that the provider keeps", async () => {
    const asked: string[] = [];
    const last = await client.beta.messages.toolRunner({
      model: id,
      max_tokens: TOKENS_MAX,
      messages: [{ role: "user", content: "What is the weather in Paris?" }],
      tools: [
        betaTool({
          name: "get_weather",
          description: "The current weather of a city",
          inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
          run: ({ city }) => {
            asked.push(city);
            return weatherOf(city);
          },
        }),
      ],
    });
    expect(asked).toEqual(["Paris"]);
    expect(JSON.stringify(last.content)).toContain(weatherOf("Paris"));
  });

  test("forces the tool that tool_choice names, and none when told so", async () => {
    const messages: Messages = [{ role: "user", content: "What is the weather in Oslo?" }];
    const forced = await ask(messages, { tools: [WEATHER_TOOL], tool_choice: { type: "tool", name: "get_weather" } });
    expect(callsOf(forced)).toHaveLength(1);
    const none = await ask(messages, { tools: [WEATHER_TOOL], tool_choice: { type: "none" } });
    expect(callsOf(none)).toEqual([]);
    expect(none.stop_reason).toBe("end_turn");
  });

  test("answers a request that the provider refuses with its error, as the SDK's class", async () => {
    // Out of range in both providers' published schemas, and passed on by the gateway as it is.
    const refused = await ask([{ role: "user", content: "Hello" }], { max_tokens: -1 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BadRequestError);
    expect((refused as BadRequestError).type).toBe("invalid_request_error");
    expect((refused as BadRequestError).message).toMatch(/max_?(completion_|output_?)?tokens/i);
  });
});

describe("names of models", () => {
  const messages: Messages = [{ role: "user", content: CODE_PROMPT }];
  const ask = (model: string) => client.messages.create({ model, max_tokens: TOKENS_MAX, messages });

  test.each(CHAT_MODELS)("$id also by its bare name $name", async ({ id, name }) => {
    const { data, response } = await ask(name).withResponse();
    expect(data.model).toContain(name);
    expect(response.headers.get("x-model-router-selected-model")).toBe(id);
  });

  test("an alias", async () => {
    const { response } = await ask(ALIAS.name).withResponse();
    expect(response.headers.get("x-model-router-selected-model")).toBe(ALIAS.target);
  });

  test("a router, whole and streamed", async () => {
    const whole = await ask(`router:${ROUTER.name}`).withResponse();
    const streamed = client.messages.stream({ model: `router:${ROUTER.name}`, max_tokens: TOKENS_MAX, messages });
    const { response } = await streamed.withResponse();
    for (const { headers } of [whole.response, response]) {
      expect(headers.get("x-model-router-selected-route")).toBe(ROUTER.codeTask);
      expect(headers.get("x-model-router-selected-model")).toBe(ROUTER.codeModel);
      expect(headers.get("x-model-router-attempts")).toBe(`${ROUTER.codeModel};status=200`);
      for (const part of ["resolve", "rank", "decision"])
        expect(headers.get("server-timing")).toMatch(new RegExp(`\\b${part};dur=\\d+(\\.\\d+)?`));
    }
    expect(whole.data.model).toContain(ROUTER.codeModelName);
    expect(textOf(await streamed.finalMessage())).toBe(textOf(whole.data));
  });

  test("one that is not configured is not found", async () => {
    for (const model of ["anthropic/claude-0", "nobody/nothing", "router:nowhere"]) {
      const refused = await ask(model).catch((error: unknown) => error);
      expect(refused, model).toBeInstanceOf(NotFoundError);
      expect((refused as NotFoundError).type).toBe("not_found_error");
      expect((refused as NotFoundError).message).toContain(model);
    }
  });

  test("all are listed, at once and page by page", async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(expect.arrayContaining([...CHAT_MODELS.map(({ id }) => id), ALIAS.name, `router:${ROUTER.name}`]));

    const forwards: string[] = [];
    for await (const model of client.models.list({ limit: 2 })) forwards.push(model.id);
    expect(forwards).toEqual(ids);

    const backwards: string[] = [];
    const last = ids.at(-1) as string;
    for await (const page of (await client.models.list({ limit: 2, before_id: last })).iterPages())
      backwards.unshift(...page.data.map(({ id }) => id));
    expect(backwards).toEqual(ids.slice(0, -1));
  });

  test("each can be looked up", async () => {
    for (const id of [CHAT_MODELS[0].id, ALIAS.name, `router:${ROUTER.name}`]) {
      expect(await client.models.retrieve(id)).toMatchObject({ id, type: "model", display_name: id });
    }
    const missing = await client.models.retrieve("nobody/nothing").catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(NotFoundError);
    expect((missing as NotFoundError).type).toBe("not_found_error");
  });
});

test("a search of the web by Gemini comes with citations, and Claude takes the conversation on from there", async () => {
  const tools = [{ type: "web_search_20250305" as const, name: "web_search" as const }];
  const question = { role: "user" as const, content: "Was ist grün? 🌱" };
  const asked = { model: "gemini/gemini-3.6-flash", max_tokens: 500, messages: [question], tools };
  const whole = await client.messages.create(asked);
  const streamed = await client.messages.stream(asked).finalMessage();
  for (const { content } of [whole, streamed]) {
    expect(content).toMatchObject([{ type: "text", citations: [{ type: "web_search_result_location", title: "example.com" }] }]);
    const messages = [question, { role: "assistant" as const, content }, { role: "user" as const, content: "And what is red?" }];
    const next = await client.messages.create({ model: "anthropic/claude-sonnet-4-6", max_tokens: 500, messages });
    expect(textOf(next)).toContain("2 user turns");
  }
});
