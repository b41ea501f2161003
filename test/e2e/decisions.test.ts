// From a client's request over the decision to the candidates: with a routing model, with the embedded resolver, with neither's help.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { anthropicMessages, ask, CLIENT_FORMATS, openaiChat } from "./client_formats.ts";
import { exchange } from "./exchange.ts";
import { type ConfigParts, configOf, Fleet, modelOf } from "./fleet.ts";
import { type RoutingModel, startRoutingModel } from "./routing_model.ts";

const DECISION_MS = 3_000;
const CODE_PROMPT = "Write a Python function that sorts a list of dictionaries by key";
/** What began like another conversation would go on where that one is, and nobody be asked. */
const NO_SESSION = { "x-plano-cache": "off" };
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

let routingModel: RoutingModel;
let fleet: Fleet<"code" | "prose" | "spare">;
let config: ConfigParts;
let gateway: Gateway;

beforeAll(async () => {
  routingModel = await startRoutingModel();
  fleet = await Fleet.start({ code: { format: "anthropic_messages" }, prose: { format: "openai_chat" }, spare: { format: "openai_chat" } });
  const policies = [
    {
      task: { name: "programming", description: "Writing, explaining or repairing program code" },
      models: [modelOf("code"), modelOf("prose")],
    },
    { task: { name: "poetry", description: "Writing poems, songs and rhymes" }, models: [modelOf("prose")] },
  ];
  config = configOf({
    model_providers: [
      ...fleet.entries(),
      { model: "plano/katanemo/Arch-Router-1.5B", base_url: `${routingModel.url}/v1` },
      { model: "plano/katanemo/Plano-Orchestrator-4B", base_url: `${routingModel.url}/v1` },
    ],
    routers: [{ name: "assistant", policies, fallback_models: [modelOf("spare"), modelOf("prose")] }],
    overrides: { llm_routing_model: "plano/katanemo/Arch-Router-1.5B" },
    limits: { decision_ms: DECISION_MS },
  }) as ConfigParts;
  gateway = await startGateway({ config });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
  await routingModel?.close();
});

beforeEach(() => {
  routingModel.prompts.length = 0;
});

const askAssistant = (prompt: string, client = openaiChat) => ask(gateway.url, client, { model: "router:assistant", prompt, stream: true });
const lastPrompt = () => routingModel.prompts.at(-1) ?? "";

