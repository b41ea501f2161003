// POST /v1/messages/count_tokens with Anthropic's SDK: counted by the provider where it can, estimated where it can't.

import Anthropic, { BadRequestError, NotFoundError } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { exchange } from "./exchange.ts";
import { Fleet, modelOf } from "./fleet.ts";

type Names = "anthropic" | "gemini" | "openai";

let fleet: Fleet<Names>;
let gateway: Gateway;
let client: Anthropic;

beforeAll(async () => {
  fleet = await Fleet.start<Names>({
    anthropic: { format: "anthropic_messages" },
    gemini: { format: "gemini" },
    openai: { format: "openai_chat" },
  });
  gateway = await startGateway({
    config: {
      version: "v0.4.0",
      listeners: [{ type: "model", name: "llm", address: "127.0.0.1", port: 0 }],
      model_providers: (["anthropic", "gemini", "openai"] as const).map((name) => ({
        ...fleet.entry(name),
        provider_interface: undefined,
        access_key: `key-of-${name}`,
      })),
      model_aliases: { claude: { target: modelOf("anthropic") } },
      routers: (["anthropic", "openai"] as const).map((name) => ({
        name,
        policies: [{ task: { name: "code", description: "Writing, generating or changing program code" }, models: [modelOf(name)] }],
        fallback_models: [modelOf(name)],
      })),
    },
  });
  client = new Anthropic({ baseURL: gateway.url, apiKey: "key-of-the-client", maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
});

const REQUEST = {
  system: "Be brief.",
  messages: [{ role: "user" as const, content: "Write a Python function that sorts a list of dictionaries by key" }],
  tools: [{ name: "run", description: "Runs Python", input_schema: { type: "object" as const, properties: { code: { type: "string" } } } }],
};

async function count(model: string, more: Partial<Anthropic.MessageCountTokensParams> = {}) {
  const { data, response } = await client.messages.countTokens({ ...REQUEST, model, ...more }).withResponse();
  const header = (name: string) => response.headers.get(`x-model-router-${name}`);
  return { tokens: data.input_tokens, kind: header("token-count"), by: header("selected-model"), attempts: header("attempts") };
}

describe("a provider that counts", () => {
  test("of Anthropic's API gets the request as it came", async () => {
    for (const model of [modelOf("anthropic"), "claude"]) {
      const counted = await count(model);
      expect(counted).toMatchObject({ kind: null, by: modelOf("anthropic") });
      const sent = fleet.mock("anthropic").requests.at(-1);
      expect(sent).toMatchObject({ path: "/v1/messages/count_tokens", body: { ...REQUEST, model: "model" } });
      expect(sent?.headers).toMatchObject({ "x-api-key": "key-of-anthropic", "anthropic-version": expect.any(String) });
      const { usage } = await client.messages.create({ ...REQUEST, model, max_tokens: 100 });
      expect(counted.tokens).toBe(usage.input_tokens);
    }
  });

  test("Gemini is asked in its own form", async () => {
    const counted = await count(modelOf("gemini"));
    expect(counted).toMatchObject({ kind: null, by: modelOf("gemini") });
    const sent = fleet.mock("gemini").requests.at(-1);
    expect(sent).toMatchObject({ path: "/v1beta/models/model:countTokens", body: { generateContentRequest: { model: "models/model" } } });
    const { usage } = await client.messages.create({ ...REQUEST, model: modelOf("gemini"), max_tokens: 100 });
    expect(counted.tokens).toBe(usage.input_tokens);
  });

  test("that fails is stood in for", async () => {
    fleet.mock("anthropic").queue({ kind: "status", status: 429 });
    const counted = await count(modelOf("anthropic"));
    expect(counted).toMatchObject({ kind: "estimate", by: "gateway/estimate" });
    expect(counted.attempts).toBe(`${modelOf("anthropic")};status=429, gateway/estimate;status=200`);
    expect(counted.tokens).toBeGreaterThan(20);
  });

  test("that finds the request wrong is believed", async () => {
    const wrong = await count(modelOf("anthropic"), { tool_choice: { type: "tool", name: "nothing" } }).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(BadRequestError);
    expect((wrong as BadRequestError).message).toContain("nothing");
  });
});

describe("a provider that does not count", () => {
  test("is not asked: the count is an estimate", async () => {
    const before = fleet.mock("openai").requests.length;
    const counted = await count(modelOf("openai"));
    expect(counted).toMatchObject({ kind: "estimate", by: "gateway/estimate" });
    expect(fleet.mock("openai").requests).toHaveLength(before);
    const twice = await count(modelOf("openai"), {
      messages: [...REQUEST.messages, { role: "assistant", content: "Yes." }, ...REQUEST.messages],
    });
    expect(twice.tokens).toBeGreaterThan(counted.tokens);
  });

  test("as well where another format cannot say what the request says", async () => {
    const thread = { thread: { type: "continue", id: "thread_1" } } as object;
    expect(await count(modelOf("gemini"), thread)).toMatchObject({ kind: "estimate" });
  });
});

describe("a router", () => {
  test("counts as the model that it would choose", async () => {
    expect(await count("router:anthropic")).toMatchObject({ kind: null, by: modelOf("anthropic") });
    expect(await count("router:openai")).toMatchObject({ kind: "estimate" });
  });
});

test("bodies of many megabytes are estimated too", async () => {
  const data = "iVBORw0KGgo".repeat(500_000);
  const image = { type: "image" as const, source: { type: "base64" as const, media_type: "image/png" as const, data } };
  const counted = await count(modelOf("openai"), { messages: [{ role: "user", content: [image] }] });
  expect(counted.tokens).toBeGreaterThan(1000);
  expect(counted.tokens).toBeLessThan(3000);
});

test("mistakes are told in Anthropic's form", async () => {
  const missing = await count("nobody/nothing").catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(NotFoundError);
  const path = `${gateway.url}/v1/messages/count_tokens`;
  const wrong = await exchange(path, { body: { model: modelOf("openai"), messages: {} } });
  expect(wrong.status).toBe(400);
  expect(JSON.parse(wrong.body)).toMatchObject({
    type: "error",
    error: { type: "invalid_request_error", message: expect.stringContaining("messages") },
  });
  const got = await fetch(path);
  expect(got.status).toBe(405);
  expect(await got.json()).toMatchObject({ type: "error" });
});
