import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildApp } from "./app.ts";
import type { GatewayConfig, Router } from "./config/gateway_config.ts";
import type { Conversation, Resolution, Resolver, Route } from "./intent/resolver.ts";
import type { Deciding } from "./routes/decisions.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { EventHub } from "./traffic/event_hub.ts";

const router: Router = {
  name: "desk",
  description: "",
  preset: null,
  tasks: [
    { name: "code", description: "writing code", models: ["a/dear", "a/cheap"], prefer: "cheapest" },
    { name: "chat", description: "small talk", models: ["a/dear", "a/cheap"], prefer: "fastest" },
    { name: "mail", description: "writing mail", models: ["a/dear", "a/cheap"], prefer: "ranked" },
  ],
  fallback: ["a/cheap", "b/spare"],
};

const config = {
  routers: [router],
  variants: [],
  routeAll: null as Router | null,
  limits: { decision_ms: 100 },
};

const prices = new Map([
  ["a/dear", { input_usd_per_mtok: 5, cachedInput_usd_per_mtok: null, output_usd_per_mtok: 5 }],
  ["a/cheap", { input_usd_per_mtok: 1, cachedInput_usd_per_mtok: null, output_usd_per_mtok: 1 }],
]);

type Resolve = (conversation: Conversation, routes: readonly Route[], signal: AbortSignal) => Promise<Resolution>;
const answers =
  (route: string | null): Resolve =>
  async () => ({ route, confidence: 0.9, resolver: "test" });

let app: ReturnType<typeof buildApp>;
let cooling: ReadonlySet<string>;
let explorable: [route: string, models: readonly string[]][];
beforeEach(() => {
  explorable = [];
  cooling = new Set();
});
afterEach(() => app.close());

function start(resolve: Resolve | null, routeAll: Router | null = null): typeof app {
  const resolver: Resolver = {
    id: "test",
    ready: async () => {},
    resolve: resolve ?? answers(null),
    close: async () => {},
  };
  const sources = {
    data: { prices, latencies: new Map([["a/dear", 1]]) },
    explore: (route: string, models: readonly string[]) => {
      explorable.push([route, models]);
      return models[1] ?? null;
    },
  };
  const deciding =
    resolve === null
      ? null
      : ({
          config: { ...config, routeAll } as unknown as GatewayConfig,
          resolver,
          sources,
          cooldowns: { active: cooling },
        } satisfies Deciding);
  app = buildApp({ current: () => deciding, metrics: createMetrics(), events: new EventHub() });
  return app;
}

const REQUEST = { router: "desk", model: "router:desk", api: "openai_chat", messages: [{ role: "user", content: "hello" }] };
const ask = (payload: unknown) => app.inject({ method: "POST", url: "/v1/decisions", payload: payload as object });

