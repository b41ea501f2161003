// Which candidates are tried, and in what order, where providers and models meet in less usual ways.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { anthropicMessages, ask, CLIENT_FORMATS, openaiChat, readReply } from "./client_formats.ts";
import { exchange } from "./exchange.ts";
import { configOf, Fleet, modelOf } from "./fleet.ts";

const EIGHT = Array.from({ length: 8 }, (_, index) => `candidate-${index + 1}` as const);

let fleet: Fleet<string>;
let gateway: Gateway;

beforeAll(async () => {
  fleet = await Fleet.start({
    // One provider, one credential, one cluster; models of it fail one by one.
    shared: {
      format: "openai_chat",
      choose: ({ body }) => (String(body?.model).startsWith("limited") ? { kind: "status", status: 429 } : undefined),
    },
    "openai-like": { format: "openai_chat" },
    "anthropic-like": { format: "anthropic_messages" },
    broken: { format: "anthropic_messages", behaviour: { kind: "status", status: 503 } },
    ...Object.fromEntries(
      EIGHT.map(
        (name, index) =>
          [name, { format: index % 2 ? "openai_chat" : "anthropic_messages", behaviour: { kind: "status", status: 503 } }] as const,
      ),
    ),
  });
  const task = { name: "anything", description: "Any request" };
  const router = (name: string, models: string[]) => ({ name, policies: [{ task, models: models.slice(0, 1) }], fallback_models: models });
  gateway = await startGateway({
    config: configOf({
      model_providers: [
        fleet.entry("shared", { model: "shared/*" }),
        fleet.entry("openai-like"),
        fleet.entry("anthropic-like"),
        fleet.entry("broken"),
        ...EIGHT.map((name) => fleet.entry(name)),
      ],
      routers: [
        router("same-provider", ["shared/limited-a", "shared/limited-b", "shared/free", modelOf("anthropic-like")]),
        router("and-back", ["shared/limited-a", modelOf("broken"), "shared/free"]),
        router("eight", EIGHT.map(modelOf)),
        router("anthropic-first", ["anthropic-like", "openai-like"].map(modelOf)),
      ],
    }),
    brightstaff: false,
  });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
});

test.each(CLIENT_FORMATS)("several models of one provider, $id client", async (client) => {
  for (const stream of [true, false]) {
    const answer = await ask(gateway.url, client, { model: "router:same-provider", stream });
    expect(answer.reply.complete, answer.body).toBe(true);
    expect(answer.headers["x-model-router-attempts"]).toBe(
      "shared/limited-a;status=429, shared/limited-b;status=429, shared/free;status=200",
    );
    expect(answer.headers["x-model-router-selected-model"]).toBe("shared/free");
  }
});

test("back to a provider that was tried before, with another model", async () => {
  const answer = await ask(gateway.url, openaiChat, { model: "router:and-back", stream: true });
  expect(answer.reply.complete, answer.body).toBe(true);
  expect(answer.headers["x-model-router-attempts"]).toBe("shared/limited-a;status=429, broken/model;status=503, shared/free;status=200");
});

test("eight candidates, the last of which answers, and then none", async () => {
  const last = EIGHT.at(-1) as string;
  fleet.mock(last).queue({ kind: "answer" });
  const answer = await ask(gateway.url, anthropicMessages, { model: "router:eight", stream: true });
  expect(answer.reply.complete, answer.body).toBe(true);
  const failed = EIGHT.slice(0, -1).map((name) => `${modelOf(name)};status=503`);
  expect(answer.headers["x-model-router-attempts"]).toBe([...failed, `${modelOf(last)};status=200`].join(", "));

  const none = await ask(gateway.url, anthropicMessages, { model: "router:eight", stream: true });
  expect(none.status).toBe(503);
  expect(none.reply.error?.message).toContain("All 8 attempts failed");
  for (const name of EIGHT) expect(fleet.mock(name).requests).toHaveLength(2);
});

test("a candidate whose API has no words for the request is passed over", async () => {
  const content = [
    { type: "text", text: "What is said here?" },
    { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
  ];
  const answer = await exchange(gateway.url + openaiChat.path, {
    body: { model: "router:anthropic-first", messages: [{ role: "user", content }] },
  });
  expect(answer.status, answer.body).toBe(200);
  expect(readReply(openaiChat, answer).complete).toBe(true);
  expect(answer.headers["x-model-router-selected-model"]).toBe(modelOf("openai-like"));
});

test("a conversation that another provider keeps is not answered without its beginning", async () => {
  // What @anthropic-ai/sdk's tool runner sends by default from the second turn on.
  const body = {
    model: modelOf("openai-like"),
    max_tokens: 9,
    thread: { type: "continue", previous_message_id: "msg_1" },
    messages: [{ role: "user", content: "And then?" }],
  };
  const answer = await exchange(gateway.url + anthropicMessages.path, { body });
  expect(answer.status, answer.body).toBe(400);
  expect(readReply(anthropicMessages, answer).error?.message).toContain("thread");
});
