import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Conversation, PromptForm, Resolver } from "../resolver.ts";
import { SlmResolver } from "./resolver.ts";

const routes = [
  { name: "code-generation", description: "writing new code" },
  { name: "bug-fixing", description: "fixing errors in code" },
];
const conversation: Conversation = [{ role: "user", content: "write a function" }];
const never = new AbortController().signal;

/** What vLLM's OpenAI-compatible server answers to a chat completion, fields and all (vLLM 0.11). */
const completion = (content: string | null) => ({
  id: "chatcmpl-3f0c7e6a5d2b4f1e9a8c7b6d5e4f3a2b",
  object: "chat.completion",
  created: 1764000000,
  model: "katanemo/Arch-Router-1.5B",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content,
        refusal: null,
        annotations: null,
        audio: null,
        function_call: null,
        tool_calls: [],
        reasoning_content: null,
      },
      logprobs: null,
      finish_reason: "stop",
      stop_reason: null,
      token_ids: null,
    },
  ],
  service_tier: null,
  system_fingerprint: null,
  usage: { prompt_tokens: 402, total_tokens: 414, completion_tokens: 12, prompt_tokens_details: null },
  prompt_logprobs: null,
  prompt_token_ids: null,
  kv_transfer_params: null,
});
const notFound = {
  error: { message: "The model `nobody` does not exist.", type: "NotFoundError", param: null, code: 404 },
};