describe("decisions", () => {
  test("are the route and its models, ranked as its task prefers", async () => {
    start(answers("code"));
    const response = await ask(REQUEST);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      router: "desk",
      route: "code",
      models: ["a/cheap", "a/dear"],
      resolver: "test",
      confidence: 0.9,
      resolve_ms: expect.any(Number),
      rank_ms: expect.any(Number),
    });
    start(answers("mail"));
    expect((await ask(REQUEST)).json()).toMatchObject({ models: ["a/dear", "a/cheap"] });
  });

  test.each([
    ["a model of the task", "mail", ["a/dear"], ["a/cheap", "b/spare", "a/dear"]],
    ["a fallback model", "mail", ["b/spare"], ["a/dear", "a/cheap", "b/spare"]],
    ["the first fallback model, and no task matches", null, ["a/cheap"], ["b/spare", "a/cheap"]],
    ["all models", "mail", ["a/dear", "a/cheap", "b/spare"], ["a/dear", "a/cheap", "b/spare"]],
    ["a model of another router", "mail", ["c/other"], ["a/dear", "a/cheap"]],
  ])("name those in cooldown last, behind the fallback models: %s", async (_, route, models, expected) => {
    cooling = new Set(models);
    start(answers(route));
    expect((await ask(REQUEST)).json()).toMatchObject({ route, models: expected });
  });

  test("explore where latencies count, and among models that are not in cooldown", async () => {
    start(answers("chat"));
    expect((await ask(REQUEST)).json()).toMatchObject({ models: ["a/cheap", "a/dear"] });
    expect(explorable).toEqual([["desk/chat", ["a/dear", "a/cheap"]]]);
    cooling = new Set(["a/cheap"]);
    start(answers("chat"));
    expect((await ask(REQUEST)).json()).toMatchObject({ models: ["a/dear", "b/spare", "a/cheap"] });
    start(answers("code"));
    await ask(REQUEST);
    expect(explorable.length).toBe(1);
  });

  test("have no models when no task matched", async () => {
    start(answers(null));
    expect((await ask(REQUEST)).json()).toMatchObject({ route: null, models: [] });
  });

  test("are made with the whole view and the router's tasks", async () => {
    let given: [Conversation, readonly Route[]] | undefined;
    start(async (conversation, routes) => {
      given = [conversation, routes];
      return { route: null, confidence: null, resolver: "test" };
    });
    const messages = [
      { role: "system", content: "be kind" },
      { role: "assistant", content: "", tool_calls: true },
      { role: "tool", content: "42" },
      { role: "user", content: "hello" },
    ];
    expect((await ask({ ...REQUEST, messages })).statusCode).toBe(200);
    expect(given?.[0]).toEqual(messages);
    expect(given?.[1].map(({ name, description }) => ({ name, description }))).toEqual([
      { name: "code", description: "writing code" },
      { name: "chat", description: "small talk" },
      { name: "mail", description: "writing mail" },
    ]);
  });

  test("without a router's name go by the routing preferences", async () => {
    start(answers("code"), { ...router, name: "" });
    expect((await ask({ ...REQUEST, router: null })).json()).toMatchObject({ router: null, route: "code" });
    start(answers("code"));
    expect((await ask({ ...REQUEST, router: null })).statusCode).toBe(404);
  });

  test("that take too long are given up", async () => {
    start((_conversation, _routes, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
    const response = await ask(REQUEST);
    expect([response.statusCode, response.json().error.type]).toEqual([504, "deadline"]);
  });

  test("of a resolver that fails are an error", async () => {
    start(async () => {
      throw new Error("broken");
    });
    const response = await ask(REQUEST);
    expect([response.statusCode, response.json()]).toEqual([500, { error: { message: "the resolver gave no answer", type: "resolver" } }]);
  });

  test.each<[what: string, payload: unknown, status: number, type: string]>([
    ["an unknown router", { ...REQUEST, router: "nope" }, 404, "unknown_router"],
    ["no router", { ...REQUEST, router: undefined }, 400, "invalid_request"],
    ["a router that is no text", { ...REQUEST, router: 5 }, 400, "invalid_request"],
    ["no messages", { ...REQUEST, messages: undefined }, 400, "invalid_request"],
    ["an empty conversation", { ...REQUEST, messages: [] }, 400, "invalid_request"],
    ["too many messages", { ...REQUEST, messages: Array(4097).fill({ role: "user", content: "" }) }, 400, "invalid_request"],
    ["an unknown role", { ...REQUEST, messages: [{ role: "developer", content: "x" }] }, 400, "invalid_request"],
    ["content that is no text", { ...REQUEST, messages: [{ role: "user", content: [] }] }, 400, "invalid_request"],
    ["an unknown key", { ...REQUEST, more: 1 }, 400, "invalid_request"],
    ["a body that is too large", { ...REQUEST, messages: [{ role: "user", content: "x".repeat(300_000) }] }, 413, "invalid_request"],
  ])("of %s are refused", async (_, payload, status, type) => {
    start(answers("code"));
    const response = await ask(payload);
    expect([response.statusCode, response.json().error.type]).toEqual([status, type]);
  });

  test("of a broken body are refused without repeating it", async () => {
    start(answers("code"));
    const response = await app.inject({
      method: "POST",
      url: "/v1/decisions",
      headers: { "content-type": "application/json" },
      body: '{"secret',
    });
    expect(response.statusCode).toBe(400);
    expect(response.body).not.toContain("secret");
  });
});

describe("before the first config is in use", () => {
  test("health is 503 and decisions are refused", async () => {
    start(null);
    expect((await app.inject("/healthz")).statusCode).toBe(503);
    expect((await ask(REQUEST)).statusCode).toBe(503);
  });
});

test("health is 200 when there is something to decide with", async () => {
  start(answers(null));
  expect((await app.inject("/healthz")).statusCode).toBe(200);
});

test("metrics count decisions by router and route, and errors by type", async () => {
  start(answers("code"));
  await ask(REQUEST);
  await ask({ ...REQUEST, router: "nope" });
  const { body, headers } = await app.inject("/metrics");
  expect(headers["content-type"]).toMatch(/^text\/plain/);
  expect(body).toContain('brightstaff_decisions_total{router="desk",route="code",resolver="test"} 1');
  expect(body).toContain('brightstaff_decision_duration_seconds_count{router="desk"} 1');
  expect(body).toContain('brightstaff_decision_errors_total{type="unknown_router"} 1');
});