/** Decisions so far, by the resolver that made them. */
async function decisionsBy(resolver: string): Promise<number> {
  const { body } = await exchange(`http://127.0.0.1:${gateway.brightstaff.port}/metrics`, { method: "GET" });
  const lines = body.split("\n").filter((line) => line.includes(`resolver="${resolver}"`));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

describe("Arch-Router", () => {
  test("decides, for every client, and its route's models are tried in their order", async () => {
    // Against the prompt's own sense: so it was this model that decided.
    routingModel.answer = () => '{"route": "poetry"}';
    for (const client of CLIENT_FORMATS) {
      const answer = await askAssistant(CODE_PROMPT, client);
      expect(answer.reply.complete, answer.body).toBe(true);
      expect(answer.headers["x-model-router-selected-route"]).toBe("poetry");
      expect(answer.headers["x-model-router-attempts"]).toBe("prose/model;status=200");
      expect(lastPrompt()).toContain(CODE_PROMPT);
      expect(lastPrompt()).toContain("Writing poems, songs and rhymes");
    }
    expect(await decisionsBy("katanemo/Arch-Router-1.5B")).toBe(CLIENT_FORMATS.length);
  });

  test("fallback goes through the task's models, then the router's, each once", async () => {
    routingModel.answer = () => '{"route": "programming"}';
    fleet.mock("code").queue({ kind: "status", status: 500 });
    fleet.mock("prose").queue({ kind: "status", status: 429 });
    const answer = await askAssistant(CODE_PROMPT);
    expect(answer.reply.complete, answer.body).toBe(true);
    expect(answer.headers["x-model-router-attempts"]).toBe("code/model;status=500, prose/model;status=429, spare/model;status=200");
    expect(answer.headers["x-model-router-selected-route"]).toBe("programming");
  });

  test("no task: the fallback models", async () => {
    routingModel.answer = () => '{"route": "other"}';
    const answer = await askAssistant(CODE_PROMPT);
    expect(answer.headers["x-model-router-selected-route"]).toBe("none");
    expect(answer.headers["x-model-router-attempts"]).toBe("spare/model;status=200");
  });

  test.each([
    { name: "says nonsense", answer: "I would go for poetry!", asked: 1 },
    { name: "names a route that is not there", answer: '{"route": "cooking"}', asked: 1 },
    { name: "does not answer, twice", answer: null, asked: 2 },
  ])("the embedded resolver stands in when it $name", async ({ answer, asked }) => {
    routingModel.answer = () => answer;
    const before = await decisionsBy("embedded");
    const { reply, headers, body } = await askAssistant(CODE_PROMPT);
    expect(reply.complete, body).toBe(true);
    expect(headers["x-model-router-selected-route"]).toBe("programming");
    expect(routingModel.prompts).toHaveLength(asked);
    expect(await decisionsBy("embedded")).toBe(before + 1);
  });
});

test("requests that wait for a decision while the config is edited get their answer", async () => {
  routingModel.answer = () => null;
  const waiting = Promise.all(Array.from({ length: 20 }, (_, index) => askAssistant(CODE_PROMPT, CLIENT_FORMATS[index % 2])));
  await expect.poll(() => routingModel.prompts.length, { timeout: 40_000 }).toBeGreaterThan(0);
  await gateway.reload({ ...config, model_aliases: { another: { target: modelOf("code") } } });
  for (const answer of await waiting) expect(answer.reply.complete, answer.body).toBe(true);
  expect((await ask(gateway.url, openaiChat, { model: "another", stream: false })).status).toBe(200);
});

test("a routing model that has been down is asked again, and nobody waits for it until it answers", async () => {
  const modelDecisions = () => decisionsBy("katanemo/Arch-Router-1.5B");
  routingModel.answer = () => '{"route": "poetry"}';
  const before = await modelDecisions();
  const answer = await askAssistant(CODE_PROMPT);
  expect(answer.headers["x-model-router-selected-route"]).toBe("programming");
  expect(await modelDecisions()).toBe(before);
  const askAgain = () => askAssistant(CODE_PROMPT).then(({ headers }) => headers["x-model-router-selected-route"]);
  await expect.poll(askAgain, { timeout: 40_000 }).toBe("poetry");
  expect(await modelDecisions()).toBe(before + 1);
});

describe("what the resolver gets to see", () => {
  beforeEach(() => {
    routingModel.answer = () => '{"route": "programming"}';
  });

  const post = async (path: string, body: Record<string, unknown>) => {
    const answer = await exchange(gateway.url + path, { headers: NO_SESSION, body: { ...body, model: "router:assistant" } });
    expect(answer.status, answer.body).toBe(200);
    expect(answer.headers["x-model-router-selected-route"]).toBe("programming");
    return answer;
  };
  const schema = { type: "object", properties: { city: { type: "string" } } };

  test("of a tool loop of the OpenAI client: the turns' text", async () => {
    const call = { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Paris"}' } };
    await post(openaiChat.path, {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "What is the weather in Paris?" },
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "call_1", content: "21 degrees" },
        {
          role: "user",
          content: [
            { type: "text", text: "And in what code would I ask for it?" },
            { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
      tools: [{ type: "function", function: { name: "get_weather", parameters: schema } }],
    });
    expect(lastPrompt()).toContain("And in what code would I ask for it?");
    expect(lastPrompt()).not.toContain(PIXEL);
  });

  test("of a tool loop of the Anthropic client: the turns' text", async () => {
    await post(anthropicMessages.path, {
      max_tokens: 100,
      system: "Be brief.",
      messages: [
        { role: "user", content: "What is the weather in Paris?" },
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "get_weather", input: { city: "Paris" } }] },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "toolu_1", content: "21 degrees" },
            { type: "text", text: "And in what code would I ask for it?" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
          ],
        },
      ],
      tools: [{ name: "get_weather", input_schema: schema }],
    });
    expect(lastPrompt()).toContain("And in what code would I ask for it?");
    expect(lastPrompt()).not.toContain(PIXEL);
  });

  test("when a tool's result is the last turn: the user's question before it", async () => {
    const call = { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Paris"}' } };
    await post(openaiChat.path, {
      messages: [
        { role: "user", content: CODE_PROMPT },
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "call_1", content: "21 degrees" },
      ],
      tools: [{ type: "function", function: { name: "get_weather", parameters: schema } }],
    });
    expect(lastPrompt()).toContain(CODE_PROMPT);
  });

  const user = { role: "user", content: "hello" };
  test.each([
    { name: "a developer's instructions", messages: [{ role: "developer", content: "Be brief." }, user] },
    {
      name: "the older function role",
      messages: [
        user,
        { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
        { role: "function", name: "f", content: "1" },
      ],
    },
    { name: "an assistant's turn only", messages: [{ role: "assistant", content: "hello" }] },
    { name: "a refusal", messages: [user, { role: "assistant", content: [{ type: "refusal", refusal: "No." }] }, user] },
    { name: "control characters", messages: [{ role: "user", content: "hello \u0000\u0001\u001f\u007f\u2028" }] },
  ])("of a conversation with $name: text", async ({ messages }) => {
    const answer = await exchange(gateway.url + openaiChat.path, { body: { model: "router:assistant", messages } });
    expect(answer.headers["x-model-router-selected-route"], answer.body).toBe("programming");
    expect(lastPrompt()).toContain("hello");
  });

  test("of a long conversation: the latest turns, bounded", async () => {
    const turns = Array.from({ length: 600 }, (_, turn) => [
      { role: "user", content: `Question ${turn}: ${"long ".repeat(300)}` },
      { role: "assistant", content: `Answer ${turn}: ${"longer ".repeat(300)}` },
    ]).flat();
    await post(openaiChat.path, { messages: [...turns, { role: "user", content: CODE_PROMPT }] });
    expect(lastPrompt()).toContain(CODE_PROMPT);
    expect(lastPrompt()).not.toContain("Question 5:");
    expect(lastPrompt().length).toBeLessThan(64 * 1024);
  });

  test("of one overlong message: its beginning and its end", async () => {
    await post(openaiChat.path, { messages: [{ role: "user", content: `START-OF-IT ${"é🌍 ".repeat(100_000)} END-OF-IT` }] });
    expect(lastPrompt()).toContain("START-OF-IT");
    expect(lastPrompt()).toContain("END-OF-IT");
    expect(lastPrompt()).not.toContain("�");
  });
});

