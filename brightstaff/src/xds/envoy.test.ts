// The rendered files on a real Envoy, without the filter: routes, clusters, TLS, limits and reloading.

import { once } from "node:events";
import fs from "node:fs/promises";
import http from "node:http";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "../../../test/e2e/wait_until.ts";
import { createTestAuthority, type TestAuthority } from "../../../test/mock_providers/certificates.ts";
import { closedPort } from "../../../test/mock_providers/ports.ts";
import { startUnfilteredEnvoy, type UnfilteredEnvoy } from "./unfiltered_envoy.ts";

type Seen = { readonly who: string; readonly key: string | undefined; readonly bytes: number; readonly version: string };
type Behaviour = number | "hang" | "stream";

/** What upstreams have seen, in order. */
const seen: Seen[] = [];
const closers: (() => Promise<void> | void)[] = [];
let authority: TestAuthority;
let directory: string;
let envoy: UnfilteredEnvoy;
const ports: Record<string, number> = {};

async function handle(who: string, behaviour: Behaviour, req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
  let bytes = 0;
  for await (const chunk of req) bytes += (chunk as Buffer).length;
  seen.push({ who, key: req.headers.authorization ?? (req.headers["x-api-key"] as string | undefined), bytes, version: req.httpVersion });
  if (behaviour === "hang") return;
  if (behaviour !== "stream") {
    res.statusCode = behaviour;
    res.end(who);
    return;
  }
  for (let event = 0; event < STREAM_EVENTS; event++) {
    res.write(`data: ${event}\n\n`);
    await sleep(STREAM_EVENT_MS);
  }
  res.end();
}

/** The deadlines of an attempt, streamed and whole. */
const FIRST_TOKEN_MS = 200;
const REPLY_MS = 5000;

const STREAM_EVENTS = 60;
const STREAM_EVENT_MS = 50;

