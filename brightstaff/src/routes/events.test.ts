import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildApp } from "../app.ts";
import type { GatewayConfig } from "../config/gateway_config.ts";
import { EventMetrics } from "../telemetry/event_metrics.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { Cooldowns } from "../traffic/cooldowns.ts";
import { EventHub } from "../traffic/event_hub.ts";
import type { EventBatch, GatewayEvent } from "../traffic/gateway_event.ts";
import { answered, failed } from "../traffic/test_events.ts";

const config = {
  providers: [{ passthroughAuth: false }],
  models: [
    { id: "acme/one", provider: 0 },
    { id: "acme/two", provider: 0 },
  ],
  wildcards: [{ prefix: "any/", provider: 0 }],
  routers: [{ name: "desk", tasks: [{ name: "code" }] }],
  variants: [],
  routeAll: { name: "", tasks: [{ name: "poetry" }] },
} as unknown as GatewayConfig;

let app: ReturnType<typeof buildApp>;
let batches: EventBatch[];
let metrics: Metrics;

beforeEach(() => {
  batches = [];
  metrics = createMetrics();
  const events = new EventHub();
  const cooldowns = new Cooldowns(() => config);
  events.subscribe((batch) => cooldowns.consume(batch));
  const eventMetrics = new EventMetrics(metrics.registry, () => config, cooldowns);
  events.subscribe((batch) => eventMetrics.consume(batch));
  events.subscribe((batch) => batches.push(batch));
  app = buildApp({ current: () => null, metrics, events });
});
afterEach(() => app.close());

const post = (payload: string, type = "application/x-ndjson") =>
  app.inject({ method: "POST", url: "/v1/events", headers: { "content-type": type }, payload });
const lines = (...values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");
const series = async () => (await metrics.registry.metrics()).split("\n").filter((line) => line.startsWith("gateway_"));

describe("POST /v1/events", () => {
  test("takes a batch, also before a config is in use", async () => {
    const events = [answered("acme/one", { firstToken_ms: 5 }), failed([{ model: "acme/two", status: 429, retry_after: "3" }])];
    const { statusCode } = await post(lines(...events, { dropped: 7 }));
    expect([statusCode, batches]).toEqual([204, [{ events, dropped: 7, unreadable: 0 }]]);
  });

  test.each([
    ["no JSON", '{"started_ms":'],
    ["no object", "[]"],
    ["nothing of what an event needs", "{}"],
    ["a status that is none", JSON.stringify({ ...answered("acme/one"), status: 1e9 })],
    ["tokens below zero", JSON.stringify({ ...answered("acme/one"), input_tokens: -1 })],
    ["an end of no kind", JSON.stringify({ ...answered("acme/one"), end: "else" })],
    ["an error of no kind", JSON.stringify(failed([{ model: "acme/one", error: "else" as "reset" }]))],
    ["a name that is too long", JSON.stringify(answered("m".repeat(2_000)))],
    ["drops that are no number", '{"dropped":"many"}'],
  ])("counts a line with %s and takes the others", async (_, line) => {
    const good = answered("acme/one");
    expect((await post(`${line}\n${lines(good)}`)).statusCode).toBe(204);
    expect(batches).toEqual([{ events: [good], dropped: 0, unreadable: 1 }]);
    expect(await series()).toContain('gateway_events_lost_total{reason="unreadable"} 1');
  });

  test("takes what a newer filter tells besides", async () => {
    const event = { ...answered("acme/one"), hue: "green" };
    await post(lines(event));
    expect(batches[0]?.events).toEqual([event]);
  });

  test("refuses what is no batch", async () => {
    expect((await post("{}", "application/json")).statusCode).toBe(415);
    expect((await post("x".repeat(1024 * 1024 + 1))).statusCode).toBe(413);
    expect(batches).toEqual([]);
  });
});

describe("metrics of requests", () => {
  const count = (...events: GatewayEvent[]) => post(lines(...events));

  test("count requests by router, route, model, status and end", async () => {
    const routed = { ...answered("acme/one"), router: "desk", route: "code" };
    await count(routed, routed, { ...answered("acme/two"), router: "routing_preferences", route: "poetry" }, { ...routed, end: "broken" });
    const found = await series();
    expect(found).toContain('gateway_requests_total{router="desk",route="code",model="acme/one",status="200",end="complete"} 2');
    expect(found).toContain('gateway_requests_total{router="desk",route="code",model="acme/one",status="200",end="broken"} 1');
    expect(found).toContain(
      'gateway_requests_total{router="routing_preferences",route="poetry",model="acme/two",status="200",end="complete"} 1',
    );
  });

  test("count tokens by kind, and the times of streams", async () => {
    await count({ ...answered("acme/one", { firstToken_ms: 240, outputTokens: 11, duration_ms: 340 }), cached_input_tokens: 12 });
    const found = await series();
    expect(found).toContain('gateway_tokens_total{model="acme/one",kind="input"} 20');
    expect(found).toContain('gateway_tokens_total{model="acme/one",kind="cached_input"} 12');
    expect(found).toContain('gateway_tokens_total{model="acme/one",kind="output"} 11');
    expect(found).toContain('gateway_time_to_first_token_seconds_sum{model="acme/one"} 0.24');
    expect(found).toContain('gateway_time_per_output_token_seconds_sum{model="acme/one"} 0.01');
    expect(found).toContain('gateway_request_duration_seconds_sum{model="acme/one"} 0.34');
  });

  test("count attempts by outcome, and events that were lost", async () => {
    await count(failed([{ model: "acme/one", status: 429 }, { model: "acme/two", error: "timeout" }, { model: "acme/two" }]));
    await post(lines({ dropped: 4 }));
    const found = await series();
    expect(found).toContain('gateway_attempts_total{model="acme/one",outcome="429"} 1');
    expect(found).toContain('gateway_attempts_total{model="acme/two",outcome="timeout"} 1');
    expect(found).toContain('gateway_attempts_total{model="acme/two",outcome="client_left"} 1');
    expect(found).toContain('gateway_events_lost_total{reason="dropped"} 4');
    expect(found.filter((line) => line.startsWith("gateway_models_in_cooldown"))).toEqual([
      'gateway_models_in_cooldown{model="acme/one"} 1',
    ]);
  });

  test("have no series for names that only a client has thought of", async () => {
    for (let i = 0; i < 20; i++) {
      await count({ ...answered(`any/${i}`), router: `r${i}`, route: `t${i}` }, answered(`gone/${i}`));
    }
    const names = (await series()).filter((line) => /^gateway_(requests|attempts)_total/.test(line));
    expect(names.toSorted()).toEqual([
      'gateway_attempts_total{model="any/*",outcome="200"} 20',
      'gateway_attempts_total{model="other",outcome="200"} 20',
      'gateway_requests_total{router="none",route="none",model="other",status="200",end="complete"} 20',
      'gateway_requests_total{router="other",route="other",model="any/*",status="200",end="complete"} 20',
    ]);
  });
});
