import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../../../test/e2e/wait_until.ts";
import type { MetricsSourceConfig, RemoteMetricsSource, StaticPrices } from "../config/gateway_config.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { EventHub } from "../traffic/event_hub.ts";
import { answered } from "../traffic/test_events.ts";
import { MetricsSources } from "./index.ts";

let server: Server;
let latency: string | null;
let requests: number;
let metrics: Metrics;
let log: Record<string, unknown>[];
let sources: MetricsSources;
let events: EventHub;

beforeEach(async () => {
  latency = "0.5";
  requests = 0;
  server = createServer((_, response) => {
    requests += 1;
    if (latency === null) return response.writeHead(400).end('{"status": "error", "errorType": "bad_data", "error": "parse error"}');
    const result = [{ metric: { model_name: "a/one" }, value: [0, latency] }];
    return response.end(JSON.stringify({ status: "success", data: { resultType: "vector", result } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  metrics = createMetrics();
  log = [];
  events = new EventHub();
  sources = new MetricsSources({ events, metrics, logger: pino({ base: null }, { write: (line) => log.push(JSON.parse(line)) }) });
});

afterEach(async () => {
  sources.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const table = (input: number): StaticPrices => ({
  type: "cost",
  provider: "static",
  prices: new Map([["a/one", { input_usd_per_mtok: input, cachedInput_usd_per_mtok: null, output_usd_per_mtok: 1 }]]),
});
const prometheus = (refresh_ms = 60_000): RemoteMetricsSource => ({
  type: "latency",
  provider: "prometheus",
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  query: "ttft",
  refresh_ms,
  timeout_ms: 5_000,
  aliases: new Map(),
});
const known = () => sources.data.latencies.get("a/one");
const readMetrics = async () =>
  (await metrics.registry.metrics()).split("\n").filter((line) => line.startsWith("brightstaff_metrics_source"));

test("a source of each type gives its part", async () => {
  expect([sources.data.prices.size, sources.data.latencies.size]).toEqual([0, 0]);
  sources.use([prometheus(), table(1)], ["a/one", "a/two"]);
  expect(sources.data.prices.get("a/one")).toMatchObject({ input_usd_per_mtok: 1 });
  await waitUntil("the latency is known", () => known() === 0.5);
  expect(sources.data.prices.size).toBe(1);
});

test("a source that a new config leaves as it is keeps what it knows and is not asked again", async () => {
  sources.use([prometheus(), table(1)], ["a/one"]);
  await waitUntil("the latency is known", () => known() === 0.5);
  sources.use([table(2), prometheus()], ["a/one"]);
  expect(known()).toBe(0.5);
  expect(sources.data.prices.get("a/one")).toMatchObject({ input_usd_per_mtok: 2 });
  expect(requests).toBe(1);
});

test("a source that a new config leaves out is stopped and forgotten", async () => {
  sources.use([prometheus(5)], ["a/one"]);
  await waitUntil("it has been asked", () => known() === 0.5);
  sources.use([table(1)], ["a/one"]);
  expect(known()).toBeUndefined();
  await waitUntil("what was under way is over", async () => {
    const before = requests;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return requests === before;
  });
  expect((await readMetrics()).join("\n")).not.toContain('brightstaff_metrics_source_models{type="latency"');
});

test("a source that a new config changes begins anew, and so does its age", async () => {
  sources.use([prometheus()], ["a/one"]);
  await waitUntil("the latency is known", () => known() === 0.5);
  expect((await readMetrics()).join("\n")).toContain("_refreshed_timestamp_seconds{");
  latency = null;
  sources.use([{ ...prometheus(), query: "another" }], ["a/one"]);
  expect(known()).toBeUndefined();
  const lines = (await readMetrics()).join("\n");
  expect(lines).not.toContain("_refreshed_timestamp_seconds{");
  expect(lines).toContain('_models{type="latency",provider="prometheus"} 0');
});

test("how a source fares is counted and logged", async () => {
  const configs: MetricsSourceConfig[] = [prometheus(20)];
  sources.use(configs, ["a/one", "a/two"]);
  await waitUntil("the latency is known", () => known() === 0.5);
  expect(log.at(-1)).toMatchObject({ level: 30, source: { type: "latency", provider: "prometheus" }, models: 1, models_configured: 2 });
  latency = null;
  await waitUntil("it has failed", () => log.some(({ level }) => level === 40));
  const warning = log.find(({ level }) => level === 40);
  expect(warning).toMatchObject({ source: { provider: "prometheus" }, reason: "status 400: parse error", age_ms: expect.any(Number) });
  expect(known()).toBe(0.5);
  const lines = (await readMetrics()).join("\n");
  expect(lines).toMatch(/_refreshes_total\{type="latency",provider="prometheus",result="ok"\} \d/);
  expect(lines).toMatch(/_refreshes_total\{type="latency",provider="prometheus",result="failed"\} \d/);
  expect(lines).toMatch(/_models\{type="latency",provider="prometheus"\} 1/);
  const [, refreshedAt_s] = /_refreshed_timestamp_seconds\{type="latency",provider="prometheus"\} ([\d.]+)/.exec(lines) ?? [];
  expect(Date.now() / 1000 - Number(refreshedAt_s)).toBeLessThan(60);
});

test("the gateway's own traffic is a source, counted but not logged with every batch, and the only one that explores", () => {
  sources.use([prometheus()], ["a/one", "a/two"]);
  expect(sources.explore("r", ["a/one", "a/two"])).toBeNull();
  sources.use([{ type: "latency", provider: "gateway_traffic", halfLife_ms: 60_000, exploreEvery_decisions: 2 }], ["a/one", "a/two"]);
  events.publish({ events: [answered("a/one", { firstToken_ms: 300 })], dropped: 0, unreadable: 0 });
  expect(known()).toBeGreaterThan(0.3);
  expect(log.filter(({ source }) => (source as { provider: string }).provider === "gateway_traffic")).toEqual([]);
  expect([1, 2, 3, 4].map(() => sources.explore("r", ["a/one", "a/two"]))).toEqual([null, "a/two", null, null]);
  sources.use([prometheus()], ["a/one"]);
  events.publish({ events: [answered("a/one", { firstToken_ms: 900 })], dropped: 0, unreadable: 0 });
  expect(known()).toBeUndefined();
});
