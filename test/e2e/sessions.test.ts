// A conversation on a real Envoy, turn by turn: which model answers, why, and whether brightstaff was asked.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { describeWithRedis, type Redis, startRedis } from "../redis/start_redis.ts";
import { exchange } from "./exchange.ts";
import { type ConfigParts, configOf, Fleet, modelOf } from "./fleet.ts";
import { type RoutingModel, startRoutingModel } from "./routing_model.ts";
import { waitUntil } from "./wait_until.ts";

const CODE = modelOf("code");
const PROSE = modelOf("prose");
const SPARE = modelOf("spare");

let routingModel: RoutingModel;
let fleet: Fleet<"code" | "prose" | "spare">;
let conversations = 0;

beforeAll(async () => {
  routingModel = await startRoutingModel();
  // By the words that were said last: the prompt ends with the conversation.
  routingModel.answer = (prompt) => {
    const [said] = prompt.match(/SUBJECT-\w+(?![\s\S]*SUBJECT-)/) ?? [];
    return JSON.stringify({ route: said === "SUBJECT-code" ? "programming" : said === "SUBJECT-verse" ? "poetry" : "other" });
  };
  fleet = await Fleet.start({ code: { format: "anthropic_messages" }, prose: { format: "openai_chat" }, spare: { format: "openai_chat" } });
});

afterAll(async () => {
  await fleet?.close();
  await routingModel?.close();
});

function configWith(more: Record<string, unknown> = {}): ConfigParts {
  const policies = [
    { task: { name: "programming", description: "Writing, explaining or repairing program code" }, models: [CODE, PROSE] },
    { task: { name: "poetry", description: "Writing poems, songs and rhymes" }, models: [PROSE] },
  ];
  return configOf({
    model_providers: [...fleet.entries(), { model: "plano/katanemo/Arch-Router-1.5B", base_url: `${routingModel.url}/v1` }],
    routers: [{ name: "assistant", policies, fallback_models: [SPARE] }],
    overrides: { llm_routing_model: "plano/katanemo/Arch-Router-1.5B" },
    limits: { decision_ms: 5_000 },
    ...more,
  }) as ConfigParts;
}

type Turn = { model: string; route: string; session: string; asked: number };
const TOOLS = [
  { type: "function", function: { name: "look_up", description: "Looks it up", parameters: { type: "object", properties: {} } } },
];

/** A conversation of its own: it grows with each turn. */
class Conversation {
  readonly #gateway: Gateway;
  readonly #headers: Record<string, string>;
  readonly #messages: object[] = [];

  constructor(gateway: Gateway, headers: Record<string, string> = {}) {
    this.#gateway = gateway;
    this.#headers = headers;
    this.#messages.push({ role: "system", content: `Conversation ${conversations++}` });
  }

