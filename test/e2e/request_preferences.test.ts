// How one request is to be routed, said by the request itself (Plano's `routing_preferences`), and decisions for those who ask providers themselves.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { CLIENT_FORMATS, type ClientFormat, openaiChat, readReply } from "./client_formats.ts";
import { exchange } from "./exchange.ts";
import { configOf, Fleet, modelOf } from "./fleet.ts";

const CODE_PROMPT = "Write a Python function that sorts a list of dictionaries by key";
const POEM_PROMPT = "Write a poem about the sea, in rhymes";
const PREFERENCES = [
  { name: "programming", description: "Writing, explaining or repairing program code", models: [modelOf("code"), modelOf("prose")] },
  {
    name: "poetry",
    description: "Writing poems, songs and rhymes",
    models: ["the-dear-one", modelOf("code")],
    selection_policy: { prefer: "cheapest" },
  },
];

let fleet: Fleet<"code" | "prose" | "spare">;
let gateway: Gateway;

beforeAll(async () => {
  fleet = await Fleet.start({ code: { format: "anthropic_messages" }, prose: { format: "openai_chat" }, spare: { format: "openai_chat" } });
  const price = (usd: number) => ({ input_usd_per_mtok: usd, output_usd_per_mtok: usd });
  gateway = await startGateway({
    config: configOf({
      model_providers: fleet.entries(),
      model_aliases: { "the-dear-one": { target: modelOf("prose") } },
      routers: [
        {
          name: "code-only",
          policies: [{ task: PREFERENCES[0], models: [modelOf("code")] }].map(configured),
          fallback_models: [modelOf("spare")],
        },
      ],
      model_metrics_sources: [{ type: "cost", provider: "static", prices: { [modelOf("prose")]: price(10), [modelOf("code")]: price(1) } }],
    }),
  });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
});

function configured({ task, models }: { task: (typeof PREFERENCES)[0] | undefined; models: string[] }) {
  return { task: { name: task?.name, description: task?.description }, models };
}

/** Sends a request with further fields in its body. */
async function send(client: ClientFormat, model: string, prompt: string, more: object, path: string = client.path) {
  return exchange(gateway.url + path, { body: { ...client.request(model, prompt, false), ...more } });
}

const routeOf = ({ headers }: { headers: Record<string, unknown> }) => [
  headers["x-model-router-selected-route"],
  headers["x-model-router-attempts"],
];

