import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { waitUntil } from "../../../test/e2e/wait_until.ts";
import type { MetricsSourceConfig, RemoteMetricsSource } from "../config/gateway_config.ts";
import type { RankingData } from "../ranking/rank.ts";
import { EventHub } from "../traffic/event_hub.ts";
import type { GatewayEvent } from "../traffic/gateway_event.ts";
import type { MetricsSource, SourceKind, SourceListener } from "./source.ts";

/** What a source is to be found to know, by model. */
export type Known = {
  readonly [model: string]: number | { readonly input: number; readonly cachedInput: number | null; readonly output: number };
};

export type SourceCase = {
  readonly kind: SourceKind;
  /** Its config; the remote ones' is that of a server at `url`. */
  readonly config: (url: string) => MetricsSourceConfig;
  readonly known: Known;
  /** What comes of requests while it runs, where that is what it learns by. */
  readonly events?: readonly GatewayEvent[];
};

export type RemoteCase = Omit<SourceCase, "config"> & {
  readonly config: (url: string) => RemoteMetricsSource;
  /** The server's answers in the source's own format, as JSON, by path and query: what gives `known`. */
  readonly answers: Readonly<Record<string, unknown>>;
  /** Later answers, and what they give. */
  readonly changed: { readonly answers: Readonly<Record<string, unknown>>; readonly known: Known };
  /** A name in `known` that an alias gives to another model. */
  readonly aliased: string;
  /** Answers that parse as JSON and are not the source's, each with what is told of it. */
  readonly foreign: readonly (readonly [what: string, answer: unknown, reason: string])[];
};

type Event = { readonly kind: "refreshed" } | { readonly kind: "failed"; readonly reason: string; readonly age_ms: number | null };

function listenTo(events: Event[]): SourceListener {
  return {
    refreshed: () => events.push({ kind: "refreshed" }),
    failed: (_, reason, age_ms) => events.push({ kind: "failed", reason, age_ms }),
  };
}

function lookUp({ prices, latencies }: RankingData, known: Known): Known {
  const found: Record<string, Known[string]> = {};
  for (const model of Object.keys(known)) {
    const price = prices.get(model);
    const latency = latencies.get(model);
    if (price !== undefined)
      found[model] = { input: price.input_usd_per_mtok, cachedInput: price.cachedInput_usd_per_mtok, output: price.output_usd_per_mtok };
    else if (latency !== undefined) found[model] = latency;
  }
  return found;
}

const INTERVAL_MS = 20;

/** What every source is held to. Tests of one source's own are beside it. */
export function describeSource({ kind, config, known, events: requests = [] }: SourceCase, serve: () => string = () => ""): void {
  let source: MetricsSource;
  let events: Event[];
  let hub: EventHub;
  const start = () => {
    source.start();
    hub.publish({ events: requests, dropped: 0, unreadable: 0 });
  };
  beforeEach(() => {
    events = [];
    hub = new EventHub();
    source = kind.create(config(serve()), listenTo(events), hub);
  });
  afterEach(() => source.stop());

  test("says what it is", () => {
    expect([source.type, source.provider]).toEqual([kind.type, kind.provider]);
  });

  test("can be read before it has been started, while it starts and after it has stopped", async () => {
    const { data } = source;
    expect([data.prices, data.latencies]).toEqual([expect.any(Map), expect.any(Map)]);
    start();
    expect(source.data.prices).toBeInstanceOf(Map);
    await waitUntil("it has been refreshed", () => events.some((event) => event.kind === "refreshed"));
    source.stop();
    source.stop();
    expectKnown(source.data, known);
  });

  test("knows each model's values, and none that can't be reckoned with", async () => {
    start();
    await waitUntil("it has been refreshed", () => events.some((event) => event.kind === "refreshed"));
    expectKnown(source.data, known);
    expect(source.data.prices.has("nobody/nothing")).toBe(false);
    const numbers = [...source.data.latencies.values()];
    for (const price of source.data.prices.values())
      numbers.push(price.input_usd_per_mtok, price.output_usd_per_mtok, price.cachedInput_usd_per_mtok ?? 0);
    expect(numbers.every((number) => Number.isFinite(number) && number >= 0)).toBe(true);
    expect(kind.type === "cost" ? source.data.latencies.size : source.data.prices.size).toBe(0);
  });
}

