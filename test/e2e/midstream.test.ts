// A provider that fails after its first content: the client has begun to read, nobody else can go on, and nothing may look complete.

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import type { PacedBehaviour } from "../mock_providers/behaviours.ts";
import { ask, CLIENT_FORMATS } from "./client_formats.ts";
import { configOf, Fleet, type FleetMember, fixedRouter, modelOf, nameOf, WIRE_FORMATS } from "./fleet.ts";

/** Longer than a machine that is busy with other tests keeps a stream waiting. */
const STREAM_IDLE_MS = 4_000;

const BEHAVIOURS: Record<string, PacedBehaviour> = {
  cut: { kind: "cut", at: "after content" },
  "end-early": { kind: "end early", at: "after content" },
  error: { kind: "error event", at: "after content" },
  // The first piece holds the first content; the second would come long after the silence that is allowed.
  silence: { kind: "answer", chunkBytes: [3_000, 1], chunkIntervalMs: 60_000 },
};

const GOOD = "good";
const PAIRS = CLIENT_FORMATS.flatMap((client) => WIRE_FORMATS.map((provider) => ({ client, provider })));

let fleet: Fleet<string>;
let gateway: Gateway;

beforeAll(async () => {
  const members: Record<string, FleetMember> = { [GOOD]: { format: "openai_chat" } };
  for (const [name, behaviour] of Object.entries(BEHAVIOURS)) {
    for (const format of WIRE_FORMATS) members[nameOf(name, format)] = { format, behaviour };
  }
  fleet = await Fleet.start(members);
  const faulty = Object.keys(members).filter((name) => name !== GOOD);
  gateway = await startGateway({
    config: configOf({
      model_providers: fleet.entries(),
      routers: faulty.map((name) => fixedRouter(name, [name, GOOD])),
      limits: { stream_idle_ms: STREAM_IDLE_MS },
    }),
    brightstaff: false,
  });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
});

const PROMPT = "Tell me about the sea";

describe.concurrent.each(PAIRS)("$client.id client, $provider provider", ({ client, provider }) => {
  const stream = (fault: string) => ask(gateway.url, client, { model: `router:${nameOf(fault, provider)}`, prompt: PROMPT, stream: true });

  test.each(["cut", "silence"])("%s: the client's stream breaks", async (fault) => {
    const answer = await stream(fault);
    expect(answer.status).toBe(200);
    expect(answer.reply.text).not.toBe("");
    expect(answer.reply.complete).toBe(false);
    expect(answer.cut).toBe(true);
  });

  test.each(["end-early", "error"])("%s: the stream ends with the format's error event", async (fault) => {
    const answer = await stream(fault);
    expect(answer.status).toBe(200);
    expect(answer.cut).toBe(false);
    expect(answer.reply.text).not.toBe("");
    expect(answer.reply.error?.message).not.toBe("");
    expect(answer.reply.error).not.toBeNull();
    expect(answer.reply.complete).toBe(false);
    expect(answer.reply.stopReason).toBeNull();
    expect(answer.headers["x-model-router-attempts"]).toBe(`${modelOf(nameOf(fault, provider))};status=200`);
  });
});

test("nobody else was asked to go on", () => {
  expect(fleet.mock(GOOD).requests).toEqual([]);
});

describe.concurrent.each(WIRE_FORMATS)("the official SDKs notice, %s provider", (provider) => {
  const models = Object.keys(BEHAVIOURS).map((fault) => `router:${nameOf(fault, provider)}`);

  test.each(models)("openai, %s", async (model) => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
    const chunks = await client.chat.completions.create({ model, messages: [{ role: "user", content: PROMPT }], stream: true });
    let text = "";
    const read = async () => {
      for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? "";
    };
    await expect(read()).rejects.toThrow();
    expect(text).not.toBe("");
  });

  test.each(models)("openai's responses, %s", async (model) => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "key-of-the-client", maxRetries: 0 });
    const stream = client.responses.stream({ model, input: PROMPT });
    let text = "";
    stream.on("response.output_text.delta", ({ delta }) => {
      text += delta;
    });
    await expect(stream.finalResponse()).rejects.toThrow();
    expect(text).not.toBe("");
  });

  test.each(models)("@anthropic-ai/sdk, %s", async (model) => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: "key-of-the-client", maxRetries: 0 });
    const stream = client.messages.stream({ model, max_tokens: 200, messages: [{ role: "user", content: PROMPT }] });
    let text = "";
    stream.on("text", (delta) => {
      text += delta;
    });
    await expect(stream.finalMessage()).rejects.toThrow();
    expect(text).not.toBe("");
  });
});
