import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../../../test/e2e/wait_until.ts";
import type { Resources } from "./render.ts";
import { StateDir } from "./state_dir.ts";

let dir: string;
let state: StateDir;

beforeEach(async () => {
  dir = path.join(await fs.mkdtemp(path.join(tmpdir(), "state-")), "envoy/run");
  state = new StateDir(dir, 50);
});

afterEach(async () => {
  state.close();
  await fs.rm(path.dirname(path.dirname(dir)), { recursive: true });
});

function resources(clusters: readonly string[], secrets: Record<string, string> = {}): Resources {
  return {
    secrets: new Map(Object.entries(secrets).map(([name, key]) => [name, { name, key }])),
    awsCredentials: new Map(),
    clusters: clusters.map((name) => ({ name })),
    gatewayFilter: { clusters },
    routes: { clusters },
    listener: {},
    routingListener: null,
  };
}

async function clusterNames(): Promise<string[]> {
  const { resources } = JSON.parse(await fs.readFile(path.join(dir, "cds.json"), "utf8")) as { resources: { name: string }[] };
  return resources.map(({ name }) => name);
}

test("files are discovery responses, readable by their owner only, with nothing half-written beside them", async () => {
  await state.write(resources(["a"], { a: "key" }));
  expect((await fs.readdir(dir)).sort()).toEqual(["aws", "cds.json", "gateway_filter.json", "lds.json", "rds.json", "sds"]);
  expect(await fs.readdir(path.join(dir, "sds"))).toEqual(["a.json"]);
  const cds = JSON.parse(await fs.readFile(path.join(dir, "cds.json"), "utf8"));
  expect(cds).toEqual({ version_info: expect.stringMatching(/^[0-9a-f]{16}$/), resources: [{ name: "a" }] });
  expect((await fs.stat(path.join(dir, "sds/a.json"))).mode & 0o777).toBe(0o600);
  expect((await fs.stat(dir)).mode & 0o777).toBe(0o700);
});

test("a folder that others could read is closed to them", async () => {
  await fs.mkdir(dir, { recursive: true, mode: 0o755 });
  await state.write(resources(["a"]));
  expect((await fs.stat(dir)).mode & 0o777).toBe(0o700);
});

test("a cluster that is gone stays for a while, its secret too", async () => {
  await state.write(resources(["a", "b"], { a: "1", b: "2" }));
  await state.write(resources(["b", "c"], { b: "2", c: "3" }));
  expect(await clusterNames()).toEqual(["b", "c", "a"]);
  expect((await fs.readdir(path.join(dir, "sds"))).sort()).toEqual(["a.json", "b.json", "c.json"]);
  await waitUntil("it is gone", async () => (await clusterNames()).join() === "b,c");
  await waitUntil("its secret is gone", async () => (await fs.readdir(path.join(dir, "sds"))).sort().join() === "b.json,c.json");
});

test("a cluster that comes back before its removal is not removed", async () => {
  await state.write(resources(["a", "b"]));
  await state.write(resources(["b"]));
  await state.write(resources(["a", "b"]));
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(await clusterNames()).toEqual(["a", "b"]);
});

test("clusters that a run before this one has left stay for a while, too", async () => {
  await state.write(resources(["a"]));
  const next = new StateDir(dir, 50);
  await next.write(resources(["b"]));
  expect(await clusterNames()).toEqual(["b", "a"]);
  await waitUntil("they are gone", async () => (await clusterNames()).join() === "b");
  next.close();
});

test("writes at the same time come one after the other, and the last one counts", async () => {
  await Promise.all(["a", "b", "c", "d"].map((name) => state.write(resources([name]))));
  await waitUntil("the last one counts", async () => (await clusterNames()).join() === "d");
});

test("a secret that is renewed is replaced alone, and comes after what was to be written before it", async () => {
  const secretOf = async (name: string) => JSON.parse(await fs.readFile(path.join(dir, `sds/${name}.json`), "utf8")).resources[0].key;
  await state.writeSecret("a", { name: "a", key: "before the first write" });
  await Promise.all([state.write(resources(["a"], { a: "old", b: "other" })), state.writeSecret("a", { name: "a", key: "new" })]);
  expect([await secretOf("a"), await secretOf("b")]).toEqual(["new", "other"]);
  expect((await fs.stat(path.join(dir, "sds/a.json"))).mode & 0o777).toBe(0o600);
  expect((await fs.readdir(path.join(dir, "sds"))).sort()).toEqual(["a.json", "b.json"]);
});

test("AWS keys are files of their own, treated alike", async () => {
  const file = path.join(dir, "aws/a.ini");
  await state.write({ ...resources(["a"]), awsCredentials: new Map([["a", "[default]\n"]]) });
  await state.writeAwsCredentials("a", "[default]\naws_access_key_id=A\n");
  expect(await fs.readFile(file, "utf8")).toBe("[default]\naws_access_key_id=A\n");
  expect((await fs.stat(file)).mode & 0o777).toBe(0o600);
  expect(await fs.readdir(path.join(dir, "aws"))).toEqual(["a.ini"]);
  await state.write(resources(["b"]));
  await waitUntil("it is gone with its cluster", async () => (await fs.readdir(path.join(dir, "aws"))).length === 0);
});

test("every file is there before another names it", async () => {
  const order: string[] = [];
  const watcher = fs.watch(path.dirname(path.dirname(dir)), { recursive: true });
  const watching = (async () => {
    for await (const { filename } of watcher) {
      const name = path.relative("envoy/run", filename ?? "");
      if (!path.basename(name).startsWith(".") && name.endsWith(".json") && !order.includes(name)) order.push(name);
      if (name === "lds.json") return;
    }
  })();
  await state.write(resources(["a"], { a: "1" }));
  await watching;
  expect(order).toEqual(["sds/a.json", "cds.json", "gateway_filter.json", "rds.json", "lds.json"]);
});