function expectKnown(data: RankingData, known: Known): void {
  const found = lookUp(data, known);
  expect(Object.keys(found)).toEqual(Object.keys(known));
  for (const [model, value] of Object.entries(known)) {
    if (typeof value === "number") expect(found[model]).toBeCloseTo(value, 9);
    else
      expect(found[model]).toEqual({
        input: expect.closeTo(value.input, 9),
        cachedInput: value.cachedInput === null ? null : expect.closeTo(value.cachedInput, 9),
        output: expect.closeTo(value.output, 9),
      });
  }
}

/** What the sources that are read from elsewhere are held to besides, against a server on this machine. */
export function describeRemoteSource(remote: RemoteCase): void {
  let server: Server;
  let handle: (path: string, response: ServerResponse) => void;
  let requests: string[];
  let source: MetricsSource | undefined;
  let events: Event[];

  const answer = (answers: Readonly<Record<string, unknown>>) => (path: string, response: ServerResponse) => {
    const body = answers[path];
    response
      .writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" })
      .end(JSON.stringify(body ?? { message: path }));
  };
  const serverUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  beforeEach(async () => {
    requests = [];
    events = [];
    handle = answer(remote.answers);
    server = createServer((request, response) => {
      requests.push(request.url ?? "");
      handle(request.url ?? "", response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    source?.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function start(changes: Partial<RemoteMetricsSource> = {}): MetricsSource {
    source = remote.kind.create({ ...remote.config(serverUrl()), refresh_ms: INTERVAL_MS, ...changes }, listenTo(events), new EventHub());
    source.start();
    return source;
  }
  const told = (kind: Event["kind"], count = 1) =>
    waitUntil(`${kind} ${count} times`, () => events.filter((event) => event.kind === kind).length >= count);
  const failures = () => events.filter((event) => event.kind === "failed");

  describeSource(remote, serverUrl);

  test("asks for what it is documented to ask for", async () => {
    start({ refresh_ms: 60_000 });
    await told("refreshed");
    expect(requests).toEqual(Object.keys(remote.answers));
  });

  test("takes up changes", async () => {
    const started = start();
    await told("refreshed");
    handle = answer(remote.changed.answers);
    await told("refreshed", events.length + 2);
    expectKnown(started.data, remote.changed.known);
  });

  test("knows a model by its alias", async () => {
    const started = start({ aliases: new Map([[remote.aliased, "ours/renamed"]]) });
    await told("refreshed");
    expectKnown(started.data, { "ours/renamed": remote.known[remote.aliased] as Known[string] });
  });

  test("asks no more once it has stopped", async () => {
    start().stop();
    await sleep(3 * INTERVAL_MS);
    const count = requests.length;
    await sleep(3 * INTERVAL_MS);
    expect([requests.length, events]).toEqual([count, []]);
  });

  type Failing = [what: string, handle: (path: string, response: ServerResponse) => void, reason: string];
  const html: Failing[1] = (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>not here</html>");
  const foreign = remote.foreign.map(
    ([what, body, reason]): Failing => [what, (_, response) => response.end(JSON.stringify(body)), reason],
  );

  describe.each<Failing>([
    ["answers 503", (_, response) => response.writeHead(503).end('{"message": "come back later"}'), "status 503: come back later"],
    ["answers HTML", html, "the answer is no JSON"],
    [
      "breaks off",
      (_, response) => response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy()),
      "terminated",
    ],
    ["refuses to talk", (_, response) => response.destroy(), "fetch failed"],
    ["never answers", () => {}, "no answer within 300 ms"],
    ["never ends its answer", (_, response) => response.write("{"), "no answer within 300 ms"],
    ...foreign,
  ])("whose server %s", (_, failing, reason) => {
    test("has nothing to say at first, and tells why", async () => {
      handle = failing;
      const started = start({ timeout_ms: 300 });
      expect(started.data.prices.size + started.data.latencies.size).toBe(0);
      await told("failed");
      expect(failures()[0]).toEqual({ kind: "failed", reason: expect.stringContaining(reason), age_ms: null });
      expect(started.data.prices.size + started.data.latencies.size).toBe(0);
    });

    test("keeps the last values and their age, and takes up new ones later", async () => {
      const started = start({ timeout_ms: 300 });
      await told("refreshed");
      handle = failing;
      await told("failed", 2);
      expectKnown(started.data, remote.known);
      const [first, second] = failures().map((event) => (event as { age_ms: number }).age_ms) as [number, number];
      expect(first).toBeGreaterThanOrEqual(0);
      expect(second).toBeGreaterThan(first);
      handle = answer(remote.changed.answers);
      await told("refreshed", events.filter((event) => event.kind === "refreshed").length + 1);
      expectKnown(started.data, remote.changed.known);
    });
  });
}