  /** The same conversation by way of another gateway. */
  through(gateway: Gateway): Conversation {
    const other = new Conversation(gateway, this.#headers);
    other.#messages.splice(0, Infinity, ...this.#messages);
    return other;
  }

  async says(subject: string, headers: Record<string, string> = {}): Promise<Turn> {
    this.#messages.push({ role: "user", content: `Please help: SUBJECT-${subject}` });
    return this.#ask(headers);
  }

  /** The model's last answer was a call, whose result goes back. */
  async returnsResult(): Promise<Turn> {
    const id = `call_${this.#messages.length}`;
    const call = { id, type: "function", function: { name: "look_up", arguments: "{}" } };
    this.#messages.splice(
      -1,
      1,
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: id, content: "42" },
    );
    return this.#ask({});
  }

  async #ask(headers: Record<string, string>): Promise<Turn> {
    const before = await decisions(this.#gateway);
    const answer = await exchange(`${this.#gateway.url}/v1/chat/completions`, {
      headers: { ...this.#headers, ...headers },
      body: { model: "router:assistant", messages: this.#messages, tools: TOOLS },
    });
    expect(answer.status, answer.body).toBe(200);
    this.#messages.push((JSON.parse(answer.body) as { choices: { message: object }[] }).choices[0]?.message as object);
    return {
      model: String(answer.headers["x-model-router-selected-model"]),
      route: String(answer.headers["x-model-router-selected-route"]),
      session: String(answer.headers["x-model-router-session"]),
      asked: (await decisions(this.#gateway)) - before,
    };
  }
}

/** How many questions a gateway's brightstaff has answered; 0 when it is gone. */
async function decisions(gateway: Gateway): Promise<number> {
  const metrics = await exchange(`http://127.0.0.1:${gateway.brightstaff.port}/metrics`, { method: "GET" }).catch(() => null);
  const lines = metrics?.body.split("\n").filter((line) => line.startsWith("brightstaff_decisions_total{")) ?? [];
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

describe("a conversation", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({ config: configWith() });
  });
  afterAll(() => gateway?.close());

  test("stays on its model; a new topic moves it; thanks does not; steps of a tool loop cost no question", async () => {
    const talk = new Conversation(gateway);
    expect(await talk.says("code")).toEqual({ model: CODE, route: "programming", session: "new; reason=opening", asked: 1 });
    expect(await talk.returnsResult()).toEqual({ model: CODE, route: "programming", session: "pinned; reason=tool_loop", asked: 0 });
    expect(await talk.returnsResult()).toEqual({ model: CODE, route: "programming", session: "pinned; reason=tool_loop", asked: 0 });
    expect(await talk.says("code")).toEqual({ model: CODE, route: "programming", session: "pinned; reason=same_route", asked: 1 });
    expect(await talk.says("thanks")).toEqual({ model: CODE, route: "none", session: "pinned; reason=no_route", asked: 1 });
    expect(await talk.says("verse")).toEqual({ model: PROSE, route: "poetry", session: "switched; reason=new_route", asked: 1 });
    expect(await talk.returnsResult()).toEqual({ model: PROSE, route: "poetry", session: "pinned; reason=tool_loop", asked: 0 });
  });

  test("in Anthropic's format does so, too", async () => {
    const system = `Conversation ${conversations++}`;
    const opening = [{ role: "user", content: "Please help: SUBJECT-code" }];
    const use = { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "look_up", input: {} }] };
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "42" }] };
    const send = async (messages: object[]) =>
      (
        await exchange(`${gateway.url}/v1/messages`, {
          headers: { "x-api-key": "mine" },
          body: { model: "router:assistant", max_tokens: 50, system, messages },
        })
      ).headers["x-model-router-session"];
    expect(await send(opening)).toBe("new; reason=opening");
    const before = await decisions(gateway);
    expect(await send([...opening, use, result])).toBe("pinned; reason=tool_loop");
    expect(await decisions(gateway)).toBe(before);
  });

  test("by its id stays whatever it is about, and another id is another one", async () => {
    const talk = new Conversation(gateway, { "x-model-affinity": "mine" });
    expect(await talk.says("code")).toMatchObject({ model: CODE, session: "new; reason=opening", asked: 1 });
    expect(await talk.says("verse")).toEqual({ model: CODE, route: "programming", session: "pinned; reason=affinity", asked: 0 });
    const another = new Conversation(gateway, { "x-model-affinity": "yours" });
    expect(await another.says("verse")).toMatchObject({ model: PROSE, session: "new; reason=opening", asked: 1 });
    const stranger = new Conversation(gateway, { "x-model-affinity": "mine", authorization: "Bearer another" });
    expect(await stranger.says("verse")).toMatchObject({ model: PROSE, asked: 1 });
  });

  test("moves on with the model that answered when its own fails", async () => {
    const talk = new Conversation(gateway);
    await talk.says("code");
    fleet.mock("code").queue({ kind: "status", status: 529 });
    expect(await talk.returnsResult()).toMatchObject({ model: PROSE, session: "pinned; reason=tool_loop" });
    expect(await talk.returnsResult()).toMatchObject({ model: PROSE, asked: 0 });
    expect(await talk.says("code")).toMatchObject({ model: PROSE, session: "pinned; reason=same_route", asked: 1 });
  });

  test("without a session is routed as it comes", async () => {
    const talk = new Conversation(gateway, { "x-plano-cache": "off" });
    expect(await talk.says("code")).toMatchObject({ model: CODE, session: "undefined" });
    expect(await talk.returnsResult()).toMatchObject({ asked: 1, session: "undefined" });
  });
});

test("a conversation is forgotten when its time is over", async () => {
  const gateway = await startGateway({ config: configWith({ routing: { session_ttl_seconds: 1 } }) });
  try {
    const talk = new Conversation(gateway);
    await talk.says("code");
    await sleep(1_200);
    expect(await talk.returnsResult()).toMatchObject({ asked: 1, session: "new; reason=unknown" });
  } finally {
    await gateway.close();
  }
});

