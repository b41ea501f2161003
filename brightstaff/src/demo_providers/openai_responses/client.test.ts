import OpenAI, { BadRequestError, NotFoundError } from "openai";
import type { Response, ResponseInput, ResponseStreamEvent } from "openai/resources/responses/responses";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ResponsesEvent, responsesStreamProblem } from "../../../../filter/test/responses_api.ts";
import { type DemoProviders, startDemoProviders } from "../server.ts";

let providers: DemoProviders;
let client: OpenAI;
beforeAll(async () => {
  providers = await startDemoProviders({ chunkIntervalMs: 0 });
  client = new OpenAI({ apiKey: "demo", baseURL: `${providers.url}/v1`, maxRetries: 0 });
});
afterAll(() => providers.close());

const WEATHER: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_weather",
  description: "The weather in a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
  strict: true,
};
const NOTE: OpenAI.Responses.CustomTool = { type: "custom", name: "take_note", description: "Notes a text" };
const LOOP = "What is the weather in Paris and London?";

async function eventsOf(body: OpenAI.Responses.ResponseCreateParamsNonStreaming): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of await client.responses.create({ ...body, stream: true })) events.push(event);
  return events;
}

function callsOf({ output }: Response) {
  return output.filter((item) => item.type === "function_call");
}

const outputsOf = (response: Response): ResponseInput =>
  callsOf(response).map(({ call_id, arguments: text }) => ({
    type: "function_call_output",
    call_id,
    output: `${(JSON.parse(text) as { city: string }).city} is sunny`,
  }));