async function upstream(who: string, behaviour: Behaviour, tls?: { cert: string; key: string }): Promise<void> {
  const listener = (req: unknown, res: unknown) => {
    // A request that Envoy ends half-way is what some tests are about.
    handle(who, behaviour, req as http.IncomingMessage, res as http.ServerResponse).catch(() => undefined);
  };
  const server = tls === undefined ? http.createServer(listener) : http2.createSecureServer({ ...tls, allowHTTP1: true }, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ports[who] = (server.address() as AddressInfo).port;
  closers.push(() => {
    if (server instanceof http.Server) server.closeAllConnections();
    server.close();
  });
}

function configText(more = "", keys = { ok: "ok-key" }): string {
  const provider = (name: string, url: string, rest = "") =>
    `  - {model: ${name}/m, provider_interface: openai, base_url: "${url}"${rest}}`;
  return [
    "version: v0.4.0",
    "listeners: [{type: model, name: main, port: 0}]",
    "overrides: {upstream_tls_ca_path: ca.pem}",
    `limits: {first_token_ms: ${FIRST_TOKEN_MS}, reply_ms: ${REPLY_MS}}`,
    "model_providers:",
    provider("ok", `http://127.0.0.1:${ports.ok}/v1`, `, access_key: ${keys.ok}`),
    provider("keyless", `http://localhost:${ports.ok}/v1`),
    ...["s400", "s401", "s429", "s500", "hang", "stream"].map((name) => provider(name, `http://127.0.0.1:${ports[name]}/v1`)),
    provider("refused", `http://127.0.0.1:${ports.refused}/v1`),
    provider("unknown_host", "http://no-such-host.invalid/v1"),
    provider("tls", `https://localhost:${ports.tls}/v1`),
    provider("tls_by_ip", `https://127.0.0.1:${ports.tls_by_ip}/v1`),
    provider("tls_other_host", `https://localhost:${ports.tls_other_host}/v1`),
    provider("tls_other_ca", `https://localhost:${ports.tls_other_ca}/v1`),
    more,
  ].join("\n");
}

beforeAll(async () => {
  authority = await createTestAuthority();
  directory = await fs.mkdtemp(path.join(tmpdir(), "xds-ca-"));
  closers.push(() => fs.rm(directory, { recursive: true }));
  await upstream("ok", 200);
  for (const status of [400, 401, 429, 500]) await upstream(`s${status}`, status);
  await upstream("hang", "hang");
  await upstream("stream", "stream");
  await upstream("tls", 200, await authority.issue("localhost"));
  await upstream("tls_by_ip", 200, await authority.issue("127.0.0.1"));
  await upstream("tls_other_host", 200, await authority.issue("example.test"));
  await upstream("tls_other_ca", 200, await (await createTestAuthority()).issue("localhost"));
  ports.refused = await closedPort();
  envoy = await startUnfilteredEnvoy({
    config: configText(),
    files: { "ca.pem": authority.ca },
    brightstaffPort: ports.ok as number,
    removedClustersKept_ms: 300,
  });
  closers.push(() => envoy.close());
});

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

type Ask = { readonly headers?: Record<string, string>; readonly body?: string | Buffer; readonly mode?: "stream" | "whole" };

function candidateHeaders(candidates: readonly string[], { headers = {}, mode = "whole" }: Ask): Record<string, string> {
  return {
    "x-mode": mode === "stream" ? "s" : "w",
    "x-max-retries": String(candidates.length - 1),
    ...Object.fromEntries(candidates.map((name, index) => [`x-candidate-${index + 1}`, name])),
    ...headers,
  };
}

async function ask(candidates: readonly string[], options: Ask = {}): Promise<Response> {
  seen.length = 0;
  return fetch(`${envoy.url}/v1/chat/completions`, {
    method: "POST",
    body: options.body ?? "hello",
    headers: candidateHeaders(candidates, options),
  });
}

async function answered(candidates: readonly string[], options: Ask = {}): Promise<string> {
  const response = await ask(candidates, options);
  const text = await response.text();
  return response.status === 200 ? text : `${response.status}`;
}

const ANTHROPIC_HEADERS = { "anthropic-version": "2023-06-01" };

describe("routes", () => {
  test("/healthz is brightstaff's", async () => {
    seen.length = 0;
    expect((await fetch(`${envoy.url}/healthz`)).status).toBe(200);
    expect(seen.map(({ who }) => who)).toEqual(["ok"]);
  });

  test("GET /v1/models lists what the config names, as JSON", async () => {
    const response = await fetch(`${envoy.url}/v1/models`);
    expect(response.headers.get("content-type")).toBe("application/json");
    const list = (await response.json()) as { object: string; data: unknown[] };
    expect(list.object).toBe("list");
    expect(list.data[0]).toEqual({ id: "ok/m", object: "model", created: expect.any(Number), owned_by: "ok" });
  });

  test("GET /v1/models is in Anthropic's form for whoever names a version of that API", async () => {
    const response = await fetch(`${envoy.url}/v1/models`, { headers: ANTHROPIC_HEADERS });
    const page = (await response.json()) as { data: { id: string }[]; first_id: string; last_id: string; has_more: boolean };
    expect(page.data[0]).toMatchObject({ type: "model", id: "ok/m", display_name: "ok/m", created_at: expect.stringMatching(/^\d{4}-/) });
    expect(page).toMatchObject({ first_id: "ok/m", last_id: page.data.at(-1)?.id, has_more: false });
  });

  test("a page of the list, and one model, are brightstaff's to answer", async () => {
    seen.length = 0;
    await fetch(`${envoy.url}/v1/models?limit=1`, { headers: ANTHROPIC_HEADERS });
    await fetch(`${envoy.url}/v1/models/ok%2Fm`);
    expect(seen.map(({ who }) => who)).toEqual(["ok", "ok"]);
    await fetch(`${envoy.url}/v1/models?limit=1`);
    expect(seen).toHaveLength(2);
  });

  test.each([
    ["POST", "/v1/models", 405, "method_not_allowed", "invalid_request_error"],
    ["DELETE", "/v1/models/ok%2Fm", 405, "method_not_allowed", "invalid_request_error"],
    ["GET", "/", 404, "not_found", "not_found_error"],
    ["GET", "/v1/modelsx", 404, "not_found", "not_found_error"],
    ["POST", "/v1/nothing", 404, "not_found", "not_found_error"],
  ])("%s %s is answered %i in the form of the client's API", async (method, where, status, code, anthropicType) => {
    const response = await fetch(`${envoy.url}${where}`, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ error: { message: expect.any(String), type: "invalid_request_error", param: null, code } });
    const anthropic = await fetch(`${envoy.url}${where}`, { method, headers: ANTHROPIC_HEADERS });
    expect(anthropic.status).toBe(status);
    expect(await anthropic.json()).toEqual({ type: "error", error: { type: anthropicType, message: expect.any(String) } });
  });
});

