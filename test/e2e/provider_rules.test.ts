// What config/providers says that a provider does not take is not sent to it: three of the files, with mocks at their base URLs.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { anthropicMessages, openaiChat } from "./client_formats.ts";
import { exchange } from "./exchange.ts";
import { configOf } from "./fleet.ts";
import { type ScriptedProvider, type ScriptedRequest, startScriptedProvider } from "./scripted_provider.ts";

const PROVIDERS = ["mistral", "groq", "zhipu", "azure_openai", "openai"] as const;
type Name = (typeof PROVIDERS)[number];

let provider: ScriptedProvider;
let gateway: Gateway;

beforeAll(async () => {
  provider = await startScriptedProvider();
  provider.answer = (response) =>
    response.writeHead(200, { "content-type": "application/json" }).end(
      JSON.stringify({
        id: "c",
        object: "chat.completion",
        created: 1,
        model: "m",
        choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
      }),
    );
  const entries = PROVIDERS.map((name) => ({ model: `${name}/*`, base_url: provider.url, access_key: `key-of-${name}` }));
  gateway = await startGateway({ config: configOf({ model_providers: entries }), brightstaff: false });
});

afterAll(async () => {
  await gateway?.close();
  await provider?.close();
});

/** All that an OpenAI client may say and these providers do not all take. */
const REQUEST = {
  messages: [
    { role: "developer", content: "Be brief.", name: "ops" },
    { role: "user", content: "Hello", name: "Ann" },
    { role: "assistant", content: "Hi", refusal: null, annotations: [] },
    { role: "user", content: [{ type: "text", text: "And now?" }] },
  ],
  max_completion_tokens: 50,
  seed: 7,
  logprobs: true,
  top_logprobs: 2,
  n: 1,
  user: "u1",
  store: false,
  temperature: 0.5,
  tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
  tool_choice: "required",
};

async function asked(
  name: Name,
  body: object,
  path: string = openaiChat.path,
): Promise<ScriptedRequest & { json: Record<string, unknown> }> {
  const answer = await exchange(gateway.url + path, { body: { model: `${name}/a-model`, ...body } });
  expect(answer.status).toBe(200);
  const request = provider.requests.at(-1) as ScriptedRequest;
  return { ...request, json: JSON.parse(request.body.toString()) };
}

test("Mistral's closed schema is kept to, messages included", async () => {
  const { path, headers, json } = await asked("mistral", REQUEST);
  expect(path).toBe("/v1/chat/completions");
  expect(headers.authorization).toBe("Bearer key-of-mistral");
  expect(json).toEqual({
    model: "a-model",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hi" },
      { role: "user", content: [{ type: "text", text: "And now?" }] },
    ],
    max_tokens: 50,
    random_seed: 7,
    n: 1,
    temperature: 0.5,
    tools: REQUEST.tools,
    tool_choice: "required",
  });
});

test("Mistral gets the calls that another provider made, by ids that it takes", async () => {
  const call = { id: "call_0fypS1hVXaZ8mQ", type: "function", function: { name: "f", arguments: "{}" } };
  const messages = [
    { role: "user", content: "Hello" },
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: call.id, content: "ok" },
  ];
  const { json } = await asked("mistral", { messages });
  const [, assistant, result] = json.messages as { tool_calls?: { id: string }[]; tool_call_id?: string }[];
  expect(assistant?.tool_calls?.[0]?.id).toMatch(/^[0-9A-Za-z]{9}$/);
  expect(result?.tool_call_id).toBe(assistant?.tool_calls?.[0]?.id);
});

test("Groq gets none of what it answers with 400, and the developer's role as it is", async () => {
  const { path, json } = await asked("groq", REQUEST);
  expect(path).toBe("/openai/v1/chat/completions");
  expect(json).toEqual({
    model: "a-model",
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hi", refusal: null },
      { role: "user", content: [{ type: "text", text: "And now?" }] },
    ],
    max_completion_tokens: 50,
    seed: 7,
    user: "u1",
    temperature: 0.5,
    tools: REQUEST.tools,
    tool_choice: "required",
  });
});

test("Zhipu gets the limit by the name that it knows, and no tool_choice", async () => {
  const { path, json } = await asked("zhipu", REQUEST);
  expect(path).toBe("/api/paas/v4/chat/completions");
  const { tool_choice: _, max_completion_tokens: max_tokens, ...kept } = REQUEST;
  const [developer, ...messages] = REQUEST.messages;
  expect(json).toEqual({ ...kept, model: "a-model", max_tokens, messages: [{ ...developer, role: "system" }, ...messages] });
});

test("Azure gets its key in a header of its own, and all fields", async () => {
  const { path, headers, json } = await asked("azure_openai", REQUEST);
  expect(path).toBe("/openai/v1/chat/completions");
  expect(headers["api-key"]).toBe("key-of-azure_openai");
  expect(headers.authorization).toBeUndefined();
  expect(json).toEqual({ ...REQUEST, model: "a-model" });
});

test("OpenAI gets by the model's name what that model takes, and what none is for as it came", async () => {
  const messages = [{ role: "user", content: "Hello" }];
  const fields = { messages, max_tokens: 50, temperature: 0.5, stop: ["x"], seed: 7 };
  const rest = { messages, seed: 7, max_completion_tokens: 50 };
  expect((await asked("openai", { ...fields, model: "openai/gpt-5-mini" })).json).toEqual({ ...rest, model: "gpt-5-mini" });
  expect((await asked("openai", { ...fields, model: "openai/o3" })).json).toEqual({ ...rest, model: "o3" });
  const newer = { ...rest, temperature: 0.5, stop: ["x"], model: "gpt-5.2" };
  expect((await asked("openai", { ...fields, model: "openai/gpt-5.2" })).json).toEqual(newer);
  for (const model of ["gpt-4o", "gpt-5-chat-latest"]) {
    const { body } = await asked("openai", { ...fields, model: `openai/${model}` });
    expect(body.toString()).toBe(JSON.stringify({ model, ...fields }));
  }
});

test("OpenAI gets back no reasoning of other APIs' models, in the form that the gateway told it in", async () => {
  const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
  const history = (message: object, more: object) => [
    { role: "user", content: "Hello" },
    { role: "assistant", content: null, ...message, tool_calls: [{ ...call, ...more }] },
    { role: "tool", tool_call_id: "c1", content: "ok" },
  ];
  const told = { reasoning_content: "Hm.", reasoning_details: [{ type: "reasoning.text", text: "Hm.", signature: "c2ln" }] };
  const { json } = await asked("openai", {
    model: "openai/gpt-4o",
    messages: history(told, { extra_content: { google: { thought_signature: "c2ln" } } }),
  });
  expect(json.messages).toEqual(history({}, {}));
});

test("a request of another format is written by the same rules", async () => {
  const body = {
    max_tokens: 50,
    system: "Be brief.",
    metadata: { user_id: "u1" },
    messages: [{ role: "user", content: "Hello" }],
    tools: [{ name: "f", input_schema: { type: "object" } }],
    tool_choice: { type: "any" },
  };
  const mistral = await asked("mistral", body, anthropicMessages.path);
  expect(mistral.json).toMatchObject({ max_tokens: 50, tool_choice: "required", messages: [{ role: "system" }, { role: "user" }] });
  expect(mistral.json).not.toHaveProperty("user");
  const zhipu = await asked("zhipu", body, anthropicMessages.path);
  expect(zhipu.json).toMatchObject({ max_tokens: 50, tools: [{ type: "function" }] });
  expect(zhipu.json).not.toHaveProperty("tool_choice");
});
