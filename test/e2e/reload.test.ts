// The config is edited while streams run: none of them is cut, and what the edit says is served at once.

import { readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { ask, CLIENT_FORMATS, type ClientFormat, openaiChat } from "./client_formats.ts";
import { type ConfigParts, configOf, Fleet, fixedRouter, modelOf } from "./fleet.ts";
import { waitUntil } from "./wait_until.ts";

const KEYS = {
  first: "key-of-the-first-provider",
  changed: "key-that-replaced-the-first",
  second: "key-of-the-second-provider",
  added: "key-of-the-added",
};
const STREAMS = 8;

let fleet: Fleet<"first" | "second" | "added">;
let gateway: Gateway;
let config: ConfigParts;
let traffic: StreamTraffic;

beforeAll(async () => {
  // Some 60 events, 25 ms apart: every edit meets streams at all their stages.
  const pace = { chunkIntervalMs: 25 };
  fleet = await Fleet.start({
    first: { format: "openai_chat", requireKey: true, ...pace },
    second: { format: "anthropic_messages", requireKey: true, ...pace },
    added: { format: "openai_chat", requireKey: true },
  });
  config = configOf({
    model_providers: [fleet.entry("first", { access_key: KEYS.first }), fleet.entry("second", { access_key: KEYS.second })],
    routers: [fixedRouter("old", ["first", "second"])],
  }) as ConfigParts;
  gateway = await startGateway({ config });
  traffic = new StreamTraffic(gateway.url);
});

afterAll(async () => {
  await traffic?.stop();
  await gateway?.close();
  await fleet?.close();
});

/** Streams one after the other on several connections, until told to stop. */
class StreamTraffic {
  readonly broken: string[] = [];
  complete = 0;
  #running = true;
  readonly #loops: Promise<void>[];

  constructor(url: string) {
    const models = [modelOf("first"), modelOf("second"), "router:old"];
    this.#loops = Array.from({ length: STREAMS }, (_, index) =>
      this.#loop(url, CLIENT_FORMATS[index % CLIENT_FORMATS.length] as ClientFormat, models[index % models.length] as string),
    );
  }

  async #loop(url: string, client: ClientFormat, model: string): Promise<void> {
    while (this.#running) {
      const outcome = await ask(url, client, { model, stream: true }).then(
        ({ status, cut, body, reply }) =>
          status === 200 && !cut && reply.complete ? null : `${model}: ${status}, cut: ${cut}, ${body.slice(-300)}`,
        (error: Error) => `${model}: ${error.message}`,
      );
      if (outcome === null) this.complete++;
      else this.broken.push(outcome);
    }
  }

  /** Resolves when as many streams as there are connections, and then some, have ended since. */
  async pass(): Promise<void> {
    const target = this.complete + this.broken.length + 2 * STREAMS;
    await waitUntil("streams have come to their end", () => this.complete + this.broken.length >= target);
    expect(this.broken).toEqual([]);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#loops);
  }
}

async function edit(changes: Partial<ConfigParts>): Promise<void> {
  config = { ...config, ...changes };
  await gateway.reload(config);
}

const lastKeyOf = (name: "first" | "added") => fleet.mock(name).requests.at(-1)?.headers.authorization;

test("a new router works, and no stream is cut", async () => {
  await edit({ routers: [...(config.routers ?? []), fixedRouter("new", ["second"])] });
  for (const client of CLIENT_FORMATS) {
    const answer = await ask(gateway.url, client, { model: "router:new", stream: true });
    expect(answer.reply.complete, answer.body).toBe(true);
    expect(answer.headers["x-model-router-attempts"]).toBe(`${modelOf("second")};status=200`);
  }
  await traffic.pass();
});

test("a new key is used, and no stream is cut", async () => {
  await ask(gateway.url, openaiChat, { model: modelOf("first"), stream: false });
  expect(lastKeyOf("first")).toBe(`Bearer ${KEYS.first}`);
  await edit({ model_providers: [fleet.entry("first", { access_key: KEYS.changed }), fleet.entry("second", { access_key: KEYS.second })] });
  await waitUntil("the new key is used", async () => {
    const answer = await ask(gateway.url, openaiChat, { model: modelOf("first"), stream: false });
    expect(answer.status, answer.body).toBe(200);
    return lastKeyOf("first") === `Bearer ${KEYS.changed}`;
  });
  await traffic.pass();
});

