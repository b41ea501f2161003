// brightstaff as a process: its command line, its messages, and how it takes up changes of the config.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { waitUntil } from "../../test/e2e/wait_until.ts";

const MAIN = path.resolve(import.meta.dirname, "main.ts");
const CONFIG = `version: v0.4.0
listeners: [{type: model, name: main, port: 0}]
model_providers: [{model: openai/gpt-5.2, access_key: $OPENAI_API_KEY}]
routers: [{name: one, preset: software-engineering, models: [gpt-5.2], fallback_models: [gpt-5.2]}]
`;

let directory: string;
let child: ChildProcess | undefined;
let output = "";

beforeEach(async () => {
  directory = await fs.mkdtemp(path.join(tmpdir(), "main-"));
  await fs.writeFile(path.join(directory, "plano_config.yaml"), CONFIG);
  output = "";
});

afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  await fs.rm(directory, { recursive: true });
});

/** Starts it in the temporary directory; `output` is all that it prints. */
function start(args: readonly string[] = [], env: Record<string, string> = { OPENAI_API_KEY: "sk-secret-key" }): ChildProcess {
  const { OPENAI_API_KEY: _, ...inherited } = process.env;
  const started = fork(MAIN, ["--config", "plano_config.yaml", "--state-dir", "envoy/run", "--listen", "127.0.0.1:0", ...args], {
    cwd: directory,
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [started.stdout, started.stderr]) stream?.on("data", (text) => (output += text));
  child = started;
  return started;
}

async function ready(started: ChildProcess): Promise<string> {
  const [message] = (await once(started, "message")) as [{ type: string; port: number }];
  expect(message).toEqual({ type: "ready", port: expect.any(Number) });
  return `http://127.0.0.1:${message.port}`;
}

async function decide(url: string, router: string, content: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${url}/v1/decisions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ router, model: `router:${router}`, api: "openai_chat", messages: [{ role: "user", content }] }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const CODE = "Write a Python function to sort a list of dictionaries by key";
const read = (name: string) => fs.readFile(path.join(directory, "envoy/run", name), "utf8");

test("it says when it is ready: Envoy's files are there and decisions are made", async () => {
  const url = await ready(start());
  expect(await read("cds.json")).toContain(`"port_value": ${new URL(url).port}`);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await decide(url, "one", CODE)).toMatchObject({
    status: 200,
    body: { route: "code-generation", models: ["openai/gpt-5.2"], resolver: "embedded" },
  });
  expect(output).not.toMatch(/sk-secret-key|Python function/);
});

describe("a wrong start", () => {
  test("of the config: one line for each mistake, nothing rendered, exit code 2", async () => {
    await fs.writeFile(path.join(directory, "plano_config.yaml"), CONFIG.replace("routers:", "routrs:").replace("port: 0", "port: x"));
    const [code] = await once(start(), "close");
    expect(code).toBe(2);
    expect(output.split("\n").filter((line) => line.startsWith("plano_config.yaml"))).toEqual([
      'plano_config.yaml:2: listeners[0].port: is "x"; expected a whole number from 0 to 65535',
      'plano_config.yaml:4: routrs: no such key; expected "routers" (did you mean that?)',
    ]);
    await expect(fs.access(path.join(directory, "envoy/run/cds.json"))).rejects.toThrow();
  });

  test("without a key: exit code 2, but not with a demo URL", async () => {
    const [code] = await once(start([], {}), "close");
    expect(code).toBe(2);
    expect(output).toContain("model_providers[0].access_key: the environment variable OPENAI_API_KEY is not set");
    await ready(start(["--demo-url", "http://127.0.0.1:4000"], {}));
    expect(await read("cds.json")).toContain('"port_value": 4000');
  });

  test.each([
    [["--listen", "9091"], "--listen: 9091 is no address and port"],
    [["--demo-url", "nowhere"], "--demo-url: nowhere is no URL"],
    [["--log-level", "loud"], "--log-level: loud is none of"],
    [["--colour"], "--colour"],
  ])("with the arguments %j: exit code 2 and the usage", async (args, message) => {
    const [code] = await once(start(args), "close");
    expect(code).toBe(2);
    expect(output).toContain(message);
    expect(output).toContain("usage: main.ts");
  });
});

test("a port in use is told in one line", async () => {
  const url = await ready(start());
  const first = child;
  output = "";
  const [code] = await once(start(["--listen", new URL(url).host]), "close");
  first?.kill();
  expect(code).toBe(1);
  expect(output.trim()).toMatch(/^listen EADDRINUSE: .*$/);
});

async function edit(text: string): Promise<void> {
  await fs.writeFile(path.join(directory, "new"), text);
  await fs.rename(path.join(directory, "new"), path.join(directory, "plano_config.yaml"));
}

