import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildApp } from "./app.ts";
import type { GatewayConfig, Router, SessionSettings } from "./config/gateway_config.ts";
import type { Deciding } from "./decisions/decide.ts";
import { ResolutionCache } from "./decisions/resolution_cache.ts";
import type { Conversation, Resolution, Resolver, Route } from "./intent/resolver.ts";
import { Sessions } from "./sessions/index.ts";
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

const SETTINGS: SessionSettings = {
  derived: true,
  ttl_ms: 600_000,
  entriesMax: 100,
  warm_ms: 300_000,
  store: { type: "memory" },
  tenantHeader: null,
  routeOnUserOnly: true,
  budget: null,
};

let app: ReturnType<typeof buildApp>;
let cooling: ReadonlySet<string>;
let explorable: [route: string, models: readonly string[]][];
beforeEach(() => {
  explorable = [];
  cooling = new Set();
});
afterEach(() => app.close());

function start(resolve: Resolve | null, routeAll: Router | null = null, isRepeatable = true): typeof app {
  const resolver: Resolver = {
    id: "test",
    isRepeatable,
    ready: async () => {},
    resolve: resolve ?? answers(null),
    prepare: async () => {},
    close: async () => {},
  };
  const sources = {
    data: { prices, latencies: new Map([["a/dear", 1]]) },
    explore: (route: string, models: readonly string[]) => {
      explorable.push([route, models]);
      return models[1] ?? null;
    },
  };
  const metrics = createMetrics();
  const deciding: Deciding = {
    config: { ...config, routeAll } as unknown as GatewayConfig,
    resolver,
    sources,
    cooldowns: {
      get active() {
        return cooling;
      },
    },
    sessions: new Sessions(SETTINGS, { metrics, logger: pino({ level: "silent" }) }),
    resolutions: new ResolutionCache(),
  };
  app = buildApp({ current: () => (resolve === null ? null : deciding), metrics, events: new EventHub() });
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
      session: null,
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
    ["a session without a turn", { ...REQUEST, session: { key: "0".repeat(32), explicit: true } }, 400, "invalid_request"],
    [
      "a session by a key that was not hashed",
      { ...REQUEST, session: { key: "me", explicit: true, turn: "user", said: "0".repeat(16) } },
      400,
      "invalid_request",
    ],
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

describe("decisions for a conversation", () => {
  const session = { key: "0123456789abcdef0123456789abcdef", explicit: false, turn: "opening", said: "0123456789abcdef" };
  let asked = 0;
  /** Routes by what the last message says. */
  const bySubject: Resolve = async (conversation) => {
    asked++;
    const { content } = conversation.at(-1) as { content: string };
    const route = content.startsWith("thanks") ? null : content.startsWith("mail") ? "mail" : "code";
    return { route, confidence: 0.9, resolver: "test" };
  };
  const turn = async (content: string, more: object = {}, request: object = {}) => {
    const messages = [{ role: "user", content }];
    return (await ask({ ...REQUEST, messages, session: { ...session, turn: "user", ...more }, ...request })).json();
  };

  test("keep it on its model: a tool loop unasked, the same task, thanks; another task moves it", async () => {
    start(bySubject);
    asked = 0;
    expect(await turn("code", { turn: "opening" })).toMatchObject({
      models: ["a/cheap", "a/dear"],
      session: { state: "new", reason: "opening", pin_ms: 300_000 },
    });
    expect(asked).toBe(1);
    expect(await turn("42", { turn: "continuation" })).toMatchObject({
      route: "code",
      models: ["a/cheap", "a/dear"],
      resolver: "session",
      session: { state: "pinned", reason: "tool_loop" },
    });
    expect(asked).toBe(1);
    expect(await turn("code again")).toMatchObject({ route: "code", session: { state: "pinned", reason: "same_route" } });
    expect(await turn("thanks")).toMatchObject({
      route: null,
      models: ["a/cheap", "a/dear"],
      session: { state: "pinned", reason: "no_route" },
    });
    expect(await turn("mail")).toMatchObject({
      route: "mail",
      models: ["a/dear", "a/cheap"],
      session: { state: "switched", reason: "new_route" },
    });
    expect(await turn("42", { turn: "continuation" })).toMatchObject({ route: "mail", models: ["a/dear", "a/cheap"] });
  });

  test("by id are made once, and go with the id and not with what is said", async () => {
    start(bySubject);
    await turn("code", { explicit: true });
    expect(await turn("mail", { explicit: true })).toMatchObject({
      models: ["a/cheap", "a/dear"],
      session: { state: "pinned", reason: "affinity" },
    });
    const other = { explicit: true, key: "f".repeat(32) };
    expect(await turn("mail", other)).toMatchObject({ models: ["a/dear", "a/cheap"], session: { state: "new", reason: "unknown" } });
  });

  test("follow the model that answered in the place of one that failed", async () => {
    start(bySubject);
    await turn("code");
    expect(await turn("42", { turn: "continuation", answered: "a/dear" })).toMatchObject({ models: ["a/dear", "a/cheap"] });
    expect(await turn("code again")).toMatchObject({ models: ["a/dear", "a/cheap"], session: { reason: "same_route" } });
    expect(await turn("42", { turn: "continuation", answered: "a/gone" })).toMatchObject({ models: ["a/dear", "a/cheap"] });
  });

  test("leave a model alone that asks for it, and stay where that led to", async () => {
    start(bySubject);
    await turn("code");
    cooling = new Set(["a/cheap"]);
    expect(await turn("42", { turn: "continuation" })).toMatchObject({
      models: ["a/dear", "b/spare", "a/cheap"],
      session: { state: "switched", reason: "cooldown" },
    });
    cooling = new Set();
    expect(await turn("42", { turn: "continuation" })).toMatchObject({ models: ["a/dear", "a/cheap"], session: { reason: "tool_loop" } });
    cooling = new Set(["a/cheap", "a/dear", "b/spare"]);
    expect(await turn("42", { turn: "continuation" })).toMatchObject({
      models: ["a/dear", "a/cheap", "b/spare"],
      session: { reason: "tool_loop" },
    });
  });

  test("of a step whose beginning is not known are made by what it says", async () => {
    start(bySubject);
    expect(await turn("mail", { turn: "continuation" })).toMatchObject({ route: "mail", session: { state: "new", reason: "unknown" } });
  });

  test("of a step of another loop than was decided on are made anew", async () => {
    start(bySubject);
    await turn("code");
    expect(await turn("mail", { turn: "continuation", said: "f".repeat(16) })).toMatchObject({
      route: "mail",
      session: { state: "switched", reason: "new_route" },
    });
  });

  test("that begins like another one are its own", async () => {
    start(bySubject);
    await turn("code", { turn: "opening" });
    expect(await turn("mail", { turn: "opening" })).toMatchObject({ route: "mail", session: { state: "new", reason: "opening" } });
  });
});

describe("the same question", () => {
  let asked = 0;
  const count: Resolve = async () => {
    asked++;
    return { route: "code", confidence: 0.9, resolver: "test" };
  };

  test("is asked once of a resolver that would say the same again", async () => {
    asked = 0;
    start(count);
    for (let i = 0; i < 3; i++) expect((await ask(REQUEST)).json()).toMatchObject({ route: "code", resolver: "test" });
    expect(asked).toBe(1);
    await ask({ ...REQUEST, messages: [...REQUEST.messages, { role: "assistant", content: "hi" }] });
    await ask({ ...REQUEST, messages: [{ role: "assistant", content: "hello" }] });
    expect(asked).toBe(3);
    const { body } = await app.inject("/metrics");
    expect(body).toContain('brightstaff_resolution_cache_total{result="hit"} 2');
  });

  test("is asked each time of one that may not", async () => {
    asked = 0;
    start(count, null, false);
    for (let i = 0; i < 3; i++) await ask(REQUEST);
    expect(asked).toBe(3);
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
