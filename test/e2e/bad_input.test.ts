// Requests that nobody should send: each gets the right status in its client's error format, and the gateway goes on as before.

import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { anthropicMessages, ask, CLIENT_FORMATS, type ClientFormat, openaiChat, readReply } from "./client_formats.ts";
import { type Exchange, exchange } from "./exchange.ts";
import { configOf, Fleet, fixedRouter, modelOf } from "./fleet.ts";
import { activeRequests, expectNoTrap, expectNotLogged } from "./wasm_health.ts";

const SECRET_TEXT = "a-word-that-stands-only-in-prompts";
const MIB = 1024 * 1024;

let fleet: Fleet<"openai-like" | "anthropic-like" | "responses-like">;
let gateway: Gateway;

beforeAll(async () => {
  fleet = await Fleet.start({
    "openai-like": { format: "openai_chat" },
    "anthropic-like": { format: "anthropic_messages" },
    "responses-like": { format: "openai_responses" },
  });
  gateway = await startGateway({
    config: configOf({ model_providers: fleet.entries(), routers: [fixedRouter("both", ["openai-like", "anthropic-like"])] }),
  });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
});

// Whatever was sent, others are served as before, and the filter's VM is the same.
afterEach(async () => {
  for (const client of CLIENT_FORMATS) {
    const answer = await ask(gateway.url, client, { model: "router:both", stream: true });
    expect(answer.reply.complete, answer.body).toBe(true);
  }
  await expectNoTrap(gateway);
  expectNotLogged(gateway, [SECRET_TEXT]);
  expect(gateway.envoy.running).toBe(true);
});

const send = (client: ClientFormat, body: string | Buffer, headers: Record<string, string> = {}) =>
  exchange(gateway.url + client.path, { body, headers });

/** The error's message; the answer has to be in the client's own form, with `status`. */
function errorOf(client: ClientFormat, answer: Exchange, status: number): string {
  expect(answer.status, answer.body).toBe(status);
  expect(answer.headers["content-type"]).toContain("application/json");
  const json = JSON.parse(answer.body) as { type?: unknown; error: { type: unknown; message: string } };
  if (client === anthropicMessages) expect(json.type).toBe("error");
  else expect(json.type).toBeUndefined();
  expect(typeof json.error.type).toBe("string");
  expect(json.error.message).not.toBe("");
  expect(answer.body).not.toContain(SECRET_TEXT);
  return json.error.message;
}

const MODEL = JSON.stringify(modelOf("openai-like"));
const MESSAGES = JSON.stringify([{ role: "user", content: SECRET_TEXT }]);
const nested = (depth: number) =>
  `{"model":${MODEL},"max_tokens":9,"messages":${MESSAGES},"metadata":${"[".repeat(depth)}${"]".repeat(depth)}}`;
const withMessages = (messages: string) => `{"model":${MODEL},"max_tokens":9,"messages":${messages}}`;

interface BadBody {
  name: string;
  body: string | Buffer;
  status: number;
  /** What the message has to name. */
  names: RegExp;
}

