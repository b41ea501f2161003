import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoProviders, startDemoProviders } from "../server.ts";
import { thinkingSignature } from "./signature.ts";

let providers: DemoProviders;
let client: Anthropic;
beforeAll(async () => {
  providers = await startDemoProviders({ chunkIntervalMs: 0 });
  client = new Anthropic({ apiKey: "demo", baseURL: providers.url, maxRetries: 0 });
});
afterAll(() => providers.close());

const MODEL = "claude-opus-4-8";
const WEATHER: Anthropic.Tool = {
  name: "get_weather",
  description: "The weather in a city",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const ask = (content: string): Anthropic.MessageParam[] => [{ role: "user", content }];
const textOf = (message: Anthropic.Message) => message.content.map((block) => (block.type === "text" ? block.text : "")).join("");

describe("the official @anthropic-ai/sdk client", () => {
  test("gets a whole answer that names its model and the question", async () => {
    const { data, response } = await client.messages
      .create({ model: MODEL, max_tokens: 500, messages: ask("How do I sort a dictionary?") })
      .withResponse();
    expect(data).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn", stop_sequence: null });
    expect(textOf(data)).toMatch(/demo answer from claude-opus-4-8 .*dictionary/);
    expect(data.id).toMatch(/^msg_01[1-9A-HJ-NP-Za-km-z]{22}$/);
    expect(response.headers.get("request-id")).toMatch(/^req_011/);
    expect(response.headers.get("anthropic-ratelimit-requests-remaining")).toMatch(/^\d+$/);
  });

  test("streams the same text in the events' documented order", async () => {
    const body = { model: MODEL, max_tokens: 500, messages: ask("How do I sort a dictionary?") };
    const whole = await client.messages.create(body);
    const stream = client.messages.stream(body);
    const types: string[] = [];
    stream.on("streamEvent", (event) => {
      if (types.at(-1) !== event.type) types.push(event.type);
    });
    const message = await stream.finalMessage();
    expect(textOf(message)).toBe(textOf(whole));
    expect(message.usage.output_tokens).toBe(whole.usage.output_tokens);
    // The client keeps pings to itself.
    expect(types).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
  });

  test.each([true, false])("goes through a tool loop with parallel calls and thinking (streamed: %s)", async (streamed) => {
    const messages = ask("What is the weather in Paris and London?");
    const body = { model: MODEL, max_tokens: 2000, tools: [WEATHER], thinking: { type: "adaptive" as const } };
    const send = () =>
      streamed ? client.messages.stream({ ...body, messages }).finalMessage() : client.messages.create({ ...body, messages });
    const first = await send();
    expect(first.stop_reason).toBe("tool_use");
    expect(first.content.map((block) => block.type)).toEqual(["thinking", "tool_use", "tool_use"]);
    const uses = first.content.filter((block) => block.type === "tool_use");
    expect(uses.map((use) => use.input)).toEqual([{ city: "Paris" }, { city: "London" }]);
    expect(uses[0]?.id).toMatch(/^toolu_01/);
    messages.push({ role: "assistant", content: first.content as Anthropic.ContentBlockParam[] });
    messages.push({
      role: "user",
      content: uses.map((use) => ({ type: "tool_result", tool_use_id: use.id, content: `${use.id} is sunny` })),
    });
    const second = await send();
    expect(second.stop_reason).toBe("end_turn");
    expect(textOf(second)).toContain(`get_weather returned: ${uses[1]?.id} is sunny`);
  });

  test("gets one call where parallel calls are off, the one it forces, and none where tools are off", async () => {
    const body = { model: MODEL, max_tokens: 500, tools: [WEATHER], messages: ask("What is the weather in Paris and London?") };
    const one = await client.messages.create({ ...body, tool_choice: { type: "auto", disable_parallel_tool_use: true } });
    expect(one.content.map((block) => block.type)).toEqual(["tool_use"]);
    const forced = await client.messages.create({ ...body, messages: ask("A joke!"), tool_choice: { type: "tool", name: "get_weather" } });
    expect(forced.content[0]).toMatchObject({ type: "tool_use", name: "get_weather", input: { city: "joke" } });
    const none = await client.messages.create({ ...body, tool_choice: { type: "none" } });
    expect(none.stop_reason).toBe("end_turn");
  });

  test("gets thinking with a signature that it may bring back, hidden where asked", async () => {
    const shown = await client.messages.create({
      model: "claude-sonnet-4-5",
      max_tokens: 2000,
      thinking: { type: "enabled", budget_tokens: 1024 },
      messages: ask("Hi"),
    });
    const [thought] = shown.content;
    if (thought?.type !== "thinking") throw new Error("no thinking");
    expect(thought.signature).toBe(thinkingSignature.sign(thought.thinking));
    expect(shown.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
    const hidden = await client.messages.create({
      model: MODEL,
      max_tokens: 500,
      thinking: { type: "adaptive", display: "omitted" },
      messages: ask("Hi"),
    });
    expect(hidden.content[0]).toMatchObject({ type: "thinking", thinking: "" });
  });

  test("parses structured output", async () => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
    const message = await client.messages.create({
      model: MODEL,
      max_tokens: 500,
      messages: ask("Which city is the capital, Paris?"),
      output_config: { format: { type: "json_schema", schema } },
    });
    expect(JSON.parse(textOf(message))).toEqual({ city: "Paris" });
  });

  test("is told why an answer ended", async () => {
    const body = { model: MODEL, messages: ask("Hi") };
    const cut = await client.messages.create({ ...body, max_tokens: 3 });
    expect(cut).toMatchObject({ stop_reason: "max_tokens", content: [{ text: "This is a" }], usage: { output_tokens: 3 } });
    const stopped = await client.messages.create({ ...body, max_tokens: 500, stop_sequences: ["never", " demo"] });
    expect(stopped).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: " demo", content: [{ text: "This is a" }] });
    const warmed = await client.messages.create({ ...body, max_tokens: 0 });
    expect(warmed).toMatchObject({ stop_reason: "max_tokens", content: [] });
  });

  test("counts what its cache breakpoints wrote and read", async () => {
    const system: Anthropic.TextBlockParam[] = [{ type: "text", text: "word ".repeat(2000), cache_control: { type: "ephemeral" } }];
    const body = { model: MODEL, max_tokens: 50, system, messages: ask("Hi") };
    const first = await client.messages.create(body);
    expect(first.usage).toMatchObject({ cache_read_input_tokens: 0, cache_creation_input_tokens: 2500 });
    const second = await client.messages.create(body);
    expect(second.usage).toMatchObject({ cache_read_input_tokens: 2500, cache_creation_input_tokens: 0, input_tokens: 1 });
  });

  test("raises the typed error of a refusal", async () => {
    const bad = client.messages.create({ model: MODEL, max_tokens: 5, messages: [] });
    await expect(bad).rejects.toThrow(Anthropic.BadRequestError);
    await expect(bad).rejects.toMatchObject({ type: "invalid_request_error", requestID: expect.stringMatching(/^req_/) });
  });
});
