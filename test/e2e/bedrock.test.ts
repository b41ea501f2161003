// Amazon Bedrock behind the gateway: its signed requests, verified, and what becomes of its binary streams.

import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { ask, CLIENT_FORMATS, openaiChat } from "./client_formats.ts";
import { readAttempts } from "./exchange.ts";
import { configOf, Fleet, type FleetMember, fixedRouter } from "./fleet.ts";

const ACCOUNT = {
  accessKeyId: "AKIDEXAMPLEOFTESTS",
  secretAccessKey: "secret+of/the=tests",
  sessionToken: "session/token+of==the/tests",
};
const REGION = "eu-central-1";
const OTHER_REGION = "us-gov-west-1";
const MODELS = [
  "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0",
];

let fleet: Fleet<string>;
let gateway: Gateway;

const MEMBERS: Record<string, FleetMember> = {
  signed: { format: "bedrock_converse", aws: { ...ACCOUNT, region: REGION } },
  failing: { format: "bedrock_converse", aws: { ...ACCOUNT, region: REGION }, behaviour: { kind: "status", status: 503 } },
  elsewhere: { format: "bedrock_converse", aws: { ...ACCOUNT, region: OTHER_REGION } },
  stranger: { format: "bedrock_converse", aws: { ...ACCOUNT, accessKeyId: "AKIDOFANOTHER", region: REGION } },
  broken: { format: "openai_chat", behaviour: { kind: "status", status: 500 } },
  openai: { format: "openai_chat" },
  anthropic: { format: "anthropic_messages" },
  "damaged-first": { format: "bedrock_converse", behaviour: { kind: "damaged", at: "first" } },
  "damaged-later": { format: "bedrock_converse", behaviour: { kind: "damaged", at: "after content", chunkIntervalMs: 5 } },
};
const SIGNED = ["signed", "failing", "elsewhere", "stranger"];

