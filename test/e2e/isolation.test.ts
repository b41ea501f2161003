// What clients send must not steer the gateway, and no credential reaches anybody but the one it is for.

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { ask, CLIENT_FORMATS } from "./client_formats.ts";
import { configOf, Fleet, fixedRouter, modelOf } from "./fleet.ts";
import { expectNotLogged } from "./wasm_health.ts";

const KEYS = { first: "key-of-the-first-provider", second: "key-of-the-second-provider" };
const CLIENT_KEY = "key-of-the-client";
const PROMPT = "a-word-that-stands-only-in-prompts";
/** Header that only the first provider is to get. */
const ORGANIZATION = { "x-organization": "organization-of-the-first" };

const NAMES = ["first", "second", "third", "passthrough"] as const;
type Name = (typeof NAMES)[number];

let fleet: Fleet<Name>;
let gateway: Gateway;

beforeAll(async () => {
  fleet = await Fleet.start({
    first: { format: "openai_chat" },
    second: { format: "anthropic_messages" },
    third: { format: "openai_chat" },
    passthrough: { format: "openai_chat" },
  });
  const orders: Name[][] = [
    ["first", "second", "third"],
    ["second", "first", "third"],
    ["passthrough", "third"],
  ];
  gateway = await startGateway({
    config: configOf({
      model_providers: [
        fleet.entry("first", { access_key: "$FIRST_KEY", headers: ORGANIZATION }),
        fleet.entry("second", { access_key: "$SECOND_KEY" }),
        fleet.entry("third"),
        fleet.entry("passthrough", { passthrough_auth: true }),
      ],
      routers: orders.map((names) => fixedRouter(names.join("."), names)),
    }),
    env: { FIRST_KEY: KEYS.first, SECOND_KEY: KEYS.second },
    brightstaff: false,
  });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
});

beforeEach(() => {
  for (const name of NAMES) fleet.mock(name).requests.length = 0;
});

const CREDENTIALS = {
  authorization: `Bearer ${CLIENT_KEY}`,
  "x-api-key": CLIENT_KEY,
  cookie: `session=${CLIENT_KEY}`,
  "proxy-authorization": `Basic ${CLIENT_KEY}`,
};

function expectRequest(name: Name, has: readonly string[], hasNot: readonly string[]): void {
  const [request] = fleet.mock(name).requests;
  const sent = JSON.stringify([request?.headers, request?.path, request?.bodyText]);
  for (const text of has) expect(sent, name).toContain(text);
  for (const text of hasNot) expect(sent, name).not.toContain(text);
}

test.each(CLIENT_FORMATS)("each provider gets its own key and nothing of the others', $id client", async (client) => {
  for (const order of [
    ["first", "second", "third"],
    ["second", "first", "third"],
  ] as Name[][]) {
    for (const name of order) fleet.mock(name).requests.length = 0;
    for (const name of order.slice(0, 2)) fleet.mock(name).queue({ kind: "status", status: 429 });
    const answer = await ask(
      gateway.url,
      client,
      { model: `router:${order.join(".")}`, prompt: PROMPT, stream: true },
      { headers: CREDENTIALS },
    );
    expect(answer.reply.complete, answer.body).toBe(true);
    expectRequest(
      "first",
      [`"authorization":"Bearer ${KEYS.first}"`, ORGANIZATION["x-organization"]],
      [CLIENT_KEY, KEYS.second, "anthropic-version"],
    );
    expectRequest(
      "second",
      [`"x-api-key":"${KEYS.second}"`, "anthropic-version"],
      [CLIENT_KEY, KEYS.first, "authorization", ORGANIZATION["x-organization"]],
    );
    expectRequest(
      "third",
      [],
      [CLIENT_KEY, KEYS.first, KEYS.second, "authorization", "x-api-key", "anthropic-version", ORGANIZATION["x-organization"]],
    );
    expect(JSON.stringify(answer.headers)).not.toMatch(/key-of-the/);
  }
});

