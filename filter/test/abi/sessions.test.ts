import { beforeAll, describe, expect, it } from "vitest";
import { config } from "./config.ts";
import { Gateway, type Request } from "./gateway.ts";
import type { Headers } from "./host.ts";
import { buildModule } from "./module.ts";

let wasm: string;

beforeAll(async () => {
  wasm = await buildModule();
});

const SESSIONS = { derived: true, pin_named: true, pin_loops: true, tenant_header: "x-tenant" };
const start = (sessions: object = {}): Gateway => new Gateway(wasm, { ...config(), sessions: { ...SESSIONS, ...sessions } });

const json = [["content-type", "application/json"]] as [string, string][];
const question = { role: "user", content: "What is the weather in Oslo?" };
const call = { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }] };
const loop = [question, call, { role: "tool", tool_call_id: "c1", content: "12 degrees" }];
const next = [...loop, { role: "assistant", content: "12 degrees." }, { role: "user", content: "Write a poem about it" }];
const PIN_MS = 60_000;

const decision = (models: string[], session: object = {}, route: string | null = "weather") => ({
  router: "any",
  route,
  models,
  resolve_ms: 1,
  rank_ms: 0,
  session: { state: "new", reason: "opening", pin_ms: PIN_MS, ...session },
});
const GPT = "openai/gpt-5.2";
const MINI = "openai/gpt-5-mini";

const ask = (gateway: Gateway, messages: object[], headers: Headers = [], model = "router:any"): Request =>
  gateway.chat({ model, messages }, headers);
const isAsked = (request: Request) => request.gateway.host.calls.length > 0;
const sessionOf = (request: Request) => JSON.parse(request.call.body).session;
const headerOf = (request: Request, name: string) => request.answer?.headers.find(([n]) => n === name)?.[1];

const chatCompletion = (model: string) =>
  JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model,
    choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
  });

/** Lets the next attempt answer, and the models that were asked by then. */
function answer(request: Request, statuses: number[] = [200]): string {
  for (const status of statuses) {
    const attempt = request.attempt();
    const result = attempt.respond({
      status,
      headers: json,
      chunks: [status === 200 ? chatCompletion("m") : '{"error":{"message":"no"}}'],
    });
    if (result !== "retried") attempt.end();
  }
  request.end();
  return headerOf(request, "x-model-router-attempts") ?? "";
}