beforeAll(async () => {
  fleet = await Fleet.start(MEMBERS);
  const entries = Object.keys(MEMBERS).map((name) => {
    if (!SIGNED.includes(name)) return fleet.entry(name);
    return { ...fleet.entry(name, { aws: { region: name === "elsewhere" ? OTHER_REGION : REGION } }), access_key: undefined };
  });
  const more = MODELS.map((model) => ({
    ...fleet.entry("signed", { aws: { region: "$AWS_REGION" } }),
    model: `signed/${model}`,
    access_key: undefined,
  }));
  gateway = await startGateway({
    config: configOf({
      model_providers: [...entries, ...more],
      routers: [
        fixedRouter("twice-signed", ["failing", "elsewhere"]),
        fixedRouter("signed-second", ["broken", "signed"]),
        fixedRouter("signed-first", ["failing", "anthropic"]),
        fixedRouter("damaged", ["damaged-first", "openai"]),
      ],
    }),
    brightstaff: false,
    env: {
      AWS_ACCESS_KEY_ID: ACCOUNT.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ACCOUNT.secretAccessKey,
      AWS_SESSION_TOKEN: ACCOUNT.sessionToken,
      AWS_REGION: REGION,
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
});

const modelOf = (name: string) => `${name}/model`;
const lastOf = (name: string) => fleet.mock(name).requests.at(-1);

describe.each(CLIENT_FORMATS)("$id client", (client) => {
  test.each([true, false])("a signed request is answered (streamed: %s)", async (stream) => {
    for (const model of ["model", ...MODELS]) {
      const answer = await ask(gateway.url, client, { model: `signed/${model}`, prompt: "What is a fjord?", stream });
      expect(answer.reply, answer.body).toMatchObject({ complete: true, error: null, model });
      expect(answer.reply.text).toContain("demo answer");
      expect(answer.headers["content-type"]).toContain(stream ? "text/event-stream" : "application/json");
      expect(lastOf("signed")).toMatchObject({ signatureProblem: null, method: "POST" });
      expect(lastOf("signed")?.path).toBe(`/model/${encodeURIComponent(model)}/${stream ? "converse-stream" : "converse"}`);
    }
  });

  test.each([true, false])("both attempts are signed, each for its own region and address (streamed: %s)", async (stream) => {
    const answer = await ask(gateway.url, client, { model: "router:twice-signed", stream });
    expect(answer.reply, answer.body).toMatchObject({ complete: true, error: null });
    expect(readAttempts(answer.headers).map(({ outcome }) => outcome)).toEqual(["status=503", "status=200"]);
    for (const name of ["failing", "elsewhere"]) expect(lastOf(name)?.signatureProblem).toBeNull();
    expect(lastOf("elsewhere")?.headers["x-amz-date"]).toMatch(/^\d{8}T\d{6}Z$/);
  });

  test.each([true, false])("from another provider's failure to a signed request (streamed: %s)", async (stream) => {
    const answer = await ask(
      gateway.url,
      client,
      { model: "router:signed-second", stream },
      { headers: { authorization: "Bearer client" } },
    );
    expect(answer.reply, answer.body).toMatchObject({ complete: true, error: null });
    expect(lastOf("signed")?.signatureProblem).toBeNull();
  });

  test.each([true, false])("nothing of a signature reaches the provider that is tried next (streamed: %s)", async (stream) => {
    const answer = await ask(gateway.url, client, { model: "router:signed-first", stream });
    expect(answer.reply, answer.body).toMatchObject({ complete: true, error: null });
    expect(lastOf("failing")?.headers["x-amz-security-token"]).toBe(ACCOUNT.sessionToken);
    const sent = Object.keys(lastOf("anthropic")?.headers ?? {});
    expect(sent.filter((name) => name.startsWith("x-amz-") || name === "authorization")).toEqual([]);
  });

  test("a message that fails its checksum before content is a failed attempt", async () => {
    const answer = await ask(gateway.url, client, { model: "router:damaged", stream: true });
    expect(answer.reply).toMatchObject({ complete: true, error: null });
    expect(readAttempts(answer.headers).map(({ outcome }) => outcome)).toEqual(["error=stream-error", "status=200"]);
  });

  test("one that fails it later ends the stream with the client's error event", async () => {
    const answer = await ask(gateway.url, client, { model: modelOf("damaged-later"), stream: true });
    expect(answer.status).toBe(200);
    expect(answer.reply.text).not.toBe("");
    expect(answer.reply.complete).toBe(false);
    expect(answer.reply.error?.message).toContain("checksum");
  });
});

test("a signature that is not good is told as the provider's refusal", async () => {
  const answer = await ask(gateway.url, openaiChat, { model: modelOf("stranger"), stream: false });
  expect(answer.status).toBe(403);
  expect(answer.reply.error).toEqual({ type: "permission_error", message: "The security token included in the request is invalid." });
  expect(JSON.parse(answer.body)).toMatchObject({ error: { code: "AccessDeniedException" } });
});

test("a client's own signature headers do not reach the provider", async () => {
  const headers = {
    "x-amz-date": "20200101T000000Z",
    "x-amz-security-token": "forged",
    "x-amz-content-sha256": "forged",
    authorization: "AWS4 forged",
  };
  const answer = await ask(gateway.url, openaiChat, { model: modelOf("signed"), stream: false }, { headers });
  expect(answer.status, answer.body).toBe(200);
  expect(lastOf("signed")?.signatureProblem).toBeNull();
});

test("a large body is signed as it is sent", async () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
  const content = `Sum up: ${'é and "more"\n'.repeat(300_000)}`;
  const answer = await client.chat.completions.create({ model: modelOf("signed"), messages: [{ role: "user", content }] });
  expect(answer.choices[0]?.message.content).toContain("demo answer");
  expect(lastOf("signed")?.signatureProblem).toBeNull();
});

test("no credential stands in a configuration that Envoy dumps or in a log", async () => {
  const dump = await gateway.envoy.admin("/config_dump?include_eds");
  expect(dump).toContain("aws_request_signing");
  for (const secret of [ACCOUNT.secretAccessKey, ACCOUNT.sessionToken]) {
    expect(dump).not.toContain(secret);
    expect(gateway.logs()).not.toContain(secret);
  }
});
