// brightstaff killed, frozen and started again: routed requests go on to the fallback models, direct ones and streams do not notice.

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { BrightstaffProcess } from "../gateway/brightstaff_process.ts";
import { FILTER_FILE, type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { anthropicMessages, ask, CLIENT_FORMATS, openaiChat } from "./client_formats.ts";
import { crowdAgent, exchange, open } from "./exchange.ts";
import { configOf, Fleet, modelOf } from "./fleet.ts";
import { waitUntil } from "./wait_until.ts";

/** Enough for a decision on a machine that is busy with other tests. */
const DECISION_MS = 3_000;
const CROWD = 500;

let fleet: Fleet<"task" | "fallback">;
let gateway: Gateway;
let restarted: BrightstaffProcess | undefined;

beforeAll(async () => {
  fleet = await Fleet.start({ task: { format: "openai_chat" }, fallback: { format: "anthropic_messages" } });
  const task = { name: "programming", description: "Writing, explaining or repairing program code" };
  gateway = await startGateway({
    config: configOf({
      model_providers: fleet.entries(),
      routers: [{ name: "code", policies: [{ task, models: [modelOf("task")] }], fallback_models: [modelOf("fallback")] }],
      limits: { decision_ms: DECISION_MS },
    }),
  });
});

afterAll(async () => {
  await restarted?.close();
  await gateway?.close();
  await fleet?.close();
});

afterEach(() => {
  if (gateway.brightstaff.running) gateway.brightstaff.resume();
});

const ANTHROPIC = { "anthropic-version": "2023-06-01" };

/** The list of models is Envoy's own, and what a provider counts needs nobody else; the rest says that it can't be done now. */
async function expectModelsAndCounts(): Promise<void> {
  for (const headers of [{}, ANTHROPIC]) {
    const list = (await (await fetch(`${gateway.url}/v1/models`, { headers })).json()) as { data: { id: string }[] };
    expect(list.data.map(({ id }) => id)).toContain("router:code");
    const one = await fetch(`${gateway.url}/v1/models/router:code`, { headers });
    expect(one.status).toBeGreaterThanOrEqual(503);
    expect(one.headers.get("content-type")).toBe("application/json");
    const error = "anthropic-version" in headers ? { type: "api_error" } : { type: "server_error" };
    expect(await one.json()).toMatchObject({ error: { ...error, message: expect.any(String) } });
  }
  const count = (name: "task" | "fallback") =>
    exchange(`${gateway.url}/v1/messages/count_tokens`, {
      headers: ANTHROPIC,
      body: { model: modelOf(name), messages: [{ role: "user", content: "Hello" }] },
    });
  expect(JSON.parse((await count("fallback")).body)).toEqual({ input_tokens: expect.any(Number) });
  const refused = await count("task");
  expect(refused.status).toBeGreaterThanOrEqual(503);
  expect(JSON.parse(refused.body)).toMatchObject({ type: "error", error: { message: expect.stringContaining("gateway/estimate") } });
}

const CODE_PROMPT = "Write a Python function that sorts a list of dictionaries by key";

const askRouter = (client: (typeof CLIENT_FORMATS)[number], stream: boolean) =>
  ask(gateway.url, client, { model: "router:code", prompt: CODE_PROMPT, stream });

async function expectFallbackModel(): Promise<void> {
  const asked = CLIENT_FORMATS.flatMap((client) => [askRouter(client, false), askRouter(client, true)]);
  for (const answer of await Promise.all(asked)) {
    expect(answer.status, answer.body).toBe(200);
    expect(answer.reply.complete).toBe(true);
    expect(answer.headers["x-model-router-selected-route"]).toBe("none");
    expect(answer.headers["x-model-router-attempts"]).toBe(`${modelOf("fallback")};status=200`);
  }
}

async function expectDirectRequestsUnaffected(): Promise<void> {
  const answer = await ask(gateway.url, openaiChat, { model: modelOf("task"), stream: true });
  expect(answer.reply.complete).toBe(true);
  expect(answer.headers["x-model-router-selected-model"]).toBe(modelOf("task"));
  expect(answer.headers["server-timing"]).toBeUndefined();
}

/** A stream that goes on until `finish` is called, read meanwhile. */
async function startLongStream() {
  fleet.mock("task").queue({ kind: "huge", textBytes: 200_000, chunkIntervalMs: 40 });
  const response = await open(gateway.url + openaiChat.path, { body: openaiChat.request(modelOf("task"), "Hello", true) });
  let body = "";
  response.setEncoding("utf8");
  const ended = (async () => {
    for await (const text of response) body += text;
  })();
  await waitUntil("the stream has begun", () => body.includes("data:"));
  return {
    async read() {
      await ended;
      return openaiChat.readStream(body);
    },
  };
}

test("with brightstaff, the task's model answers", async () => {
  const answer = await askRouter(openaiChat, true);
  expect(answer.headers["x-model-router-selected-route"]).toBe("programming");
  expect(answer.headers["x-model-router-selected-model"]).toBe(modelOf("task"));
});

test("more requests at once than decisions can be made in time", async () => {
  const agent = crowdAgent(CROWD);
  const answers = await Promise.all(
    Array.from({ length: CROWD }, () =>
      ask(gateway.url, openaiChat, { model: "router:code", prompt: CODE_PROMPT, stream: true }, { agent }),
    ),
  );
  agent.destroy();
  const failed = answers.filter(({ status, reply }) => status !== 200 || !reply.complete);
  expect(failed.length, failed[0]?.body).toBe(0);
  const models = new Set(answers.map(({ headers }) => headers["x-model-router-selected-model"]));
  for (const model of models) expect([modelOf("task"), modelOf("fallback")]).toContain(model);
});

test("frozen: routed requests wait for the decision's deadline only, and a stream in flight goes on", async () => {
  const stream = await startLongStream();
  gateway.brightstaff.freeze();
  await expectFallbackModel();
  await expectDirectRequestsUnaffected();
  expect((await exchange(`${gateway.url}/healthz`, { method: "GET" })).status).toBeGreaterThanOrEqual(500);
  const reply = await stream.read();
  expect(reply.complete).toBe(true);
  expect(reply.text.length).toBe(200_000);

  gateway.brightstaff.resume();
  await waitUntil(
    "routed by task again",
    async () => (await askRouter(openaiChat, false)).headers["x-model-router-selected-route"] === "programming",
  );
  expect((await exchange(`${gateway.url}/healthz`, { method: "GET" })).status).toBe(200);
});

test("frozen: many requests at once", async () => {
  gateway.brightstaff.freeze();
  const answers = await Promise.all(Array.from({ length: 100 }, () => askRouter(anthropicMessages, true)));
  const failed = answers.filter(({ reply }) => !reply.complete);
  expect(failed.length, failed[0]?.body).toBe(0);
  expect(new Set(answers.map(({ headers }) => headers["x-model-router-attempts"]))).toEqual(new Set([`${modelOf("fallback")};status=200`]));
});

test("killed, and started again", async () => {
  await waitUntil(
    "routed by task",
    async () => (await askRouter(openaiChat, false)).headers["x-model-router-selected-route"] === "programming",
  );
  const stream = await startLongStream();
  await gateway.brightstaff.kill();
  await expectFallbackModel();
  await expectDirectRequestsUnaffected();
  await expectModelsAndCounts();
  expect((await exchange(`${gateway.url}/healthz`, { method: "GET" })).status).toBe(503);
  expect((await stream.read()).complete).toBe(true);

  restarted = await BrightstaffProcess.start({
    cwd: join(gateway.configPath, ".."),
    configPath: gateway.configPath,
    stateDir: gateway.stateDir,
    filterFile: FILTER_FILE,
  });
  await waitUntil(
    "routed by task again",
    async () => (await askRouter(openaiChat, false)).headers["x-model-router-selected-route"] === "programming",
  );
  expect((await exchange(`${gateway.url}/healthz`, { method: "GET" })).status).toBe(200);
});
