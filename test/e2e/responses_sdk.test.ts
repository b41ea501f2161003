// The official `openai` package with the Responses API, which coding agents speak, against providers of every wire format.

import OpenAI, { BadRequestError, NotFoundError } from "openai";
import type { Response, ResponseInput, ResponseStreamEvent } from "openai/resources/responses/responses";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ResponsesEvent, responsesStreamProblem } from "../../filter/test/responses_api.ts";
import {
  CHAT_MODELS,
  CODE_PROMPT,
  PIXEL_PNG_BASE64,
  ROUTER,
  type SdkGateway,
  startSdkGateway,
  TOKENS_MIN,
  weatherOf,
} from "./sdk_gateway.ts";
import { streamedResponse } from "./streamed_response.ts";

const WEATHER_TOOL: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_weather",
  description: "The current weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
  strict: false,
};

let gateway: SdkGateway;
let client: OpenAI;

beforeAll(async () => {
  gateway = await startSdkGateway();
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
});

afterAll(async () => gateway?.close());

const callsOf = ({ output }: Response) => output.filter((item) => item.type === "function_call");

describe.each(CHAT_MODELS)("$id", ({ id, name }) => {
  const ask = (input: string | ResponseInput, more: Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming> = {}) =>
    client.responses.create({ model: id, input, ...more });

  test("answers whole and streamed with the same text", async () => {
    const input = "Explain photosynthesis — kurz, s'il vous plaît 🌱";
    const whole = await ask(input);
    expect(whole).toMatchObject({ object: "response", status: "completed", error: null, incomplete_details: null });
    expect(whole.model).toContain(name);
    expect(whole.output_text).toMatch(/demo answer.*photosynthesis/s);

    const events: ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ model: id, input, stream: true })) events.push(event);
    expect(responsesStreamProblem(events as ResponsesEvent[])).toBeNull();
    const last = events.at(-1);
    expect(last?.type === "response.completed" && last.response.usage).toEqual(whole.usage);
    const deltas = events.map((event) => (event.type === "response.output_text.delta" ? event.delta : ""));
    expect(deltas.length).toBeGreaterThan(5);
    expect(deltas.join("")).toBe(whole.output_text);
  });

  test("counts tokens", async () => {
    const { usage } = await ask("Name three rivers");
    expect(usage?.input_tokens).toBeGreaterThan(0);
    expect(usage?.output_tokens).toBeGreaterThan(0);
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
  });

  test("passes on instructions, several turns and images", async () => {
    const { output_text } = await ask(
      [
        { role: "user", content: "What is a glacier?" },
        { role: "assistant", content: "A slow river of ice." },
        {
          role: "user",
          content: [
            { type: "input_text", text: "Is this one?" },
            { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${PIXEL_PNG_BASE64}` },
          ],
        },
      ],
      { instructions: "Answer in one sentence." },
    );
    for (const part of ["1 image", "a system prompt", "2 user turns"]) expect(output_text).toContain(part);
  });

  test("says why the answer is incomplete", async () => {
    const short = await ask("Tell me about the sea", { max_output_tokens: TOKENS_MIN });
    expect(short).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    const stream = client.responses.stream({ model: id, input: "Tell me about the sea", max_output_tokens: TOKENS_MIN });
    expect(await stream.finalResponse()).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  });

  test("goes through a tool loop, as a coding agent keeps its history", async () => {
    const input: ResponseInput = [{ role: "user", content: "Compare the weather in Paris and London" }];
    const fields = { tools: [WEATHER_TOOL], store: false, include: ["reasoning.encrypted_content" as const] };
    const first = await streamedResponse(client, { model: id, input, ...fields });
    const calls = callsOf(first);
    expect(calls.map((call) => [call.name, JSON.parse(call.arguments)])).toEqual([
      ["get_weather", { city: "Paris" }],
      ["get_weather", { city: "London" }],
    ]);
    input.push(...(first.output as ResponseInput));
    for (const { call_id, arguments: text } of calls) {
      const { city } = JSON.parse(text) as { city: string };
      input.push({ type: "function_call_output", call_id, output: weatherOf(city) });
    }
    const second = await ask(input, fields);
    expect(second.status).toBe("completed");
    for (const city of ["Paris", "London"]) expect(second.output_text).toContain(weatherOf(city));
  });

  test("forces the tool that tool_choice names, and none when told so", async () => {
    const forced = await ask("What is the weather in Oslo?", {
      tools: [WEATHER_TOOL],
      tool_choice: { type: "function", name: "get_weather" },
    });
    expect(callsOf(forced)).toHaveLength(1);
    const none = await ask("What is the weather in Oslo?", { tools: [WEATHER_TOOL], tool_choice: "none" });
    expect(callsOf(none)).toEqual([]);
  });

  test("calls a custom tool with free text, whole and streamed, and goes on with its result", async () => {
    const tools: OpenAI.Responses.CustomTool[] = [
      {
        type: "custom",
        name: "take_note",
        description: "Notes a text",
        format: { type: "grammar", syntax: "lark", definition: "start: /.+/s" },
      },
    ];
    const input: ResponseInput = [{ role: "user", content: "Take a note of the weather" }];
    const events: ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ model: id, input, tools, stream: true })) events.push(event);
    expect(responsesStreamProblem(events as ResponsesEvent[])).toBeNull();
    const last = events.at(-1);
    const streamed = last?.type === "response.completed" ? last.response.output : [];
    const { output } = await ask(input, { tools, tool_choice: { type: "custom", name: "take_note" } });
    for (const items of [streamed, output]) {
      const call = items.find((item) => item.type === "custom_tool_call");
      expect(call).toMatchObject({ name: "take_note", input: expect.stringMatching(/^[^{]+$/) });
    }
    input.push(...(output as ResponseInput));
    for (const item of output)
      if (item.type === "custom_tool_call") input.push({ type: "custom_tool_call_output", call_id: item.call_id, output: "noted as 17" });
    expect((await ask(input, { tools })).output_text).toContain("noted as 17");
  });

  test("answers by a schema, which the SDK parses", async () => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
    const answer = await client.responses.parse({
      model: id,
      input: "A city, as JSON",
      text: { format: { type: "json_schema", name: "city", schema, strict: true } },
    });
    expect(answer.output_parsed).toMatchObject({ city: expect.any(String) });
  });

  test("answers a request that the provider refuses with its error, as the SDK's class", async () => {
    const refused = await ask("Hello", { max_output_tokens: -1 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BadRequestError);
    expect((refused as BadRequestError).message).toMatch(/max_?(completion_|output_?)?tokens/i);
  });

  test("refuses what only OpenAI has: previous_response_id", async () => {
    const refused = await ask("Hello", { previous_response_id: "resp_1" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BadRequestError);
    expect(refused).toMatchObject({ param: "previous_response_id", type: "invalid_request_error" });
  });

  test("goes without a tool that only OpenAI runs", async () => {
    const answer = await ask("Hello", { tools: [{ type: "web_search" as const }] });
    expect(answer.output_text).not.toBe("");
  });
});

test("a router, whole and streamed", async () => {
  const asked = { model: `router:${ROUTER.name}`, input: CODE_PROMPT };
  const { data, response } = await client.responses.create(asked).withResponse();
  expect(response.headers.get("x-model-router-selected-route")).toBe(ROUTER.codeTask);
  expect(response.headers.get("x-model-router-selected-model")).toBe(ROUTER.codeModel);
  expect(data.model).toContain(ROUTER.codeModelName);
  expect((await client.responses.stream(asked).finalResponse()).model).toContain(ROUTER.codeModelName);
});

test("a model that is not configured is not found", async () => {
  const refused = await client.responses.create({ model: "nobody/nothing", input: "Hello" }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(NotFoundError);
  expect((refused as NotFoundError).code).toBe("model_not_found");
});

test("tells how likely each token was, whole and in every event, where a model tells it", async () => {
  const asked = { model: "openai/gpt-4.1", input: "Name a river", include: ["message.output_text.logprobs" as const], top_logprobs: 1 };
  const whole = await client.responses.create(asked);
  const { text, logprobs } = textOf(whole);
  expect(logprobs?.map(({ token }) => token).join("")).toBe(text);
  expect(logprobs?.[0]).toMatchObject({
    bytes: expect.any(Array),
    logprob: expect.any(Number),
    top_logprobs: [{ token: logprobs?.[0]?.token }],
  });

  const stream = client.responses.stream(asked);
  const told: string[] = [];
  for await (const event of stream) if (event.type === "response.output_text.delta") told.push(...event.logprobs.map(({ token }) => token));
  expect(told.join("")).toBe(text);
  expect(textOf(await stream.finalResponse())).toMatchObject({ text, logprobs });
});

test("searches the web with Gemini, and tells the pages that the answer rests on, whole and streamed", async () => {
  const asked = { model: "gemini/gemini-3.6-flash", input: "Sei kurz: was ist grün? 🌱", tools: [{ type: "web_search" as const }] };
  const { text, annotations } = textOf(await client.responses.create(asked));
  const page = { type: "url_citation", start_index: 0, end_index: [...text].length, title: "example.com" };
  expect(annotations).toMatchObject([page]);

  const stream = client.responses.stream(asked);
  const told: unknown[] = [];
  for await (const event of stream) if (event.type === "response.output_text.annotation.added") told.push(event.annotation);
  expect(told).toEqual(annotations);
  expect(textOf(await stream.finalResponse())).toMatchObject({ text, annotations });
});

/** The only part of an answer. */
function textOf({ output }: Response): OpenAI.Responses.ResponseOutputText {
  const [item] = output;
  const part = item?.type === "message" ? item.content[0] : undefined;
  if (part?.type !== "output_text") throw new Error(`no text: ${JSON.stringify(output)}`);
  return part;
}