describe("candidates", () => {
  test.each(["s401", "s429", "s500", "refused", "unknown_host"])("%s hands on to the next", async (first) => {
    expect(await answered([first, "ok"])).toBe("ok");
  });

  test("a 400 is the client's", async () => {
    expect(await answered(["s400", "ok"])).toBe("400");
    expect(seen.map(({ who }) => who)).toEqual(["s400"]);
  });

  test("are tried in order, each once, and their number ends the attempts", async () => {
    expect(await answered(["s500", "refused", "s401", "unknown_host", "s429", "s500"])).toBe("500");
    expect(seen.map(({ who }) => who)).toEqual(["s500", "s401", "s429", "s500"]);
  });

  test("a client can't set the limits of its attempts", async () => {
    expect(await answered(["s500"], { headers: { "x-envoy-max-retries": "5", "x-envoy-attempt-count": "3" } })).toBe("500");
    expect(seen).toHaveLength(1);
  });

  test("all eight of them", async () => {
    expect(await answered(["s500", "s401", "s429", "s500", "s401", "s429", "s500", "ok"])).toBe("ok");
  });

  test("a hung one is left at its deadline", async () => {
    const started_ms = performance.now();
    expect(await answered(["hang", "ok"], { mode: "stream" })).toBe("ok");
    // Envoy counts whole milliseconds from when its loop last woke, which can be a little before the request came.
    expect(performance.now() - started_ms).toBeGreaterThan(FIRST_TOKEN_MS - 20);
  });

  test("a hundred at once all fall back", async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => answered(["s429", "ok"])));
    expect(new Set(answers)).toEqual(new Set(["ok"]));
  });

  test("a host that keeps failing is skipped at once, and asked again some seconds later", async () => {
    for (let count = 0; count < 10; count++) await answered(["hang", "ok"], { mode: "stream" });
    const started_ms = performance.now();
    expect(await answered(["hang", "ok"], { mode: "whole" })).toBe("ok");
    expect(performance.now() - started_ms).toBeLessThan(REPLY_MS / 2);
    expect(seen.map(({ who }) => who)).toEqual(["ok"]);
    await waitUntil("the host is asked again", async () => {
      await answered(["hang", "ok"], { mode: "stream" });
      return seen[0]?.who === "hang";
    });
  });
});

describe("credentials", () => {
  test("each provider gets its own and never the client's", async () => {
    await answered(["ok"], { headers: { authorization: "Bearer client" } });
    expect(seen[0]?.key).toBe("Bearer ok-key");
  });

  test("keys are in files of their owner only, and in no other", async () => {
    for (const name of await fs.readdir(envoy.stateDir, { recursive: true })) {
      const file = path.join(envoy.stateDir, name);
      const stat = await fs.stat(file);
      if (!stat.isFile()) continue;
      const holdsKey = (await fs.readFile(file, "utf8")).includes("ok-key");
      expect([name, holdsKey]).toEqual([name, name === path.join("sds", "ok.json")]);
      expect([name, stat.mode & 0o077]).toEqual([name, 0]);
    }
    expect(await envoy.envoy.admin("/config_dump")).not.toContain("ok-key");
  });
});

describe("upstream TLS", () => {
  test.each(["tls", "tls_by_ip"])("%s: a certificate of the CA for the host, and HTTP/2 by ALPN", async (name) => {
    expect(await answered([name])).toBe(name);
    expect(seen[0]?.version).toBe("2.0");
  });

  test.each(["tls_other_host", "tls_other_ca"])("%s is a failed attempt", async (name) => {
    expect(await answered([name, "ok"])).toBe("ok");
    expect(seen.map(({ who }) => who)).toEqual(["ok"]);
  });
});

