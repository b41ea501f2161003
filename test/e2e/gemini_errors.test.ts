// What Gemini says of an error in its body alone: a key that is wrong, which comes with status 400, and when to try again.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { anthropicMessages, openaiChat } from "./client_formats.ts";
import { readAttempts } from "./exchange.ts";
import { configOf } from "./fleet.ts";
import { type ScriptedProvider, startScriptedProvider } from "./scripted_provider.ts";

const WRONG_KEY = {
  code: 400,
  message: "API key not valid. Please pass a valid API key.",
  status: "INVALID_ARGUMENT",
  details: [
    { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID", domain: "googleapis.com" },
    { "@type": "type.googleapis.com/google.rpc.LocalizedMessage", locale: "en-US", message: "API key not valid." },
  ],
};
const TOO_MANY = {
  code: 429,
  message: "You exceeded your current quota.",
  status: "RESOURCE_EXHAUSTED",
  details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.07s" }],
};

let gemini: ScriptedProvider;
let anthropic: ScriptedProvider;
let gateway: Gateway;

beforeAll(async () => {
  gemini = await startScriptedProvider();
  gemini.answer = (response, { path }) => {
    const error = path.includes("keyless") ? WRONG_KEY : TOO_MANY;
    response.writeHead(error.code, { "content-type": "application/json" }).end(JSON.stringify({ error }));
  };
  anthropic = await startScriptedProvider();
  anthropic.answer = (response, { body }) => {
    if (body.includes("bare-error")) {
      const error = { type: "invalid_request_error", message: "max_tokens: too many" };
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error }));
      return;
    }
    const content = [{ type: "text", text: "Hi" }];
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = { id: "m", type: "message", role: "assistant", model: "m", content, stop_reason: "end_turn", usage };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(message));
  };
  const model_providers = [
    ...["keyless", "busy"].map((name) => ({ model: `gemini/${name}`, base_url: gemini.url, access_key: "k" })),
    ...["good", "bare-error"].map((name) => ({ model: `anthropic/${name}`, base_url: anthropic.url, access_key: "k" })),
  ];
  const models = ["gemini/keyless", "anthropic/good"];
  const policies = [{ task: { name: "anything", description: "Any request" }, models }];
  const routers = [{ name: "keyless", policies, fallback_models: models }];
  gateway = await startGateway({ config: configOf({ model_providers, routers }), brightstaff: false });
});

afterAll(async () => {
  await gateway?.close();
  await gemini?.close();
  await anthropic?.close();
});

async function asked(path: string, model: string): Promise<Response> {
  const body = JSON.stringify({ model, max_tokens: 5, messages: [{ role: "user", content: "Hello" }] });
  return await fetch(gateway.url + path, { method: "POST", headers: { "content-type": "application/json" }, body });
}

describe("a key that Gemini does not know", () => {
  test("is 401 to clients of either API, and not the client's mistake", async () => {
    const openai = await asked(openaiChat.path, "gemini/keyless");
    expect(openai.status).toBe(401);
    expect(await openai.json()).toMatchObject({ error: { message: WRONG_KEY.message, type: "authentication_error" } });
    const claude = await asked(anthropicMessages.path, "gemini/keyless");
    expect(claude.status).toBe(401);
    expect(await claude.json()).toMatchObject({ type: "error", error: { message: WRONG_KEY.message, type: "authentication_error" } });
  });

  test("leads a router to its next model", async () => {
    const response = await asked(openaiChat.path, "router:keyless");
    expect(response.status).toBe(200);
    expect(readAttempts(Object.fromEntries(response.headers))).toEqual([
      { model: "gemini/keyless", outcome: "status=401" },
      { model: "anthropic/good", outcome: "status=200" },
    ]);
  });
});

test("when to try again is told by the header that clients read", async () => {
  const response = await asked(openaiChat.path, "gemini/busy");
  expect(response.status).toBe(429);
  expect(response.headers.get("retry-after")).toBe("35");
});

test("an error of an Anthropic-like server gets the form that Anthropic's clients read", async () => {
  const response = await asked(anthropicMessages.path, "anthropic/bare-error");
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ type: "error", error: { type: "invalid_request_error", message: "max_tokens: too many" } });
});