const BAD_BODIES: BadBody[] = [
  { name: "empty", body: "", status: 400, names: /body|JSON/ },
  { name: "white space", body: " \n ", status: 400, names: /body|JSON/ },
  { name: "no JSON", body: `model=x&prompt=${SECRET_TEXT}`, status: 400, names: /JSON/ },
  { name: "an array", body: `[${MODEL}]`, status: 400, names: /object/ },
  {
    name: "a JSON that ends early",
    body: `{"model":${MODEL},"messages":[{"role":"user","content":"${SECRET_TEXT}`,
    status: 400,
    names: /byte|JSON/,
  },
  { name: "something behind the JSON", body: `${withMessages(MESSAGES)} {}`, status: 400, names: /byte|JSON/ },
  { name: "a comment", body: `{"model":${MODEL},/* no */"max_tokens":9,"messages":${MESSAGES}}`, status: 400, names: /byte|JSON/ },
  { name: "no model", body: `{"max_tokens":9,"messages":${MESSAGES}}`, status: 400, names: /model/ },
  { name: "model null", body: `{"model":null,"max_tokens":9,"messages":${MESSAGES}}`, status: 400, names: /model/ },
  { name: "model a number", body: `{"model":5,"max_tokens":9,"messages":${MESSAGES}}`, status: 400, names: /model/ },
  { name: "model empty", body: `{"model":"","max_tokens":9,"messages":${MESSAGES}}`, status: 400, names: /model/ },
  {
    name: "model an unknown one",
    body: `{"model":"nobody/none","max_tokens":9,"messages":${MESSAGES}}`,
    status: 404,
    names: /nobody\/none/,
  },
  {
    name: "model an unknown router",
    body: `{"model":"router:none","max_tokens":9,"messages":${MESSAGES}}`,
    status: 404,
    names: /router:none/,
  },
  { name: "model only a prefix", body: `{"model":"router:","max_tokens":9,"messages":${MESSAGES}}`, status: 404, names: /router:/ },
  {
    name: "model very long",
    body: `{"model":"${"m".repeat(100_000)}","max_tokens":9,"messages":${MESSAGES}}`,
    status: 400,
    names: /model/,
  },
  {
    name: "two models",
    body: `{"model":${MODEL},"max_tokens":9,"messages":${MESSAGES},"model":"router:both"}`,
    status: 400,
    names: /model/,
  },
  {
    name: "two models, one escaped",
    body: `{"mod\\u0065l":"router:both","model":${MODEL},"max_tokens":9,"messages":${MESSAGES}}`,
    status: 400,
    names: /model/,
  },
  {
    name: "two lists of messages",
    body: `{"model":${MODEL},"max_tokens":9,"messages":${MESSAGES},"messages":${MESSAGES}}`,
    status: 400,
    names: /messages/,
  },
  {
    name: "two stream flags",
    body: `{"model":${MODEL},"max_tokens":9,"stream":true,"messages":${MESSAGES},"stream":false}`,
    status: 400,
    names: /stream/,
  },
  {
    name: "stream a string",
    body: `{"model":${MODEL},"max_tokens":9,"stream":"yes","messages":${MESSAGES}}`,
    status: 400,
    names: /stream/,
  },
  { name: "no messages", body: `{"model":${MODEL},"max_tokens":9}`, status: 400, names: /messages/ },
  { name: "messages empty", body: withMessages("[]"), status: 400, names: /messages/ },
  { name: "messages a string", body: withMessages(`"${SECRET_TEXT}"`), status: 400, names: /messages/ },
  { name: "10,000 levels", body: nested(10_000), status: 400, names: /nest|deep|depth|level/ },
  {
    name: "10,000 levels in content",
    body: withMessages(`[{"role":"user","content":${"[".repeat(10_000)}${"]".repeat(10_000)}}]`),
    status: 400,
    names: /nest|deep|depth|level/,
  },
  {
    name: "invalid UTF-8",
    body: Buffer.concat([
      Buffer.from(`{"model":${MODEL},"max_tokens":9,"messages":[{"role":"user","content":"`),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}]}'),
    ]),
    status: 400,
    names: /UTF-8/,
  },
  {
    name: "UTF-8 of a surrogate",
    body: Buffer.concat([
      Buffer.from(`{"model":${MODEL},"max_tokens":9,"messages":[{"role":"user","content":"`),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from('"}]}'),
    ]),
    status: 400,
    names: /UTF-8/,
  },
  {
    name: "a control character in a string",
    body: withMessages('[{"role":"user","content":"a\u0001b"}]'),
    status: 400,
    names: /byte|control|character/,
  },
  {
    name: "a number with a leading zero",
    body: `{"model":${MODEL},"max_tokens":09,"messages":${MESSAGES}}`,
    status: 400,
    names: /byte|number/,
  },
];

