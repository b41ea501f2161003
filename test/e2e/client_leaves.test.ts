// Clients that leave: in mid-stream, before the first token, while brightstaff decides, while they send. Nothing of them may stay.

import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { ask, CLIENT_FORMATS, openaiChat } from "./client_formats.ts";
import { open } from "./exchange.ts";
import { configOf, Fleet, modelOf } from "./fleet.ts";
import { waitUntil } from "./wait_until.ts";
import { activeRequests, expectNoTrap } from "./wasm_health.ts";

const LEAVING = 40;

let fleet: Fleet<"slow" | "hanging" | "good">;
let gateway: Gateway;

beforeAll(async () => {
  fleet = await Fleet.start({
    slow: { format: "anthropic_messages", behaviour: { kind: "huge", textBytes: 2_000_000, chunkIntervalMs: 20 } },
    hanging: { format: "openai_chat", behaviour: { kind: "hang after headers" } },
    good: { format: "anthropic_messages", chunkIntervalMs: 10 },
  });
  const task = { name: "anything", description: "Any request" };
  gateway = await startGateway({
    config: configOf({
      model_providers: fleet.entries(),
      routers: [{ name: "routed", policies: [{ task, models: [modelOf("good")] }], fallback_models: [modelOf("good")] }],
    }),
    // One worker: those who leave and those who stay share one VM of the filter.
    concurrency: 1,
  });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
});

afterEach(async () => {
  await waitUntil("no request is left open", async () => (await activeRequests(gateway)) === 0);
  await expectNoTrap(gateway);
});

/** Streams that stay while others leave; they have to come to their end. */
function startStaying() {
  return Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      ask(gateway.url, CLIENT_FORMATS[index % 2] ?? openaiChat, { model: modelOf("good"), stream: true }),
    ),
  );
}

async function expectStayingComplete(staying: ReturnType<typeof startStaying>): Promise<void> {
  const failed = (await staying).filter(({ cut, reply }) => cut || !reply.complete);
  expect(failed.length, failed[0]?.body).toBe(0);
}

test("in mid-stream: the provider's connection is ended, other streams go on", async () => {
  const staying = startStaying();
  const responses = await Promise.all(
    Array.from({ length: LEAVING }, (_, index) => {
      const client = CLIENT_FORMATS[index % 2] ?? openaiChat;
      return open(gateway.url + client.path, { body: client.request(modelOf("slow"), "Hello", true) });
    }),
  );
  for (const response of responses) {
    await new Promise((resolve) => response.once("data", resolve));
    response.on("error", () => undefined);
    response.destroy();
  }
  await waitUntil(
    "the provider has seen them all leave",
    () => fleet.mock("slow").requests.filter(({ abandoned }) => abandoned).length === LEAVING,
  );
  await expectStayingComplete(staying);
});

test("before the first token", async () => {
  const staying = startStaying();
  const controllers = Array.from({ length: LEAVING }, () => new AbortController());
  const calls = controllers.map(({ signal }) =>
    fetch(gateway.url + openaiChat.path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(openaiChat.request(modelOf("hanging"), "Hello", true)),
      signal,
    }).catch(() => "left"),
  );
  await fleet.mock("hanging").waitForRequests(LEAVING);
  for (const controller of controllers) controller.abort();
  expect(new Set(await Promise.all(calls))).toEqual(new Set(["left"]));
  await waitUntil(
    "the provider has seen them all leave",
    () => fleet.mock("hanging").requests.filter(({ abandoned }) => abandoned).length === LEAVING,
  );
  await expectStayingComplete(staying);
});

test("while brightstaff decides", async () => {
  gateway.brightstaff.freeze();
  const before = fleet.mock("good").requests.length;
  const controllers = Array.from({ length: LEAVING }, () => new AbortController());
  const calls = controllers.map(({ signal }) =>
    fetch(gateway.url + openaiChat.path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(openaiChat.request("router:routed", "Hello", true)),
      signal,
    }).catch(() => "left"),
  );
  await waitUntil(
    "all wait for a decision",
    async () =>
      (await gateway.envoy.stats("cluster.brightstaff.upstream_rq_active$")).get("cluster.brightstaff.upstream_rq_active") === LEAVING,
  );
  for (const controller of controllers) controller.abort();
  await Promise.all(calls);
  gateway.brightstaff.resume();
  await waitUntil("no request is left open", async () => (await activeRequests(gateway)) === 0);
  expect(fleet.mock("good").requests.length).toBe(before);
  const answer = await ask(gateway.url, openaiChat, { model: "router:routed", stream: true });
  expect(answer.reply.complete, answer.body).toBe(true);
});

test("while they send", async () => {
  const before = fleet.mock("good").requests.length;
  for (let leaving = 0; leaving < LEAVING; leaving++) {
    const body = JSON.stringify(openaiChat.request(modelOf("good"), "Hello", true));
    const socket = connect(gateway.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write(
      `POST ${openaiChat.path} HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.write(body.slice(0, body.length - 1 - leaving), resolve));
    socket.destroy();
  }
  await waitUntil("no request is left open", async () => (await activeRequests(gateway)) === 0);
  expect(fleet.mock("good").requests.length).toBe(before);
});