describe.each(CLIENT_FORMATS.map((client) => ({ name: client.id, client })))("preferences in a request: $name", ({ client }) => {
  test("route it, and no provider sees them", async () => {
    const code = await send(client, modelOf("spare"), CODE_PROMPT, { routing_preferences: PREFERENCES });
    expect(readReply(client, code).complete, code.body).toBe(true);
    expect(routeOf(code)).toEqual(["programming", "code/model;status=200"]);
    const poem = await send(client, modelOf("spare"), POEM_PROMPT, { routing_preferences: PREFERENCES });
    expect(routeOf(poem)).toEqual(["poetry", "code/model;status=200"]);
    fleet.mock("code").queue({ kind: "status", status: 500 });
    expect(routeOf(await send(client, modelOf("spare"), CODE_PROMPT, { routing_preferences: PREFERENCES }))).toEqual([
      "programming",
      "code/model;status=500, prose/model;status=200",
    ]);
    for (const name of ["code", "prose"] as const) {
      const sent = fleet.mock(name).requests.at(-1)?.bodyText ?? "";
      expect(sent).toContain(CODE_PROMPT);
      expect(sent).not.toContain("routing_preferences");
    }
  });

  test("that fit no task, are none or are null leave the model that it names", async () => {
    const none = await send(client, modelOf("spare"), "What is the capital of France?", { routing_preferences: PREFERENCES });
    expect(routeOf(none)).toEqual(["none", "spare/model;status=200"]);
    expect(routeOf(await send(client, modelOf("spare"), CODE_PROMPT, { routing_preferences: [] }))).toEqual([
      "none",
      "spare/model;status=200",
    ]);
    const ignored = await send(client, modelOf("spare"), CODE_PROMPT, { routing_preferences: null });
    expect(ignored.headers["x-model-router-selected-model"]).toBe(modelOf("spare"));
    expect(fleet.mock("spare").requests.at(-1)?.bodyText).not.toContain("routing_preferences");
  });

  test("come before those of a router, whose fallback models stay", async () => {
    const poem = await send(client, "router:code-only", POEM_PROMPT, { routing_preferences: PREFERENCES });
    expect(routeOf(poem)).toEqual(["poetry", "code/model;status=200"]);
    const none = await send(client, "router:code-only", "What is the capital of France?", { routing_preferences: PREFERENCES });
    expect(routeOf(none)).toEqual(["none", "spare/model;status=200"]);
  });

  const one = (changes: object) => [{ ...PREFERENCES[0], ...changes }];
  // biome-ignore format: a case a line
  test.each<[string, unknown, string]>([
    ["no list", { name: "x" }, "routing_preferences: must be an array"],
    ["no name", one({ name: undefined }), "routing_preferences[0].name: missing; expected text"],
    ["a name of two lines", one({ name: "a\r\nset-cookie: b" }), "routing_preferences[0].name: is \"a\\r\\nset-cookie: b\"; expected text without line breaks"],
    ["no models", one({ models: [] }), "routing_preferences[0].models: is empty; expected at least one entry"],
    ["an unknown model", one({ models: ["code/modle"] }), 'routing_preferences[0].models[0]: "code/modle" is no model of this gateway; expected "code/model" (did you mean that?)'],
    ["a router for a model", one({ models: ["router:code-only"] }), 'routing_preferences[0].models[0]: "router:code-only" is no model of this gateway'],
    ["an unknown field", one({ prefer: "fastest" }), "routing_preferences[0].prefer: no such key"],
    ["an unknown preference", one({ selection_policy: { prefer: "best" } }), 'routing_preferences[0].selection_policy.prefer: is "best"; expected one of'],
    ["the same task twice", [...PREFERENCES, PREFERENCES[0]], 'routing_preferences[2].name: "programming" is here twice; expected each task once'],
    ["very many", Array.from({ length: 65 }, (_, index) => ({ ...PREFERENCES[0], name: `${index}` })), "routing_preferences: has 65 entries; expected at most 64"],
    ["very long", one({ description: "x".repeat(70_000) }), "routing_preferences: must not be longer than 65536 bytes"],
  ])("%s: 400 in the client's form, with the path", async (_, routing_preferences, message) => {
    const before = fleet.mock("spare").requests.length;
    const answer = await send(client, modelOf("spare"), CODE_PROMPT, { routing_preferences });
    expect(answer.status).toBe(400);
    const { error } = readReply(client, answer);
    expect(error?.type).toBe("invalid_request_error");
    expect(error?.message).toContain(message);
    expect(fleet.mock("spare").requests).toHaveLength(before);
  });

  test("decide alone below /routing: no provider is asked", async () => {
    const asked = () => [fleet.mock("code"), fleet.mock("prose"), fleet.mock("spare")].map(({ requests }) => requests.length);
    const before = asked();
    const decide = async (model: string, prompt: string, more: object = {}) => {
      const { status, body, headers } = await send(client, model, prompt, more, `/routing${client.path}`);
      expect([status, headers["content-type"]], body).toEqual([200, "application/json"]);
      return JSON.parse(body) as object;
    };
    const sure = expect.toSatisfy((value: unknown) => typeof value === "number" && value > 0 && value <= 1);
    const told = { trace_id: expect.stringMatching(/^[0-9a-f]{32}$/), pinned: false, switched: false };
    expect(await decide("router:code-only", CODE_PROMPT)).toEqual({
      models: ["code/model", "spare/model"],
      route: "programming",
      confidence: sure,
      ...told,
    });
    expect(await decide("router:code-only", "What is the capital of France?")).toEqual({
      models: ["spare/model"],
      route: null,
      confidence: sure,
      ...told,
    });
    expect(await decide(modelOf("prose"), POEM_PROMPT)).toEqual({ models: ["prose/model"], route: null, confidence: null, ...told });
    expect(await decide(modelOf("spare"), POEM_PROMPT, { routing_preferences: PREFERENCES })).toEqual({
      models: ["code/model", "prose/model", "spare/model"],
      route: "poetry",
      confidence: sure,
      ...told,
    });
    const unknown = await send(client, "nobody/model", CODE_PROMPT, {}, `/routing${client.path}`);
    expect([unknown.status, readReply(client, unknown).error?.message]).toEqual([404, expect.stringContaining("nobody/model")]);
    const wrong = await send(client, modelOf("spare"), CODE_PROMPT, { routing_preferences: one({ models: [] }) }, `/routing${client.path}`);
    expect([wrong.status, readReply(client, wrong).error?.message]).toEqual([
      400,
      expect.stringContaining("routing_preferences[0].models"),
    ]);
    expect((await exchange(`${gateway.url}/routing${client.path}`, { method: "GET" })).status).toBe(405);
    expect(asked()).toEqual(before);
  });
});