test("a new provider answers, and no stream is cut", async () => {
  await edit({
    model_providers: [...config.model_providers, fleet.entry("added", { access_key: KEYS.added })],
    routers: [...(config.routers ?? []), fixedRouter("added", ["added", "first"])],
  });
  for (const model of [modelOf("added"), "router:added"]) {
    const answer = await ask(gateway.url, openaiChat, { model, stream: false });
    expect(answer.reply.complete, answer.body).toBe(true);
    expect(answer.headers["x-model-router-selected-model"]).toBe(modelOf("added"));
  }
  expect(lastKeyOf("added")).toBe(`Bearer ${KEYS.added}`);
  await traffic.pass();
});

test("a limit is in force, and no stream is cut", async () => {
  await edit({ limits: { request_body_bytes_max: 2_000 } });
  const answer = await ask(gateway.url, openaiChat, { model: modelOf("first"), prompt: "x".repeat(3_000), stream: false });
  expect(answer.status, answer.body).toBe(413);
  await traffic.pass();
});

test("a mistake is named in the log and leaves what is served as it was", async () => {
  const good = config;
  await gateway.writeConfig({ ...good, routers: [fixedRouter("old", ["nobody"])] });
  await waitUntil("the mistake is in the log", () => gateway.brightstaff.log().includes("routers[0].policies[0].models[0]"));
  const answer = await ask(gateway.url, openaiChat, { model: "router:added", stream: false });
  expect(answer.reply.complete, answer.body).toBe(true);
  await gateway.writeConfig("version: [not closed");
  await waitUntil("the next mistake is in the log", () => gateway.brightstaff.log().includes("not valid YAML"));
  await traffic.pass();

  await edit({ routers: [...(good.routers ?? []), fixedRouter("mended", ["first"])] });
  const mended = await ask(gateway.url, openaiChat, { model: "router:mended", stream: false });
  expect(mended.reply.complete, mended.body).toBe(true);
});

test("a provider that is taken out ends its streams first", async () => {
  const { requests } = fleet.mock("added");
  const seen = requests.length;
  fleet.mock("added").queue({ kind: "answer", chunkIntervalMs: 80 });
  const last = ask(gateway.url, openaiChat, { model: modelOf("added"), stream: true });
  await waitUntil("the stream has begun", () => requests.length > seen);
  await edit({
    model_providers: config.model_providers.filter(({ model }) => model !== modelOf("added")),
    routers: config.routers?.filter(({ name }) => name !== "added"),
  });
  const gone = await ask(gateway.url, openaiChat, { model: modelOf("added"), stream: false });
  expect(gone.status).toBe(404);
  await takeClusterAway("added");
  const answer = await last;
  expect(answer.cut).toBe(false);
  expect(answer.reply.complete, answer.body).toBe(true);
  await traffic.pass();
});

/** What brightstaff does a minute after a provider was taken out: too long for a test to wait. */
async function takeClusterAway(name: string): Promise<void> {
  const path = join(gateway.stateDir, "cds.json");
  const clusters = JSON.parse(await readFile(path, "utf8")) as { resources: { name: string }[] };
  const resources = clusters.resources.filter((cluster) => cluster.name !== name);
  expect(resources.length).toBe(clusters.resources.length - 1);
  await writeFile(`${path}.new`, JSON.stringify({ version_info: `without-${name}`, resources }));
  await rename(`${path}.new`, path);
  await waitUntil("the cluster is gone", async () => !(await gateway.envoy.admin("/clusters")).includes(`${name}::`));
}

test("keys are in the secrets' files, for their owner to read, and nowhere else", async () => {
  const dump = await gateway.envoy.admin("/config_dump?include_eds");
  for (const key of Object.values(KEYS)) {
    expect(dump).not.toContain(key);
    expect(gateway.logs()).not.toContain(key);
  }
  const holders: string[] = [];
  for (const entry of await readdir(gateway.stateDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, "utf8");
    if (!Object.values(KEYS).some((key) => text.includes(key))) continue;
    holders.push(entry.name);
    expect((await stat(path)).mode & 0o777, path).toBe(0o600);
    expect(entry.parentPath).toBe(join(gateway.stateDir, "sds"));
  }
  expect(holders).toEqual(expect.arrayContaining(["first.json", "second.json"]));
  expect((await stat(gateway.stateDir)).mode & 0o077).toBe(0);
});