describe("an edit of the config", () => {
  test("takes effect in Envoy's files and in decisions", async () => {
    const url = await ready(start());
    expect((await decide(url, "two", CODE)).status).toBe(404);
    await edit(CONFIG.replace("name: one", "name: two"));
    await waitUntil("the router is there", async () => (await decide(url, "two", CODE)).status === 200);
    await waitUntil("Envoy is told", async () => (await read("rds.json")).includes("router:two"));
    expect((await decide(url, "one", CODE)).status).toBe(404);
  });

  test("that is wrong changes nothing, is told, and counted", async () => {
    const url = await ready(start());
    const before = await read("rds.json");
    await edit(CONFIG.replace("name: one", "name: [two]"));
    await waitUntil("it is told", () => output.includes("the last good one stays in use"));
    expect(output).toContain("plano_config.yaml:4: routers[0].name: is a list; expected");
    expect(await read("rds.json")).toBe(before);
    expect((await decide(url, "one", CODE)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('brightstaff_config_reloads_total{result="rejected"} 1');
    await edit(CONFIG.replace("name: one", "name: three"));
    await waitUntil("a good one works again", async () => (await decide(url, "three", CODE)).status === 200);
  });
});

describe("routers made through the management API", () => {
  const KEYS = { OPENAI_API_KEY: "sk-secret-key", PLANO_ADMIN_KEY: "the-admin-key" };
  const ADMIN = `${CONFIG}admin: {port: 0, key: $PLANO_ADMIN_KEY}\n`;
  const BODY = { policies: [{ task_slug: "code-generation", models: ["gpt-5.2"] }], fallback_models: ["gpt-5.2"] };

  async function startWithAdmin(): Promise<{ url: string; admin: string }> {
    const [message] = (await once(start([], KEYS), "message")) as [{ port: number; adminPort: number }];
    return { url: `http://127.0.0.1:${message.port}`, admin: `http://127.0.0.1:${message.adminPort}/v2/gen-ai/models/routers` };
  }

  async function call(admin: string, method: string, body?: object, key = "the-admin-key"): Promise<{ status: number; body: unknown }> {
    const headers = { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) };
    const response = await fetch(admin, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: response.status, body: await response.json() };
  }

  test("outlive a kill at any moment: all that were acknowledged, and none by half", { timeout: 180_000 }, async () => {
    await fs.writeFile(path.join(directory, "plano_config.yaml"), ADMIN);
    const acknowledged: unknown[] = [];
    for (let round = 0; round < 4; round++) {
      const { url, admin } = await startWithAdmin();
      const { model_routers: kept } = (await call(`${admin}?per_page=200`, "GET")).body as { model_routers: { name: string }[] };
      // The last one of a round may have been kept without its answer having come through.
      expect(kept.slice(0, acknowledged.length)).toEqual(acknowledged);
      expect(kept.length - acknowledged.length).toBeLessThanOrEqual(1);
      for (const { name } of kept) expect((await decide(url, name, CODE)).body).toMatchObject({ route: "code-generation" });
      acknowledged.splice(0, acknowledged.length, ...kept);
      const killed = once(child as ChildProcess, "exit");
      try {
        for (let index = 0; index < 20; index++) {
          const { body } = await call(admin, "POST", { name: `round-${round}-${index}`, ...BODY });
          acknowledged.push((body as { model_router: unknown }).model_router);
          if (index === 0) setTimeout(() => child?.kill("SIGKILL"), 17 * round);
        }
      } catch {
        // It is dead.
      }
      await killed;
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(4);
  });

  test("says what the wording of a router that is made leaves open, once", async () => {
    await fs.writeFile(path.join(directory, "plano_config.yaml"), ADMIN);
    const { admin } = await startWithAdmin();
    const policies = [{ custom_task: { name: "code", description: "handle code stuff" }, models: BODY.fallback_models }];
    for (const name of ["vague", "other"]) expect(await call(admin, "POST", { ...BODY, name, policies })).toMatchObject({ status: 200 });
    for (const name of ["vague", "other"]) expect(output.split(`router ${name}: too broad: code: `)).toHaveLength(2);
  });

  test("that an edit of the config takes their model from are told, and the rest is served", async () => {
    const other = "{model: openai/gpt-5.2-mini, access_key: $OPENAI_API_KEY}";
    await fs.writeFile(path.join(directory, "plano_config.yaml"), ADMIN.replace("model_providers: [", `model_providers: [${other}, `));
    const { url, admin } = await startWithAdmin();
    const mini = { policies: [{ task_slug: "code-generation", models: ["gpt-5.2-mini"] }], fallback_models: ["gpt-5.2"] };
    expect(await call(admin, "POST", { name: "mini", ...mini })).toMatchObject({ status: 200 });
    expect(await call(admin, "POST", { name: "full", ...BODY })).toMatchObject({ status: 200 });
    expect((await decide(url, "mini:optimal", CODE)).body).toMatchObject({ models: ["openai/gpt-5.2-mini"] });
    await edit(ADMIN.replace("$PLANO_ADMIN_KEY", "another-key"));
    await waitUntil("the edit is taken up", () => output.includes("the config was taken up"));
    expect(output).toMatch(/"router":"mini","mistakes":\["policies\[0\]\.models\[0\]: .*"msg":"a stored router is not served"/);
    expect((await decide(url, "mini", CODE)).status).toBe(404);
    expect((await decide(url, "full", CODE)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('brightstaff_stored_routers{state="refused"} 1');
    expect((await call(admin, "GET")).status).toBe(401);
    const { body } = await call(admin, "GET", undefined, "another-key");
    expect(body).toMatchObject({ model_routers: [{ name: "mini", errors: [expect.any(String)] }, { name: "full" }] });
    expect(output).not.toMatch(/the-admin-key|another-key/);
  });

  test("are not lost to a file that can't be read: the start is refused", async () => {
    await fs.mkdir(path.join(directory, "envoy/run"), { recursive: true });
    await fs.writeFile(path.join(directory, "envoy/run/routers.json"), "{");
    const [code] = await once(start([], KEYS), "close");
    expect(code).toBe(2);
    expect(output).toContain('routers.json: is no file of routers; expected {"version": 1, "routers": [...]}');
  });
});

test("models are ordered by sources that are read while it runs, and by their last values while these are down", async () => {
  let prices: Record<string, number> | null = { "gpt-5.2": 2, "gpt-5.2-mini": 1 };
  const latencies = [
    ["openai/gpt-5.2", "0.3"],
    ["openai/gpt-5.2-mini", "0.9"],
  ];
  const server = createServer((request, response) => {
    const models = Object.entries(prices ?? {}).map(([id, input]) => [id, { id, cost: { input, output: input } }]);
    const result = latencies.map(([model_name, value]) => ({ metric: { model_name }, value: [0, value] }));
    const answer = request.url?.startsWith("/api/v1/query?")
      ? { status: "success", data: { resultType: "vector", result } }
      : { openai: { id: "openai", models: Object.fromEntries(models) } };
    response.writeHead(prices === null ? 503 : 200).end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const routers = ["cheapest", "fastest"].map(
      (prefer) =>
        `  - {name: ${prefer}, preset: software-engineering, models: [gpt-5.2, gpt-5.2-mini], selection_policy: {prefer: ${prefer}}, fallback_models: [gpt-5.2]}`,
    );
    await fs.writeFile(
      path.join(directory, "plano_config.yaml"),
      `version: v0.4.0
listeners: [{type: model, name: main, port: 0}]
model_providers: [{model: openai/gpt-5.2, access_key: $OPENAI_API_KEY}, {model: openai/gpt-5.2-mini, access_key: $OPENAI_API_KEY}]
routers:
${routers.join("\n")}
model_metrics_sources:
  - {type: cost, provider: models.dev, url: "${origin}/api.json", refresh_interval: 1}
  - {type: latency, provider: prometheus, url: "${origin}", query: "avg by (model_name) (ttft)", refresh_interval: 1}
`,
    );
    const url = await ready(start());
    const first = async (router: string) => ((await decide(url, router, CODE)).body.models as string[])[0];
    await waitUntil("the cheaper one comes first", async () => (await first("cheapest")) === "openai/gpt-5.2-mini");
    await waitUntil("the faster one comes first", async () => (await first("fastest")) === "openai/gpt-5.2");
    prices = { "gpt-5.2": 2, "gpt-5.2-mini": 3 };
    await waitUntil("a change of prices counts", async () => (await first("cheapest")) === "openai/gpt-5.2");
    prices = null;
    await waitUntil("the failure is told", () => output.includes("the last values stay in use"));
    expect([await first("cheapest"), await first("fastest")]).toEqual(["openai/gpt-5.2", "openai/gpt-5.2"]);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('brightstaff_metrics_source_models{type="cost",provider="models.dev"} 2');
    expect(text).toMatch(/brightstaff_metrics_source_refreshes_total\{type="\w+",provider="[\w.]+",result="failed"\} [1-9]/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test.each(["SIGTERM", "SIGINT", "the end of its parent"] as const)("%s ends it in order", async (cause) => {
  const started = start();
  await ready(started);
  if (cause === "SIGTERM" || cause === "SIGINT") started.kill(cause);
  else started.disconnect();
  const [code] = await once(started, "exit");
  expect(code).toBe(0);
});
