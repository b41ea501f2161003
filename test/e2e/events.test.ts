// What the gateway itself tells of its requests, and what brightstaff makes of it: metrics, ranking by its own traffic, cooldowns.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BrightstaffProcess } from "../gateway/brightstaff_process.ts";
import { FILTER_FILE, type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { closedPort } from "../mock_providers/ports.ts";
import { anthropicMessages, ask, openaiChat, openaiResponses } from "./client_formats.ts";
import { crowdAgent, exchange, open, readAttempts } from "./exchange.ts";
import { configOf, Fleet, modelOf } from "./fleet.ts";
import { waitUntil } from "./wait_until.ts";
import { expectNoTrap } from "./wasm_health.ts";

const SECOND_MS = 1_000;
/** An event is sent within a second of its request's end. */
const FLUSHED_MS = 2_500;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const FIRST = modelOf("first");
const SECOND = modelOf("second");
const PROMPT = "Write a Python function that sorts a list of dictionaries by key";

let fleet: Fleet<"first" | "second" | "dead">;
let config: Record<string, unknown>;
let gateway: Gateway;
let brightstaff: BrightstaffProcess;

beforeAll(async () => {
  fleet = await Fleet.start({
    first: { format: "openai_chat" },
    second: { format: "anthropic_messages" },
    dead: { format: "openai_chat", url: `http://127.0.0.1:${await closedPort()}` },
  });
  const router = (name: string, models: string[], more: object = {}) => ({
    name,
    policies: [{ task: { name: "programming", description: "Writing, explaining or repairing program code" }, models, ...more }],
    fallback_models: models,
  });
  config = configOf({
    model_providers: [...fleet.entries(), { model: "any/*", base_url: fleet.mock("first").url, provider_interface: "openai" }],
    routers: [
      router("ordered", [FIRST, SECOND]),
      router("doomed", [modelOf("dead"), FIRST]),
      router("quick", [FIRST, SECOND], { selection_policy: { prefer: "fastest" } }),
    ],
    model_metrics_sources: [{ type: "latency", provider: "gateway_traffic", half_life: "2s", explore_every: 3 }],
  });
  // One worker, so that all events are in one VM's buffer.
  gateway = await startGateway({ config, concurrency: 1 });
  brightstaff = gateway.brightstaff;
});

afterAll(async () => {
  await brightstaff?.close();
  await gateway?.close();
  await fleet?.close();
});

/** All series of what came of requests, by name and labels. */
async function readCounts(): Promise<Map<string, number>> {
  const { body } = await exchange(`http://127.0.0.1:${brightstaff.port}/metrics`, { method: "GET" });
  const lines = body.split("\n").filter((line) => line.startsWith("gateway_"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

/** Requests that were told of, and events that were dropped. */
async function total(): Promise<{ told: number; dropped: number }> {
  const counts = await readCounts();
  let told = 0;
  for (const [name, count] of counts) if (name.startsWith("gateway_requests_total")) told += count;
  return { told, dropped: counts.get('gateway_events_lost_total{reason="dropped"}') ?? 0 };
}

const requests = (labels: { router?: string; route?: string; model: string; status: string; end: string }) =>
  `gateway_requests_total{router="${labels.router ?? "none"}",route="${labels.route ?? "none"}",model="${labels.model}",status="${labels.status}",end="${labels.end}"}`;

/** Runs a request and waits until each of the series has grown by one. */
async function expectCounted(run: () => Promise<unknown>, ...series: string[]): Promise<Map<string, number>> {
  const before = await readCounts();
  await run();
  return waitUntil(`one more in ${series.join(" and ")}`, async () => {
    const counts = await readCounts();
    return series.every((name) => (counts.get(name) ?? 0) === (before.get(name) ?? 0) + 1) ? counts : null;
  });
}

describe("every request is told of", () => {
  test.each([openaiChat, anthropicMessages, openaiResponses])(
    "answered whole or as a stream, with its tokens: $id client",
    async (client) => {
      for (const model of [FIRST, SECOND]) {
        for (const stream of [false, true]) {
          const before = await readCounts();
          const counts = await expectCounted(
            async () => expect((await ask(gateway.url, client, { model, stream })).status).toBe(200),
            requests({ model, status: "200", end: "complete" }),
            `gateway_attempts_total{model="${model}",outcome="200"}`,
            `gateway_request_duration_seconds_count{model="${model}"}`,
          );
          const grown = (name: string) => (counts.get(name) ?? 0) - (before.get(name) ?? 0);
          expect(grown(`gateway_time_to_first_token_seconds_count{model="${model}"}`)).toBe(stream ? 1 : 0);
          expect(grown(`gateway_tokens_total{model="${model}",kind="input"}`)).toBeGreaterThan(0);
          expect(grown(`gateway_tokens_total{model="${model}",kind="output"}`)).toBeGreaterThan(0);
        }
      }
    },
  );

  test("refused", async () => {
    await expectCounted(
      () => exchange(gateway.url + openaiChat.path, { body: "no JSON" }),
      requests({ model: "none", status: "400", end: "complete" }),
    );
    await expectCounted(
      () => ask(gateway.url, anthropicMessages, { model: "nobody/none", stream: false }),
      requests({ model: "none", status: "404", end: "complete" }),
    );
  });

  test("routed, with a failed attempt, and with none that was answered", async () => {
    fleet.mock("first").queue({ kind: "status", status: 500 });
    await expectCounted(
      () => ask(gateway.url, openaiChat, { model: "router:ordered", prompt: PROMPT, stream: false }),
      requests({ router: "ordered", route: "programming", model: SECOND, status: "200", end: "complete" }),
      `gateway_attempts_total{model="${FIRST}",outcome="500"}`,
    );
    await expectCounted(
      () => ask(gateway.url, openaiChat, { model: modelOf("dead"), stream: false }),
      requests({ model: "none", status: "503", end: "complete" }),
      `gateway_attempts_total{model="${modelOf("dead")}",outcome="connect-failure"}`,
    );
    fleet.mock("first").queue({ kind: "status", status: 429, headers: { "retry-after": "0" } });
    await expectCounted(
      () => ask(gateway.url, openaiChat, { model: FIRST, stream: true }),
      requests({ model: FIRST, status: "429", end: "complete" }),
    );
  });

  test("left by the client: in mid-stream, and before the first token", async () => {
    fleet.mock("first").queue({ kind: "huge", textBytes: 2_000_000, chunkIntervalMs: 20 });
    await expectCounted(
      async () => {
        const response = await open(gateway.url + openaiChat.path, { body: openaiChat.request(FIRST, "Hello", true) });
        await new Promise((resolve) => response.once("data", resolve));
        response.destroy();
      },
      requests({ model: FIRST, status: "200", end: "client_left" }),
    );
    fleet.mock("second").queue({ kind: "hang after headers" });
    await expectCounted(
      async () => {
        const waiting = fleet.mock("second").waitForRequests(fleet.mock("second").requests.length + 1);
        const abort = new AbortController();
        const body = JSON.stringify(openaiChat.request(SECOND, "Hello", true));
        const headers = { "content-type": "application/json" };
        const answer = fetch(gateway.url + openaiChat.path, { method: "POST", headers, body, signal: abort.signal }).catch(() => undefined);
        await waiting;
        abort.abort();
        await answer;
      },
      requests({ model: "none", status: "none", end: "client_left" }),
      `gateway_attempts_total{model="${SECOND}",outcome="client_left"}`,
    );
  });

  test.each([
    { kind: "cut", at: "after content" },
    { kind: "end early", at: "after content" },
    { kind: "error event", at: "after content" },
  ] as const)("broken off by the provider: $kind", async (behaviour) => {
    for (const name of ["first", "second"] as const) {
      fleet.mock(name).queue(behaviour);
      await expectCounted(
        () => ask(gateway.url, openaiChat, { model: modelOf(name), stream: true }),
        requests({ model: modelOf(name), status: "200", end: "broken" }),
      );
    }
  });
});

test("a change of the config loses no event, of neither the requests before it nor those meanwhile", async () => {
  const { told } = await total();
  const run = async (count: number) => {
    for (let i = 0; i < count; i++) expect((await ask(gateway.url, openaiChat, { model: FIRST, stream: true })).status).toBe(200);
  };
  await run(10);
  await Promise.all([run(20), gateway.reload({ ...config, limits: { reply_ms: 500_000 } })]);
  await run(10);
  await waitUntil("all are told", async () => (await total()).told >= told + 40);
  expect((await total()).dropped).toBe(0);
});

/** The model that a router's request was tried on first. */
async function firstTried(router: string): Promise<string | undefined> {
  const answer = await ask(gateway.url, openaiChat, { model: `router:${router}`, prompt: PROMPT, stream: true });
  expect(answer.status, answer.body).toBe(200);
  return readAttempts(answer.headers)[0]?.model;
}

/** Of the last requests to the router `quick`, how many went to each model first. */
async function share(of: string, count = 8): Promise<number> {
  let found = 0;
  for (let i = 0; i < count; i++) if ((await firstTried("quick")) === of) found++;
  return found / count;
}

const SLOW_MS = 250;
/** Long enough for the requests that are to be routed meanwhile. */
const RETRY_AFTER_MS = 10_000;

describe("ranking by what was told", () => {
  beforeEach(() => {
    for (const name of ["first", "second"] as const) fleet.mock(name).behave({ kind: "answer" });
  });

  test("`fastest` moves to the quicker model, and back when that has become the slower, without another source", async () => {
    fleet.mock("first").behave({ kind: "answer", delayMs: SLOW_MS });
    await waitUntil("most go to the second", async () => (await share(SECOND)) >= 0.6);
    fleet.mock("first").behave({ kind: "answer" });
    fleet.mock("second").behave({ kind: "answer", delayMs: SLOW_MS });
    await waitUntil("most go to the first", async () => (await share(FIRST)) >= 0.6);
  });

  test("a model that answers 429 is left alone for as long as it says, then comes back", async () => {
    await waitUntil("nothing is in cooldown", async () => (await firstTried("ordered")) === FIRST);
    fleet.mock("first").queue({ kind: "status", status: 429, headers: { "retry-after": String(RETRY_AFTER_MS / SECOND_MS) } });
    const limited_ms = Date.now();
    const answer = await ask(gateway.url, openaiChat, { model: "router:ordered", prompt: PROMPT, stream: false });
    expect(readAttempts(answer.headers).map(({ outcome }) => outcome)).toEqual(["status=429", "status=200"]);
    await waitUntil("it is left alone", async () => (await firstTried("ordered")) === SECOND);
    const asked = fleet.mock("first").requests.length;
    for (let i = 0; i < 5; i++) expect(await firstTried("ordered")).toBe(SECOND);
    expect(fleet.mock("first").requests.length).toBe(asked);
    expect(Date.now() - limited_ms).toBeLessThan(RETRY_AFTER_MS);
    await waitUntil("the first is back", async () => (await firstTried("ordered")) === FIRST);
    expect(Date.now() - limited_ms).toBeGreaterThanOrEqual(RETRY_AFTER_MS - 50);
  });

  test("a model that keeps failing is left alone, too", async () => {
    await waitUntil("it sinks", async () => (await firstTried("doomed")) === FIRST);
    expect(await firstTried("doomed")).toBe(FIRST);
  });
});

describe("while brightstaff is down", () => {
  async function downDuring(run: () => Promise<void>): Promise<void> {
    await sleep(FLUSHED_MS); // what came before is told
    const { port } = brightstaff;
    await brightstaff.kill();
    await run();
    const { stateDir, configPath } = gateway;
    const cwd = stateDir.replace(/\/envoy\/run$/, "");
    brightstaff = await BrightstaffProcess.start({
      cwd,
      configPath,
      stateDir,
      filterFile: FILTER_FILE,
      args: ["--listen", `127.0.0.1:${port}`],
    });
  }

  test("events are kept, and told when it is back", async () => {
    await downDuring(async () => {
      for (let i = 0; i < 20; i++) await ask(gateway.url, openaiChat, { model: FIRST, stream: false });
      await sleep(FLUSHED_MS); // a first try to send them has failed
      for (let i = 0; i < 10; i++) await ask(gateway.url, openaiChat, { model: FIRST, stream: true });
    });
    await waitUntil("all are told", async () => (await total()).told === 30);
    expect((await total()).dropped).toBe(0);
  });

  test("what is more than can be kept is counted", async () => {
    const count = 900;
    const agent = crowdAgent(20);
    const model = `any/${"long".repeat(120)}`;
    await downDuring(async () => {
      await Promise.all(Array.from({ length: count }, () => ask(gateway.url, openaiChat, { model, stream: false }, { agent })));
    });
    agent.destroy();
    await waitUntil("all are told or counted as dropped", async () => {
      const { told, dropped } = await total();
      return told + dropped === count;
    });
    const { told, dropped } = await total();
    expect(dropped).toBeGreaterThan(0);
    expect(told).toBeGreaterThan(100);
    await expectNoTrap(gateway);
  });
});