describe.each(CLIENT_FORMATS)("$id client", (client) => {
  // A string is a conversation in the responses API.
  const bad = BAD_BODIES.filter(({ name }) => client.conversationField === "messages" || name !== "messages a string");
  const inWords = (text: string) => text.replaceAll("messages", client.conversationField);

  test.each(bad)("$name", async ({ body, status, names }) => {
    // Latin 1 keeps bytes that are no UTF-8.
    const asked = typeof body === "string" ? inWords(body) : Buffer.from(inWords(body.toString("latin1")), "latin1");
    expect(errorOf(client, await send(client, asked), status)).toMatch(new RegExp(inWords(names.source)));
  });

  test("wrong types inside of messages, whatever the provider's format", async () => {
    for (const name of ["openai-like", "anthropic-like", "responses-like"] as const) {
      for (const message of [
        "5",
        "null",
        '"x"',
        "{}",
        '{"role":5,"content":"x"}',
        '{"role":"user","content":5}',
        '{"role":"user","content":[5]}',
        '{"role":"nobody","content":"x"}',
      ]) {
        const body = JSON.stringify({ ...client.request(modelOf(name), "", false), [client.conversationField]: [JSON.parse(message)] });
        const text = errorOf(client, await send(client, body), 400);
        expect(text, `${name}: ${message}`).toMatch(/messages|input|role|content|Invalid value: 'nobody'/);
      }
    }
  });

  test("a body of 60 MB, announced and not", async () => {
    const body = Buffer.alloc(60 * MIB, "x");
    expect(errorOf(client, await send(client, body, { "content-length": String(body.length) }), 413)).toMatch(/52428800|50 MiB|large/);
    expect((await sendChunked(client, body)).status).toBe(413);
  });

  test("a gzip-encoded body", async () => {
    const body = gzipSync(withMessages(MESSAGES));
    expect(errorOf(client, await send(client, body, { "content-encoding": "gzip" }), 415)).toMatch(/encod|compress/);
  });

  test.each(["GET", "PUT", "DELETE"])("%s", async (method) => {
    const answer = await exchange(gateway.url + client.path, { method });
    expect(errorOf(client, answer, 405)).toMatch(/POST/);
  });
});

/** Sends without a length. The answer may come while the body is still being sent. */
function sendChunked(client: ClientFormat, body: Buffer): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(gateway.url + client.path, {
      method: "POST",
      agent: false,
      headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
    });
    let answered = false;
    call.on("response", (response) => {
      answered = true;
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
      });
      response.on("close", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    // Envoy may close the connection before all of the body is sent.
    call.on("error", (error) => (answered ? undefined : reject(error)));
    for (let at = 0; at < body.length; at += MIB) call.write(body.subarray(at, at + MIB));
    call.end();
  });
}

test("an unknown path is not found, with or without a body", async () => {
  for (const path of ["/", "/v1/unknown", "/v1/chat/completions/more", "/V1/messages", "//v1/messages"]) {
    const answer = await exchange(gateway.url + path, { body: withMessages(MESSAGES) });
    expect(answer.status, path).toBe(404);
    expect(JSON.parse(answer.body).error.message).toContain("/v1/chat/completions");
  }
});

test.each(["openai-like", "anthropic-like"] as const)(
  "a request of Anthropic's API without max_tokens, to %s: no provider is asked",
  async (name) => {
    const count = fleet.mock(name).requests.length;
    for (const limit of ["", '"max_tokens":null,']) {
      const body = `{"model":${JSON.stringify(modelOf(name))},${limit}"messages":${MESSAGES}}`;
      const answer = await exchange(gateway.url + anthropicMessages.path, { body });
      expect(errorOf(anthropicMessages, answer, 400)).toMatch(/max_tokens.*required/);
    }
    expect(fleet.mock(name).requests.length).toBe(count);
  },
);

test("a query behind the path is none of the gateway's business", async () => {
  for (const client of CLIENT_FORMATS) {
    const answer = await exchange(`${gateway.url}${client.path}?beta=true`, {
      body: client.request(modelOf("openai-like"), "Hello", false),
    });
    expect(readReply(client, answer).complete, answer.body).toBe(true);
  }
});

test("a large body within the limit goes through, with a fallback behind it", async () => {
  fleet.mock("openai-like").queue({ kind: "status", status: 429 });
  const body = openaiChat.request("router:both", "y".repeat(4 * MIB), false);
  const answer = await exchange(gateway.url + openaiChat.path, { body });
  expect(readReply(openaiChat, answer).complete, answer.body.slice(0, 300)).toBe(true);
  expect(answer.headers["x-model-router-attempts"]).toBe("openai-like/model;status=429, anthropic-like/model;status=200");
  expect(fleet.mock("anthropic-like").requests.at(-1)?.bodyText.length).toBeGreaterThan(4 * MIB);
});

test("nothing is left open", async () => {
  expect(await activeRequests(gateway)).toBe(0);
});