describe("bodies of 50 MiB fall back", () => {
  const body = Buffer.alloc(50 * 1024 * 1024, "a");

  test("over HTTP/1.1", async () => {
    expect(await answered(["s429", "ok"], { body })).toBe("ok");
    expect(seen.map(({ bytes }) => bytes)).toEqual([body.length, body.length]);
  });

  test("over HTTP/2", async () => {
    seen.length = 0;
    const session = http2.connect(envoy.url);
    const stream = session.request({ ":method": "POST", ":path": "/v1/chat/completions", ...candidateHeaders(["s429", "ok"], {}) });
    stream.end(body);
    const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    stream.resume();
    await once(stream, "end");
    session.close();
    expect(headers[":status"]).toBe(200);
    expect(seen.map(({ bytes }) => bytes)).toEqual([body.length, body.length]);
  });
});

describe("reloading", () => {
  test("changes of every kind cut no stream in flight, and take effect", async () => {
    const response = await ask(["stream"], { mode: "stream" });
    const text = response.text();
    const router = "routers: [{name: new-router, policies: [{task: {name: t, description: d}, models: [ok/m]}], fallback_models: [ok/m]}]";
    await envoy.apply(configText(router));
    await waitUntil("the router is listed", async () =>
      (await (await fetch(`${envoy.url}/v1/models`)).text()).includes("router:new-router"),
    );

    await envoy.apply(configText(router, { ok: "other-key" }));
    await waitUntil("the new key is used", async () => {
      await answered(["ok"]);
      return seen[0]?.key === "Bearer other-key";
    });

    const added = `  - {model: added/m, provider_interface: openai, base_url: "http://127.0.0.1:${ports.ok}/v1", access_key: added-key}`;
    await envoy.apply(configText(added, { ok: "other-key" }));
    await waitUntil("the added provider answers", async () => (await answered(["added"])) === "ok");
    expect(seen[0]?.key).toBe("Bearer added-key");

    await envoy.apply(configText("", { ok: "other-key" }));
    await waitUntil("its key is gone", async () => !(await fs.readdir(path.join(envoy.stateDir, "sds"))).includes("added.json"));
    await waitUntil("its cluster is gone", async () => !(await envoy.envoy.admin("/clusters")).includes("added::"));
    expect((await text).match(/data: \d+/g)).toHaveLength(STREAM_EVENTS);
  });

  test("the provider of a stream in flight may go", async () => {
    const response = await ask(["stream"], { mode: "stream" });
    const text = response.text();
    await envoy.apply(configText().replace(/.*stream\/m.*\n/, ""));
    await waitUntil("its cluster is gone", async () => !(await envoy.envoy.admin("/clusters")).includes("stream::"));
    expect((await text).match(/data: \d+/g)).toHaveLength(STREAM_EVENTS);
    await envoy.apply(configText());
    await waitUntil("it is back", async () => (await envoy.envoy.admin("/clusters")).includes("stream::"));
  });

  test("an unchanged config rewrites no file", async () => {
    const times = async () =>
      Promise.all(["cds", "lds", "rds"].map(async (name) => (await fs.stat(path.join(envoy.stateDir, `${name}.json`))).mtimeMs));
    await envoy.apply(configText());
    const before = await times();
    await envoy.apply(configText());
    expect(await times()).toEqual(before);
  });
});

test("the listener serves TLS with HTTP/2 and HTTP/1.1", async () => {
  const { cert, key } = await authority.issue("127.0.0.1");
  const secure = await startUnfilteredEnvoy({
    config: configText().replace("port: 0", "port: 0, tls: {cert_file: server.crt, key_file: server.key}"),
    files: { "ca.pem": authority.ca, "server.crt": cert, "server.key": key },
    brightstaffPort: ports.ok as number,
  });
  try {
    const url = secure.url.replace("http:", "https:");
    const session = http2.connect(url, { ca: authority.ca });
    const stream = session.request({ ":path": "/v1/models" });
    const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    stream.resume();
    await once(stream, "end");
    session.close();
    expect(headers[":status"]).toBe(200);
  } finally {
    await secure.close();
  }
});