test("a decision is told in the client's own trace", async () => {
  const { body } = await exchange(`${gateway.url}/routing/v1/chat/completions`, {
    headers: { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
    body: openaiChat.request("router:code-only", CODE_PROMPT, true),
  });
  expect(JSON.parse(body)).toMatchObject({ trace_id: "4bf92f3577b34da6a3ce929d0e0e4736" });
});

test("a decision keeps to the conversation's model", async () => {
  const decide = async (prompt: string) => {
    const headers = { "x-model-affinity": "one-conversation" };
    const body = openaiChat.request(modelOf("spare"), prompt, true);
    const answer = await exchange(`${gateway.url}/routing/v1/chat/completions`, {
      headers,
      body: { ...body, routing_preferences: PREFERENCES },
    });
    return JSON.parse(answer.body) as { models: string[] };
  };
  expect(await decide(CODE_PROMPT)).toMatchObject({ models: ["code/model", "prose/model", "spare/model"], pinned: false });
  expect(await decide(POEM_PROMPT)).toMatchObject({ pinned: true, switched: false });
  expect((await decide(POEM_PROMPT)).models[0]).toBe("code/model");
});

test.each(["/routing/v1/embeddings", "/routing/v1/messages/count_tokens", "/routing", "/routing/v1/chat"])(
  "there is nothing at %s",
  async (path) => {
    expect((await exchange(gateway.url + path, { body: openaiChat.request(modelOf("spare"), CODE_PROMPT, false) })).status).toBe(404);
  },
);

test("what requests bring does not become a label of metrics", async () => {
  await send(openaiChat, modelOf("spare"), CODE_PROMPT, { routing_preferences: PREFERENCES });
  const { body } = await exchange(`http://127.0.0.1:${gateway.brightstaff.port}/metrics`, { method: "GET" });
  expect(body).toMatch(/brightstaff_decisions_total\{router="request",route="request",resolver="embedded"\} \d+/);
  expect(body).not.toMatch(/route="poetry"/);
});

test("without brightstaff the model that was named answers, and the decision is the fallback models", async () => {
  await gateway.brightstaff.kill();
  const answer = await send(openaiChat, modelOf("spare"), CODE_PROMPT, { routing_preferences: PREFERENCES });
  expect(routeOf(answer)).toEqual(["none", "spare/model;status=200"]);
  expect(fleet.mock("spare").requests.at(-1)?.bodyText).not.toContain("routing_preferences");
  const decided = await send(openaiChat, "router:code-only", CODE_PROMPT, {}, "/routing/v1/chat/completions");
  expect(JSON.parse(decided.body)).toMatchObject({ models: ["spare/model"], route: null });
});