test.each(CLIENT_FORMATS)(
  "with passthrough_auth a provider gets the client's key, and the next one does not, $id client",
  async (client) => {
    fleet.mock("passthrough").queue({ kind: "status", status: 429 });
    const headers: Record<string, string> =
      client.id === "openai_chat" ? { authorization: `Bearer ${CLIENT_KEY}` } : { "x-api-key": CLIENT_KEY };
    const answer = await ask(gateway.url, client, { model: "router:passthrough.third", stream: true }, { headers });
    expect(answer.reply.complete, answer.body).toBe(true);
    expectRequest("passthrough", [`"authorization":"Bearer ${CLIENT_KEY}"`], ["x-api-key"]);
    expectRequest("third", [], [CLIENT_KEY]);
  },
);

const STEERING: Record<string, string> = {
  "x-envoy-attempt-count": "2",
  "x-envoy-llm-whole-cluster": "nowhere",
  "x-envoy-llm-stream-cluster": "nowhere",
  "x-envoy-max-retries": "0",
  "x-envoy-retry-on": "none",
  "x-envoy-retriable-status-codes": "200",
  "x-envoy-upstream-rq-timeout-ms": "1",
  "x-envoy-upstream-rq-per-try-timeout-ms": "1",
  "x-envoy-upstream-stream-duration-ms": "1",
  "x-envoy-original-path": "/elsewhere",
  "x-envoy-original-dst-host": "127.0.0.1:1",
  "x-envoy-hedge-on-per-try-timeout": "true",
  "x-envoy-decorator-operation": "elsewhere",
  "x-envoy-force-trace": "true",
};

test.each(CLIENT_FORMATS)("a client's x-envoy-* headers change nothing, $id client", async (client) => {
  fleet.mock("first").queue({ kind: "status", status: 429 });
  const answer = await ask(
    gateway.url,
    client,
    { model: "router:first.second.third", prompt: PROMPT, stream: true },
    { headers: STEERING },
  );
  expect(answer.reply.complete, answer.body).toBe(true);
  expect(answer.headers["x-model-router-attempts"]).toBe(`${modelOf("first")};status=429, ${modelOf("second")};status=200`);
});

test.each(Object.entries(STEERING))("%s alone changes nothing", async (name, value) => {
  fleet.mock("first").queue({ kind: "status", status: 429 });
  fleet.mock("second").queue({ kind: "answer", delayMs: 30 });
  const [client] = CLIENT_FORMATS;
  const answer = await ask(
    gateway.url,
    client,
    { model: "router:first.second.third", prompt: PROMPT, stream: true },
    { headers: { [name]: value } },
  );
  expect(answer.headers["x-model-router-attempts"]).toBe(`${modelOf("first")};status=429, ${modelOf("second")};status=200`);
  expect(answer.reply.complete, answer.body).toBe(true);
});

test("providers are not told of the client or of Envoy", async () => {
  const [client] = CLIENT_FORMATS;
  await ask(
    gateway.url,
    client,
    { model: modelOf("third"), stream: true },
    { headers: { "x-forwarded-for": "192.0.2.7", forwarded: "for=192.0.2.7" } },
  );
  const headers = fleet.mock("third").requests[0]?.headers ?? {};
  // The attempt's number has to stay: the next candidate is chosen by it, and all attempts share one set of headers.
  expect(Object.keys(headers).filter((name) => name.startsWith("x-envoy-"))).toEqual(["x-envoy-attempt-count"]);
  expect(headers["x-forwarded-for"] ?? "").not.toContain("127.0.0.1");
});

test("answers tell of the router's doings, not of Envoy's", async () => {
  const [client] = CLIENT_FORMATS;
  const answer = await ask(gateway.url, client, { model: modelOf("third"), stream: true });
  expect(Object.keys(answer.headers).filter((name) => name.startsWith("x-envoy-"))).toEqual([]);
});

test("neither keys nor prompts are in a log", async () => {
  expectNotLogged(gateway, [PROMPT, CLIENT_KEY, ...Object.values(KEYS)]);
  const dump = await gateway.envoy.admin("/config_dump?include_eds");
  for (const key of Object.values(KEYS)) expect(dump).not.toContain(key);
});
