// POST /v1/embeddings: OpenAI's SDK, and what reaches each provider.

import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemoProviders } from "../../brightstaff/src/demo_providers/server.ts";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { type MockProvider, startMockProvider } from "../mock_providers/server.ts";
import { exchange } from "./exchange.ts";

let demo: Awaited<ReturnType<typeof startDemoProviders>>;
let mock: MockProvider;
let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  demo = await startDemoProviders({ requireKey: true });
  mock = await startMockProvider({ format: "openai_chat", behaviour: { kind: "answer" } });
  gateway = await startGateway({
    config: {
      version: "v0.4.0",
      listeners: [{ type: "model", name: "llm", address: "127.0.0.1", port: 0 }],
      limits: { request_body_bytes_max: 100_000 },
      model_providers: [
        { model: "openai/*", base_url: demo.url, access_key: "key-of-openai" },
        { model: "openai/text-embedding-3-small", base_url: demo.url, access_key: "key-of-openai", default: true },
        { model: "gemini/*", base_url: demo.url, access_key: "key-of-gemini" },
        { model: "anthropic/claude-sonnet-5", base_url: demo.url, access_key: "key-of-anthropic" },
        ...["mistral", "cohere"].map((name) => ({ model: `${name}/*`, base_url: mock.url, access_key: `key-of-${name}` })),
        { model: "own/*", base_url: `${mock.url}/llm/v1`, provider_interface: "openai" },
      ],
      model_aliases: { vectors: { target: "openai/text-embedding-3-small" } },
      routers: [{ name: "r", policies: [{ task: { name: "t", description: "d" }, models: ["openai/a"] }], fallback_models: ["openai/a"] }],
      routing_preferences: [{ name: "t", description: "d", models: ["openai/a"] }],
    },
    brightstaff: false,
  });
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await mock?.close();
  await demo?.close();
});

const dot = (a: number[] = [], b: number[] = []) => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
const refusalOf = (model: string) => client.embeddings.create({ model, input: "a" }).catch((error: unknown) => error as BadRequestError);

describe.each(["openai/text-embedding-3-small", "vectors", "text-embedding-3-small", "gemini/gemini-embedding-001"])("%s", (model) => {
  test("embeds one text and several, with the SDK's own encoding and with numbers", async () => {
    const { data, response } = await client.embeddings.create({ model, input: ["a cat", "a cat sat", "stock prices"] }).withResponse();
    expect(data.data.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(data.data[0]?.embedding).toHaveLength(1536);
    const [cat, sitting, prices] = data.data.map(({ embedding }) => Array.from(embedding));
    expect(dot(cat, sitting)).toBeGreaterThan(dot(cat, prices));
    expect(data.usage.prompt_tokens).toBeGreaterThan(0);
    expect(response.headers.get("x-model-router-selected-model")).toMatch(/^(openai|gemini)\//);

    const numbers = await client.embeddings.create({ model, input: "a cat", encoding_format: "float", dimensions: 64 });
    expect(numbers.data[0]?.embedding).toHaveLength(64);
    expect(numbers.model).not.toContain("/");
  });
});

test("requests and answers pass byte for byte, but for the model's name", async () => {
  const body = '{"input": ["a",  "\\u0062"], "model":"own/some/embedder" ,"dimensions":  8, "encoding_format":"base64"}';
  const answer = await exchange(`${gateway.url}/v1/embeddings`, { body });
  expect(answer.status).toBe(200);
  const sent = mock.requests.at(-1);
  expect(sent?.path).toBe("/llm/v1/embeddings");
  expect(sent?.bodyText).toBe(body.replace("own/some/embedder", "some/embedder"));
  const direct = await exchange(`${mock.url}/v1/embeddings`, { body: sent?.bodyText ?? "" });
  expect(answer.body).toBe(direct.body);
});

test.each([
  ["mistral", { model: "m", input: "a", output_dimension: 8, encoding_format: "float" }],
  ["cohere", { model: "m", input: "a", encoding_format: "float" }],
])("%s gets what it takes, by its own names", async (name, expected) => {
  const body = { model: `${name}/m`, input: "a", dimensions: 8, user: "u", encoding_format: "float" };
  mock.queue({ kind: "answer" });
  await exchange(`${gateway.url}/v1/embeddings`, { body });
  expect(mock.requests.at(-1)?.body).toEqual(expected);
  expect(mock.requests.at(-1)?.headers.authorization).toBe(`Bearer key-of-${name}`);
});

test("a provider without embeddings is a 400 that says who has them", async () => {
  const refusal = await refusalOf("anthropic/claude-sonnet-5");
  expect(refusal).toBeInstanceOf(BadRequestError);
  expect(refusal).toMatchObject({ param: "model", type: "invalid_request_error" });
  expect((refusal as BadRequestError).message).toContain("these have: openai, gemini, mistral, cohere, own.");
});

test("a router is a 400, whatever it would choose", async () => {
  const refusal = await refusalOf("router:r");
  expect(refusal).toBeInstanceOf(BadRequestError);
  expect((refusal as BadRequestError).message).toContain("name a model");
});

test("a model that is not configured is a 404", async () => {
  expect(await refusalOf("nobody/nothing")).toBeInstanceOf(NotFoundError);
});

test("the provider's errors come as they are, and the gateway's in OpenAI's form", async () => {
  const refused = await exchange(`${gateway.url}/v1/embeddings`, { body: { model: "openai/m", input: [] } });
  expect(refused.status).toBe(400);
  expect(JSON.parse(refused.body)).toMatchObject({ error: { message: expect.stringContaining("'$.input' is invalid"), param: "input" } });
  for (const [body, status] of [
    [{ model: "openai/m" }, 400],
    [{ model: "openai/m", input: "a".repeat(200_000) }, 413],
  ] as const) {
    const answer = await exchange(`${gateway.url}/v1/embeddings`, { body });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { type: "invalid_request_error", message: expect.any(String) } });
  }
  const got = await fetch(`${gateway.url}/v1/embeddings`);
  expect(got.status).toBe(405);
});