type Handler = (response: ServerResponse) => void;
const answering = (body: unknown, status = 200): Handler => {
  return (response) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

class FallbackResolver implements Resolver {
  readonly id = "fallback";
  asked = 0;
  closed = false;
  ready = async () => {};
  resolve = async () => {
    this.asked += 1;
    return { route: "bug-fixing", confidence: 0.7, resolver: this.id };
  };
  close = async () => {
    this.closed = true;
  };
}

let server: Server;
let handle: Handler;
let requests: {
  request: IncomingMessage;
  body: { model: string; messages: { role: string; content: string }[] } & Record<string, unknown>;
}[];
let connections: number;
let resolvers: SlmResolver[];

beforeEach(async () => {
  requests = [];
  resolvers = [];
  connections = 0;
  server = createServer(async (request, response) => {
    requests.push({ request, body: JSON.parse(await text(request)) });
    handle(response);
  });
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  await Promise.all(resolvers.map((resolver) => resolver.close()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function createSlm(changes: { promptForm?: PromptForm; deadline_ms?: number; apiKey?: string; contextLength_tokens?: number } = {}) {
  const fallback = new FallbackResolver();
  const slm = new SlmResolver(
    {
      kind: "slm",
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`,
      model: "katanemo/Arch-Router-1.5B",
      promptForm: "arch-router",
      deadline_ms: 5_000,
      contextLength_tokens: 2048,
      fallback: { kind: "embedded", modelDir: "unused" },
      ...changes,
    },
    fallback,
  );
  resolvers.push(slm);
  return { slm, fallback };
}

describe("a model that answers", () => {
  it.each<[PromptForm, string, string | null]>([
    ["arch-router", '{"route": "code-generation"}', "code-generation"],
    ["arch-router", '{"route": "other"}', null],
    ["plano-orchestrator", '{"route": ["code-generation"]}', "code-generation"],
    ["plano-orchestrator", '{"route": []}', null],
  ])("%s: %s", async (promptForm, content, route) => {
    handle = answering(completion(content));
    const { slm, fallback } = createSlm({ promptForm });
    expect(await slm.resolve(conversation, routes, never)).toEqual({ route, confidence: null, resolver: "katanemo/Arch-Router-1.5B" });
    expect(fallback.asked).toBe(0);
  });

  it("is asked in one user message, at its likeliest, for a short answer", async () => {
    handle = answering(completion('{"route": "other"}'));
    await createSlm({ apiKey: "secret" }).slm.resolve(conversation, routes, never);
    const [{ request, body }] = requests as [(typeof requests)[number]];
    expect([request.method, request.url, request.headers.authorization]).toEqual(["POST", "/v1/chat/completions", "Bearer secret"]);
    expect(body).toMatchObject({ model: "katanemo/Arch-Router-1.5B", temperature: 0, max_tokens: 128 });
    expect(body.messages).toEqual([
      { role: "user", content: expect.stringContaining('[{"role": "user", "content": "write a function"}]') },
    ]);
  });

  it("gets no more than its context holds, routes and answer included", async () => {
    handle = answering(completion('{"route": "other"}'));
    const { slm } = createSlm({ contextLength_tokens: 1000 });
    await slm.resolve([{ role: "user", content: `first ${"x ".repeat(20_000)} last` }], routes, never);
    const prompt = requests[0]?.body.messages[0]?.content ?? "";
    expect(prompt.length / 4).toBeLessThanOrEqual(1000 - 128);
    expect(prompt).toMatch(/first x .*….* x {2}last"/);
  });

  it("is asked over connections that are kept", async () => {
    handle = answering(completion('{"route": "other"}'));
    const { slm } = createSlm();
    for (let turn = 0; turn < 20; turn += 1) await slm.resolve(conversation, routes, never);
    expect(requests).toHaveLength(20);
    // A second one is opened when the next request comes before the first one's end has been noticed.
    expect(connections).toBeLessThanOrEqual(2);
  });
});

describe("a model that does not answer as it should", () => {
  it.each<[string, Handler, string]>([
    ["is not served", answering(notFound, 404), "status"],
    ["is overloaded", answering({ error: { message: "busy", type: "x", param: null, code: 503 } }, 503), "status"],
    ["breaks off", (response) => response.destroy(), "unreachable"],
    ["talks", answering(completion("Sure! That sounds like fun.")), "unreadable"],
    ["says nothing", answering(completion(null)), "unreadable"],
    ["is no chat model", answering({ hello: "world" }), "unreadable"],
    ["answers HTML", (response) => response.end("<html>"), "unreadable"],
    ["never stops", answering(completion("x".repeat(100_000))), "unreadable"],
    ["names another route", answering(completion('{"route": "weather"}')), "unknown_route"],
  ])("%s", async (_, handler, miss) => {
    handle = handler;
    const { slm } = createSlm();
    expect(await slm.resolve(conversation, routes, never)).toEqual({ route: "bug-fixing", confidence: 0.7, resolver: "fallback", miss });
  });

  it("misses its deadline", async () => {
    handle = () => {};
    const { slm } = createSlm({ deadline_ms: 50 });
    const started = performance.now();
    expect(await slm.resolve(conversation, routes, never)).toMatchObject({ resolver: "fallback", miss: "deadline" });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it("misses its deadline in the middle of the answer", async () => {
    handle = (response) => response.write('{"choices":');
    const { slm } = createSlm({ deadline_ms: 50 });
    expect(await slm.resolve(conversation, routes, never)).toMatchObject({ resolver: "fallback", miss: "deadline" });
  });

  it("is not there", async () => {
    const { slm } = createSlm();
    await new Promise((resolve) => server.close(resolve));
    expect(await slm.resolve(conversation, routes, never)).toMatchObject({ resolver: "fallback", miss: "unreachable" });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
});

it("gives up when the caller does, without asking the fallback", async () => {
  handle = () => {};
  const { slm, fallback } = createSlm();
  const caller = new AbortController();
  const pending = slm.resolve(conversation, routes, caller.signal);
  setTimeout(() => caller.abort(new Error("the client left")), 20);
  await expect(pending).rejects.toThrow("the client left");
  expect(fallback.asked).toBe(0);
});

it("closes its fallback with itself", async () => {
  const { slm, fallback } = createSlm();
  await slm.close();
  expect(fallback.closed).toBe(true);
});
