// A chat model that was not trained to route decides: asked through the gateway itself, in its own provider's format and with its own key.

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { ask, CLIENT_FORMATS, openaiChat } from "./client_formats.ts";
import { type ConfigParts, configOf, Fleet, modelOf } from "./fleet.ts";

const CODE_PROMPT = "Write a Python function that sorts a list of dictionaries by key";

let asked: { headers: IncomingHttpHeaders; body: { model: string; max_tokens: number; messages: { content: unknown }[] } }[];
/** null for no answer at all. */
let answer: string | null;
let judge: Server;
let fleet: Fleet<"code" | "prose">;
let config: ConfigParts;
let gateway: Gateway;

beforeAll(async () => {
  judge = createServer(async (request, response) => {
    asked.push({ headers: request.headers, body: JSON.parse(await text(request)) });
    if (answer === null) return;
    response.writeHead(200, { "content-type": "application/json" });
    // https://docs.anthropic.com/en/api/messages, the answer's example.
    const usage = { input_tokens: 310, output_tokens: 14 };
    const content = [{ type: "text", text: answer }];
    const ends = { stop_reason: "end_turn", stop_sequence: null };
    response.end(JSON.stringify({ id: "msg_01", type: "message", role: "assistant", model: "claude-haiku-4-5", content, ...ends, usage }));
  });
  judge.listen(0, "127.0.0.1");
  await once(judge, "listening");
  const base_url = `http://127.0.0.1:${(judge.address() as AddressInfo).port}`;
  fleet = await Fleet.start({ code: { format: "anthropic_messages" }, prose: { format: "openai_chat" } });
  config = configOf({
    model_providers: [
      ...fleet.entries(),
      { model: "judge/claude-haiku-4-5", base_url, provider_interface: "anthropic", access_key: "judge-key", default: true },
    ],
    // Every request is routed, whatever model it names: the routing model's own must not be.
    routing_preferences: [
      { name: "programming", description: "Writing, explaining or repairing program code", models: [modelOf("code")] },
      { name: "poetry", description: "Writing poems, songs and rhymes", models: [modelOf("prose")] },
    ],
    overrides: { llm_routing_model: "judge/claude-haiku-4-5" },
    limits: { decision_ms: 3_000 },
  }) as ConfigParts;
  asked = [];
  gateway = await startGateway({ config });
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
  judge?.closeAllConnections();
  judge?.close();
});

beforeEach(() => {
  asked = [];
  answer = '{"route": "poetry"}';
});

test("it decides, for every client, asked once in its own format with its own key", async () => {
  for (const client of CLIENT_FORMATS) {
    asked = [];
    const { headers, body, reply } = await ask(gateway.url, client, { model: modelOf("code"), prompt: CODE_PROMPT, stream: true });
    expect(reply.complete, body).toBe(true);
    expect(headers["x-model-router-selected-route"]).toBe("poetry");
    expect(headers["x-model-router-selected-model"]).toBe("prose/model");
    expect(asked).toHaveLength(1);
    expect(asked[0]?.headers["x-api-key"]).toBe("judge-key");
    expect(asked[0]?.body.model).toBe("claude-haiku-4-5");
    expect(JSON.stringify(asked[0]?.body.messages)).toContain(CODE_PROMPT);
    expect(JSON.stringify(asked[0]?.body.messages)).toContain("Writing poems, songs and rhymes");
  }
});

test.each([
  { name: "answers around its JSON", text: 'Sure!\n```json\n{"route": "poetry"}\n```', route: "poetry" },
  { name: "says that there is no route", text: '{"route": "other"}', route: "none" },
  {
    name: "does what the request asks for",
    text: "def sort_by(rows, key): return sorted(rows, key=lambda row: row[key])",
    route: "programming",
  },
  { name: "does not answer", text: null, route: "programming" },
])("when it $name: $route", async ({ text, route }) => {
  answer = text;
  const { headers, body, reply } = await ask(gateway.url, openaiChat, { model: modelOf("code"), prompt: CODE_PROMPT, stream: true });
  expect(reply.complete, body).toBe(true);
  expect(headers["x-model-router-selected-route"]).toBe(route);
});

test("it can be changed while the gateway runs", async () => {
  const { overrides: _, ...embedded } = config;
  await gateway.reload(embedded as ConfigParts);
  const without = await ask(gateway.url, openaiChat, { model: modelOf("code"), prompt: CODE_PROMPT, stream: false });
  expect(without.headers["x-model-router-selected-route"]).toBe("programming");
  expect(asked).toHaveLength(0);
  await gateway.reload(config);
  const askAgain = async () => {
    const { headers } = await ask(gateway.url, openaiChat, { model: modelOf("code"), prompt: CODE_PROMPT, stream: false });
    return headers["x-model-router-selected-route"];
  };
  await expect.poll(askAgain, { timeout: 40_000 }).toBe("poetry");
});
