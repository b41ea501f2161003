// What the host of the compiled filter does when the filter fails, on a real Envoy: no fault reaches further than the worker's streams.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filterAsLibrary, repoRoot } from "../../../deploy/local/paths.mjs";
import { filterFor, findEnvoy } from "../../../envoy/install.mjs";
import { EnvoyProcess } from "../../../test/gateway/envoy_process.ts";
import { build } from "../../build.mjs";
import { buildNative, nativeIsCurrent } from "../../native/build.mjs";

const WASM = "filter/build/faulty.wasm";
const LIBRARY = path.join(repoRoot, "filter/build/faulty.so");
const BUILD_MS_MAX = 240_000;
const BODY = "from Envoy";

let folder: string;
let envoy: EnvoyProcess;
let url: string;

beforeAll(async () => {
  await build("filter/test/entry/faulty.ts", WASM);
  const wasm = path.join(repoRoot, WASM);
  if (!nativeIsCurrent(wasm, LIBRARY)) await buildNative(wasm, LIBRARY);
  folder = await mkdtemp(path.join(tmpdir(), "nh-"));
  const bootstrap = path.join(folder, "bootstrap.json");
  await writeFile(bootstrap, JSON.stringify(bootstrapWith(LIBRARY)));
  envoy = await EnvoyProcess.start({ cwd: folder, bootstrap, adminSocket: "admin.sock" });
  url = `http://127.0.0.1:${(await envoy.listeners())[0]?.port}/`;
}, BUILD_MS_MAX);

afterAll(async () => {
  await envoy?.close();
  await rm(folder, { recursive: true, force: true });
});

function ask(what: string): Promise<Response> {
  return fetch(url, { headers: { "x-do": what } });
}

// A machine may have an Envoy of another release. The one that checks what lands does not.
test.runIf(process.env.CI)("the library is what the end-to-end tests' Envoy runs", () => {
  expect(filterFor(findEnvoy() ?? "envoy")).toBe(filterAsLibrary);
});

describe.each([
  ["unreachable", "unreachable"],
  ["out-of-bounds", "out of bounds"],
  ["recursion", "call stack exhausted"],
])("a filter that fails: %s", (what, words) => {
  test("its request and the worker's others get an error, the next request is served", async () => {
    expect(await (await ask("nothing")).text()).toBe(BODY);
    const held = ask("hold");
    await expect.poll(async () => (await envoy.stats("downstream_rq_active")).get("http.test.downstream_rq_active")).toBe(1);
    const failed = await ask(what);
    for (const answer of [failed, await held]) {
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ error: { type: "server_error", message: expect.stringContaining("try again") } });
    }
    expect(envoy.log()).toContain(`trap in the filter: ${words}`);
    const next = await ask("nothing");
    expect([next.status, await next.text()]).toEqual([200, BODY]);
    expect(envoy.running).toBe(true);
  });
});

function bootstrapWith(library: string): object {
  const type = "type.googleapis.com/envoy.extensions.filters";
  const filter = {
    "@type": `${type}.http.dynamic_modules.v3.DynamicModuleFilter`,
    dynamic_module_config: { module: { local: { filename: library } }, do_not_close: true },
    filter_name: "gateway",
    filter_config: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: "{}" },
  };
  const route = { match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: BODY } } };
  const manager = {
    "@type": `${type}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "test",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] },
    http_filters: [
      { name: "llm_gateway", typed_config: filter },
      { name: "envoy.filters.http.router", typed_config: { "@type": `${type}.http.router.v3.Router` } },
    ],
  };
  return {
    admin: { address: { pipe: { path: "admin.sock" } } },
    static_resources: {
      listeners: [
        {
          name: "test",
          address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
          filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
        },
      ],
    },
  };
}