test("a conversation goes on where it is when brightstaff is gone, also past its tool loop", async () => {
  const gateway = await startGateway({ config: configWith() });
  try {
    const talk = new Conversation(gateway);
    await talk.says("verse");
    await gateway.brightstaff.kill();
    expect(await talk.returnsResult()).toEqual({ model: PROSE, route: "poetry", session: "pinned; reason=tool_loop", asked: 0 });
    expect(await talk.says("code")).toEqual({ model: PROSE, route: "poetry", session: "pinned; reason=no_decision", asked: 0 });
    expect(await new Conversation(gateway).says("verse")).toMatchObject({ model: SPARE, session: "none; reason=no_decision" });
  } finally {
    await gateway.close();
  }
});

test("under a routing budget a warm conversation is switched when that pays, and else says why not", async () => {
  const prices = {
    [CODE]: { input_usd_per_mtok: 3, cached_input_usd_per_mtok: 0.3, output_usd_per_mtok: 15 },
    [PROSE]: { input_usd_per_mtok: 1, cached_input_usd_per_mtok: 0.1, output_usd_per_mtok: 5 },
  };
  const model_metrics_sources = [{ type: "cost", provider: "static", prices }];
  const gateway = await startGateway({
    config: configWith({ model_metrics_sources, routing: { routing_budget: { max_switch_spend_pct: 20 } } }),
  });
  try {
    const talk = new Conversation(gateway, { "x-model-affinity": "budgeted" });
    await talk.says("code");
    // To read it all anew there costs 1 - 0.3, allowed are 20 % of 0.3.
    expect(await talk.says("verse")).toEqual({ model: CODE, route: "poetry", session: "pinned; reason=over_cap", asked: 1 });
    expect(await talk.returnsResult()).toMatchObject({ model: CODE, session: "pinned; reason=tool_loop", asked: 0 });
    for (let i = 0; i < 8; i++) await talk.says("code");
    expect(await talk.says("verse", { "x-plano-max-switch-spend-pct": "100" })).toMatchObject({
      model: PROSE,
      session: "switched; reason=within_cap",
    });
  } finally {
    await gateway.close();
  }
});

describeWithRedis("with Redis", () => {
  let redis: Redis;
  let one: Gateway;
  let other: Gateway;
  beforeAll(async () => {
    redis = await startRedis();
    const config = configWith({ routing: { session_cache: { type: "redis", url: "$SESSIONS_URL" } } });
    [one, other] = (await Promise.all([1, 2].map(() => startGateway({ config, env: { SESSIONS_URL: redis.url } })))) as [Gateway, Gateway];
  });
  afterAll(async () => {
    await one?.close();
    await other?.close();
    await redis?.close();
  });

  test("a conversation goes on at another gateway", async () => {
    // On a busy machine Redis may miss its deadline now and then.
    const goOnElsewhere = async () => {
      const talk = new Conversation(one);
      await talk.says("verse");
      return talk.through(other).returnsResult();
    };
    await expect
      .poll(goOnElsewhere, { timeout: 40_000 })
      .toEqual({ model: PROSE, route: "poetry", session: "pinned; reason=tool_loop", asked: 1 });
    const unknown = new Conversation(other);
    expect(await unknown.says("code")).toMatchObject({ session: "new; reason=opening" });
  });

  test("no request fails while Redis is gone, each gateway remembers by itself, and it is told", async () => {
    await redis.kill();
    const talk = new Conversation(one);
    expect(await talk.says("code")).toMatchObject({ model: CODE });
    expect(await talk.says("code")).toMatchObject({ model: CODE, session: "pinned; reason=same_route" });
    const { body } = await exchange(`http://127.0.0.1:${one.brightstaff.port}/metrics`, { method: "GET" });
    expect(body).toContain("brightstaff_session_store_up 0");
    expect(one.logs()).toContain("Redis can't be used");
    expect(one.logs()).not.toContain(redis.url);
    await redis.restart();
    await waitUntil("Redis is in use again", () => one.logs().split("Redis keeps the sessions").length > 2);
    const goOnElsewhere = async () => {
      const again = new Conversation(one);
      await again.says("verse");
      return again.through(other).returnsResult();
    };
    await expect.poll(goOnElsewhere, { timeout: 40_000 }).toMatchObject({ model: PROSE, session: "pinned; reason=tool_loop" });
  });
});