describe("the official openai client", () => {
  test("gets a whole answer that names its model and the question", async () => {
    const { data, response } = await client.responses.create({ model: "gpt-5.2", input: "How do I sort a dictionary?" }).withResponse();
    expect(data).toMatchObject({ object: "response", status: "completed", model: "gpt-5.2", store: true, reasoning: { effort: "none" } });
    expect(data.output_text).toMatch(/demo answer from gpt-5\.2 .*dictionary/);
    expect(data.id).toMatch(/^resp_[0-9a-f]{50}$/);
    expect(data.usage?.total_tokens).toBe((data.usage?.input_tokens ?? 0) + (data.usage?.output_tokens ?? 0));
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
  });

  test.each([
    ["text", { model: "gpt-4o", input: "How do I sort a dictionary?" }],
    ["calls", { model: "gpt-4o", input: LOOP, tools: [WEATHER] }],
    ["a custom tool's call", { model: "gpt-4o", input: "Take a note of the weather", tools: [NOTE] }],
    ["a summary", { model: "gpt-5", input: "Hi", reasoning: { effort: "low", summary: "auto" } }],
    ["reasoning without a summary", { model: "gpt-5", input: "Hi", include: ["reasoning.encrypted_content"] }],
    ["another server's reasoning", { model: "qwen3", input: "Hi", reasoning: { effort: "low" } }],
    ["an end before its time", { model: "gpt-4o", input: "Hi", max_output_tokens: 16 }],
  ] as [string, OpenAI.Responses.ResponseCreateParamsNonStreaming][])("streams %s, of the same content as whole", async (_, body) => {
    const whole = await client.responses.create(body);
    const events = await eventsOf(body);
    expect(responsesStreamProblem(events as ResponsesEvent[])).toBeNull();
    const last = events.at(-1) as Extract<ResponseStreamEvent, { type: "response.completed" }>;
    // Ids and what is encrypted are made anew.
    const lasting = (_: string, value: unknown) => (/^(?:resp|msg|rs|fc|ctc|call)_|^gAAAA/.test(String(value)) ? "random" : value);
    const comparable = ({ output, status, usage }: Response) => JSON.parse(JSON.stringify({ output, status, usage }, lasting));
    expect(comparable(last.response)).toEqual(comparable(whole));
  });

  test("shows reasoning as it was asked for", async () => {
    const [hidden] = (await client.responses.create({ model: "gpt-5", input: "Hi" })).output;
    expect(hidden).toEqual({ id: expect.stringMatching(/^rs_/), type: "reasoning", summary: [] });
    const shown = await client.responses.create({ model: "gpt-5", input: "Hi", reasoning: { summary: "auto" } });
    expect(shown.output[0]).toMatchObject({ summary: [{ type: "summary_text", text: expect.stringMatching(/demo/) }] });
    expect(shown.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    const [other] = (await client.responses.create({ model: "qwen3", input: "Hi", reasoning: { effort: "low" } })).output;
    expect(other).toMatchObject({ summary: [], content: [{ type: "reasoning_text", text: expect.stringMatching(/demo/) }] });
  });

  test.each([
    ["sent whole, without being stored", { store: false, include: ["reasoning.encrypted_content"] }],
    ["sent whole", {}],
  ] as [string, Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming>][])("goes through a tool loop, %s", async (_, fields) => {
    const body = { model: "gpt-5", tools: [WEATHER], ...fields };
    const input: ResponseInput = [{ role: "user", content: LOOP }];
    const first = await client.responses.create({ ...body, input });
    expect(callsOf(first).map(({ arguments: text }) => JSON.parse(text))).toEqual([{ city: "Paris" }, { city: "London" }]);
    input.push(...(first.output as ResponseInput), ...outputsOf(first));
    expect((await client.responses.create({ ...body, input })).output_text).toMatch(
      /get_weather returned: Paris is sunny.*London is sunny/,
    );
  });

  test("goes on with what it has stored, by the response or item by item", async () => {
    const body = { model: "gpt-5", tools: [WEATHER] };
    const first = await client.responses.create({ ...body, input: LOOP });
    const byResponse = await client.responses.create({ ...body, previous_response_id: first.id, input: outputsOf(first) });
    expect(byResponse.output_text).toContain("London is sunny");
    const references = first.output.map(({ id }) => ({ type: "item_reference" as const, id: id as string }));
    const input: ResponseInput = [{ role: "user", content: LOOP }, ...references, ...outputsOf(first)];
    expect((await client.responses.create({ ...body, input })).output_text).toContain("London is sunny");
  });

  test("finds nothing that was not to be stored", async () => {
    const { id, output } = await client.responses.create({ model: "gpt-4o", input: "Hi", store: false });
    const previous = client.responses.create({ model: "gpt-4o", input: "And?", previous_response_id: id });
    await expect(previous).rejects.toMatchObject({ status: 400, code: "previous_response_not_found", param: "previous_response_id" });
    const reference = [{ type: "item_reference" as const, id: (output[0] as { id: string }).id }];
    await expect(client.responses.create({ model: "gpt-4o", input: reference })).rejects.toThrow(NotFoundError);
  });

  test("gets the tool it forces, one call where parallel calls are off, and none where tools are", async () => {
    const body = { model: "gpt-4o", input: LOOP, tools: [WEATHER, NOTE] };
    expect(callsOf(await client.responses.create({ ...body, parallel_tool_calls: false }))).toHaveLength(1);
    expect(callsOf(await client.responses.create({ ...body, tool_choice: "none" }))).toEqual([]);
    const forced = await client.responses.create({ ...body, tool_choice: { type: "custom", name: "take_note" } });
    expect(forced.output).toEqual([expect.objectContaining({ type: "custom_tool_call", name: "take_note", input: "Paris" })]);
  });

  test("parses structured output", async () => {
    const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
    const format = { type: "json_schema" as const, name: "city", schema, strict: true };
    const answer = await client.responses.parse({ model: "gpt-4o", input: "How many people live in Paris?", text: { format } });
    expect(answer.output_parsed).toEqual({ city: "Paris" });
  });

  test("gets the logprobs of each token, whole and streamed", async () => {
    const body = { model: "gpt-4o", input: "Hi", include: ["message.output_text.logprobs" as const], top_logprobs: 1 };
    const { output_text, output } = await client.responses.create(body);
    const [message] = output;
    const part = message?.type === "message" ? message.content[0] : undefined;
    const logprobs = part?.type === "output_text" ? (part.logprobs ?? []) : [];
    expect(logprobs.map(({ token }) => token).join("")).toBe(output_text);
    expect(logprobs[0]).toMatchObject({ logprob: expect.any(Number), top_logprobs: [{ token: "This" }] });
    const events = await eventsOf(body);
    const streamed = events.flatMap((event) => (event.type === "response.output_text.delta" ? event.logprobs : []));
    expect(streamed).toEqual(logprobs);
  });

  test("counts a repeated long prompt as cached", async () => {
    const body = { model: "gpt-4o", input: "word ".repeat(2000) };
    await client.responses.create(body);
    expect((await client.responses.create(body)).usage?.input_tokens_details.cached_tokens).toBeGreaterThanOrEqual(1024);
  });

  test("raises the typed error of a refusal", async () => {
    const bad = client.responses.create({ model: "gpt-4o", input: "Hi", max_output_tokens: 1 });
    await expect(bad).rejects.toThrow(BadRequestError);
    await expect(bad).rejects.toMatchObject({ code: "integer_below_min_value", param: "max_output_tokens", type: "invalid_request_error" });
  });
});