test("Plano-Orchestrator, by a change of the config alone", async () => {
  await gateway.writeConfig({ ...config, overrides: { llm_routing_model: "plano/katanemo/Plano-Orchestrator-4B" } });
  routingModel.answer = (prompt) => (prompt.includes("a list of available routes") ? '{"route": ["poetry"]}' : '{"route": "programming"}');
  await expect
    .poll(async () => (await askAssistant(CODE_PROMPT)).headers["x-model-router-selected-route"], { timeout: 40_000 })
    .toBe("poetry");
  routingModel.answer = () => '{"route": []}';
  const answer = await askAssistant(CODE_PROMPT);
  expect(answer.headers["x-model-router-selected-route"]).toBe("none");
  expect(answer.headers["x-model-router-attempts"]).toBe("spare/model;status=200");
});

describe("top-level routing_preferences, with the embedded resolver", () => {
  beforeAll(async () => {
    const { routers: _routers, overrides: _overrides, ...rest } = config;
    const routing_preferences = [
      {
        name: "programming",
        description: "Writing, explaining or repairing program code",
        models: [modelOf("code"), modelOf("prose")],
        selection_policy: { prefer: "cheapest" },
      },
    ];
    const prices = {
      [modelOf("code")]: { input_usd_per_mtok: 3, output_usd_per_mtok: 15 },
      [modelOf("prose")]: { input_usd_per_mtok: 1, output_usd_per_mtok: 5 },
    };
    await gateway.reload({ ...rest, routing_preferences, model_metrics_sources: [{ type: "cost", provider: "static", prices }] });
  });

  test.each(CLIENT_FORMATS)("a match: its models, the cheapest first, then what was asked for; $id client", async (client) => {
    fleet.mock("prose").queue({ kind: "status", status: 429 });
    fleet.mock("code").queue({ kind: "status", status: 429 });
    const answer = await ask(gateway.url, client, { model: modelOf("spare"), prompt: CODE_PROMPT, stream: true });
    expect(answer.reply.complete, answer.body).toBe(true);
    expect(answer.headers["x-model-router-selected-route"]).toBe("programming");
    expect(answer.headers["x-model-router-attempts"]).toBe("prose/model;status=429, code/model;status=429, spare/model;status=200");
  });

  test.each(CLIENT_FORMATS)("no match: what was asked for; $id client", async (client) => {
    const answer = await ask(gateway.url, client, { model: modelOf("spare"), prompt: "How long do I have to boil an egg?", stream: true });
    expect(answer.reply.complete, answer.body).toBe(true);
    expect(answer.headers["x-model-router-selected-route"]).toBe("none");
    expect(answer.headers["x-model-router-attempts"]).toBe("spare/model;status=200");
  });
});