describe("a question to brightstaff", () => {
  it("names the conversation by a hash, and says where the request stands in it", () => {
    const gateway = start();
    const opening = ask(gateway, [question]);
    const { key, said } = sessionOf(opening);
    expect(sessionOf(opening)).toEqual({
      key: expect.stringMatching(/^[0-9a-f]{32}$/),
      explicit: false,
      turn: "opening",
      said: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(opening.call.body).not.toContain("x-model");
    expect(sessionOf(ask(gateway, loop))).toEqual({ key, explicit: false, turn: "continuation", said });
    const spoken = sessionOf(ask(gateway, next));
    expect(spoken).toMatchObject({ key, explicit: false, turn: "user" });
    expect(spoken.said).not.toBe(said);
  });

  it("has another key for another client, tenant, router or model, and the same in every VM", () => {
    const [gateway, other] = [start(), start()];
    const keyOf = (headers: Headers, model = "router:any", of = gateway) => sessionOf(ask(of, [question], headers, model)).key;
    const keys = [
      keyOf([]),
      keyOf([["authorization", "Bearer one"]]),
      keyOf([["authorization", "Bearer two"]]),
      keyOf([["x-tenant", "a"]]),
      keyOf([["x-tenant", "b"]]),
      keyOf([["x-model-affinity", "a"]]),
      keyOf([["x-model-affinity", "b"]]),
      keyOf([
        ["x-model-affinity", "a"],
        ["x-tenant", "b"],
      ]),
      keyOf([], "router:all"),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keyOf([["x-api-key", "one"]], "router:any", other)).toBe(keys[1]);
    expect(keyOf([["x-other", "one"]])).toBe(keys[0]);
  });

  it.each<[what: string, sessions: object, headers: Headers]>([
    ["the config derives none", { derived: false }, []],
    ["the client wants none", {}, [["x-plano-cache", "off"]]],
  ])("names no conversation where %s, unless by its id", (_, sessions, headers) => {
    const gateway = start(sessions);
    expect(sessionOf(ask(gateway, [question], headers))).toBeUndefined();
    expect(sessionOf(ask(gateway, [question], [...headers, ["x-model-affinity", "mine"]]))).toMatchObject({ explicit: true });
  });

  it.each([
    ["15", 15],
    ["12.5", 12.5],
    ["0", 0],
    ["100", 100],
    ["101", undefined],
    ["-1", undefined],
    ["015", undefined],
    ["5%", undefined],
    ["", undefined],
    ['5,"x":1', undefined],
    ["9".repeat(40), undefined],
  ])("has the client's own limit for switches, %s, when it is one", (value, expected) => {
    const request = ask(start(), [question], [["x-plano-max-switch-spend-pct", value]]);
    expect(sessionOf(request).max_switch_spend_pct).toBe(expected);
  });

  it("says so to no provider", () => {
    const headers: Headers = [
      ["x-model-affinity", "mine"],
      ["x-plano-cache", "off"],
      ["x-plano-max-switch-spend-pct", "5"],
    ];
    const attempt = ask(start(), [question], headers)
      .decide(decision([GPT]))
      .attempt();
    expect(attempt.headers.map(([name]) => name).filter((name) => name.startsWith("x-model") || name.startsWith("x-plano"))).toEqual([]);
  });
});

describe("a decision that is kept", () => {
  it("serves a tool loop without a question, with the same route and models", () => {
    const gateway = start();
    expect(answer(ask(gateway, [question]).decide(decision([MINI, GPT])))).toBe(`${MINI};status=200`);
    const step = ask(gateway, loop);
    expect(isAsked(step)).toBe(false);
    expect(answer(step, [500, 200])).toBe(`${MINI};status=500, ${GPT};status=200`);
    expect(headerOf(step, "x-model-router-selected-route")).toBe("weather");
    expect(headerOf(step, "x-model-router-session")).toBe("pinned; reason=tool_loop");
  });

  it("is asked for again when the user speaks, when it is over, and where each step is to be routed", () => {
    const gateway = start();
    answer(ask(gateway, [question]).decide(decision([MINI])));
    const spoken = ask(gateway, next);
    expect(isAsked(spoken)).toBe(true);
    expect(answer(spoken.decide(decision([GPT], { state: "switched", reason: "new_route" })))).toBe(`${GPT};status=200`);
    expect(headerOf(spoken, "x-model-router-session")).toBe("switched; reason=new_route");
    const step = [...next, call, { role: "tool", tool_call_id: "c1", content: "13 degrees" }];
    expect(answer(ask(gateway, step))).toBe(`${GPT};status=200`);
    // A step of the loop before the user spoke, or of a conversation that began alike.
    const before = ask(gateway, loop);
    expect(isAsked(before)).toBe(true);
    answer(before.decide(decision([MINI])));
    gateway.host.now_ns += BigInt(PIN_MS) * 1_000_000n;
    expect(isAsked(ask(gateway, loop))).toBe(true);
    const routing = start({ pin_loops: false });
    answer(ask(routing, [question]).decide(decision([MINI])));
    expect(isAsked(ask(routing, loop))).toBe(true);
  });

  it("serves a conversation by its id, whatever it says, but not where a budget is to judge", () => {
    const mine: Headers = [["x-model-affinity", "mine"]];
    const gateway = start();
    answer(ask(gateway, [question], mine).decide(decision([MINI])));
    const other = ask(gateway, [{ role: "user", content: "Something else" }], mine);
    expect(answer(other)).toBe(`${MINI};status=200`);
    expect(headerOf(other, "x-model-router-session")).toBe("pinned; reason=affinity");
    expect(isAsked(ask(gateway, [question], [...mine, ["x-plano-max-switch-spend-pct", "5"]]))).toBe(true);
    const budgeted = start({ pin_named: false });
    answer(ask(budgeted, [question], mine).decide(decision([MINI])));
    expect(isAsked(ask(budgeted, next, mine))).toBe(true);
    budgeted.host.calls.length = 0;
    expect(answer(ask(budgeted, loop, mine))).toBe(`${MINI};status=200`);
  });

  it("is not another client's", () => {
    const gateway = start();
    answer(ask(gateway, [question], [["authorization", "Bearer one"]]).decide(decision([MINI])));
    expect(isAsked(ask(gateway, loop, [["authorization", "Bearer two"]]))).toBe(true);
  });

  it("is none when brightstaff does not say for how long", () => {
    const gateway = start();
    answer(ask(gateway, [question]).decide({ ...decision([MINI]), session: null }));
    expect(isAsked(ask(gateway, loop))).toBe(true);
  });

  it("goes with its configuration", () => {
    const gateway = start();
    answer(ask(gateway, [question]).decide(decision([MINI])));
    const { root } = gateway.host.createRoot(JSON.stringify({ ...config(), sessions: SESSIONS }));
    const renewed = Object.assign(Object.create(Gateway.prototype) as Gateway, gateway, { gatewayRoot: root });
    expect(isAsked(ask(renewed, loop))).toBe(true);
  });

  it("follows the model that answered in the place of one that failed, and brightstaff is told", () => {
    const gateway = start();
    expect(answer(ask(gateway, [question]).decide(decision([MINI, GPT])), [429, 200])).toBe(`${MINI};status=429, ${GPT};status=200`);
    expect(answer(ask(gateway, loop))).toBe(`${GPT};status=200`);
    const spoken = ask(gateway, next);
    expect(sessionOf(spoken)).toMatchObject({ turn: "user", answered: GPT });
    answer(spoken.decide(decision([GPT, MINI], { state: "pinned", reason: "same_route" })));
    expect(sessionOf(ask(gateway, next)).answered).toBeUndefined();
  });

  it("follows a fallback of the router's as well", () => {
    const gateway = start();
    answer(ask(gateway, [question]).decide(decision([MINI])), [429, 500, 200]);
    const step = ask(gateway, loop);
    expect(step.nextCluster).toBe("openai");
    expect(answer(step)).toBe(`${GPT};status=200`);
  });

  it("of no task is the fallback models", () => {
    const gateway = start();
    const first = ask(gateway, [question]).decide(decision([], {}, null));
    expect(first.nextCluster).toBe("anthropic");
    first.end();
    const step = ask(gateway, loop);
    expect(isAsked(step)).toBe(false);
    expect(step.nextCluster).toBe("anthropic");
  });

  it.each(["does not answer", "fails"])("stands in where brightstaff %s", (how) => {
    const gateway = start();
    answer(ask(gateway, [question]).decide(decision([MINI, GPT])));
    const spoken = ask(gateway, next);
    expect(answer(how === "fails" ? spoken.decide({}, 500) : spoken.decide())).toBe(`${MINI};status=200`);
    expect(headerOf(spoken, "x-model-router-session")).toBe("pinned; reason=no_decision");
    const alike = ask(gateway, [question]).decide();
    expect(alike.nextCluster).toBe("anthropic");
    alike.end();
    const unknown = ask(gateway, [{ role: "user", content: "Something else" }]).decide();
    expect(unknown.nextCluster).toBe("anthropic");
    unknown.attempt().respond({ status: 400, headers: json, chunks: ['{"error":{"message":"no"}}'] });
    expect(headerOf(unknown, "x-model-router-session")).toBe("none; reason=no_decision");
  });

  it("is not kept when it is too long, and others are", () => {
    const gateway = start();
    const long = Array.from({ length: 6 }, (_, i) => `custom/${String(i).repeat(100)}`);
    answer(ask(gateway, [question]).decide(decision(long)));
    expect(isAsked(ask(gateway, loop))).toBe(true);
    gateway.host.calls.length = 0;
    answer(ask(gateway, [question]).decide(decision([MINI])));
    expect(isAsked(ask(gateway, loop))).toBe(false);
  });
});

it("keeps as many decisions as there is room for, in the memory of the first", () => {
  const gateway = start();
  const named = (i: number): Headers => [["x-model-affinity", `conversation ${i}`]];
  const keep = (i: number) => answer(ask(gateway, [question], named(i)).decide(decision([MINI])));
  const isKept = (i: number) => {
    const request = ask(gateway, [question], named(i));
    const asked = isAsked(request);
    gateway.host.calls.length = 0;
    request.end();
    return !asked;
  };
  for (let i = 0; i < 500; i++) keep(i);
  const before = gateway.host.exports.memory.buffer.byteLength;
  for (let i = 500; i < 10_000; i++) keep(i);
  expect(gateway.host.exports.memory.buffer.byteLength).toBe(before);
  const kept = Array.from({ length: 10_000 }, (_, i) => isKept(i));
  expect(kept.filter(Boolean).length).toBeGreaterThan(1_900);
  expect(kept.filter(Boolean).length).toBeLessThanOrEqual(2_048);
  // The latest, but for rows that are overfull.
  expect(kept.slice(9_500).filter(Boolean).length).toBeGreaterThan(480);
});
