import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitUntil } from "../../../../test/e2e/wait_until.ts";
import type { Conversation, PromptForm, Resolver, Route } from "../resolver.ts";
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
  readonly isRepeatable = true;
  asked = 0;
  prepared: (readonly Route[])[] = [];
  closed = false;
  ready = async () => {};
  resolve = async () => {
    this.asked += 1;
    return { route: "bug-fixing", confidence: 0.7, resolver: this.id };
  };
  prepare = async (routes: readonly Route[]) => {
    this.prepared.push(routes);
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

type Changes = { socketPath?: string; promptForm?: PromptForm; deadline_ms?: number; apiKey?: string; contextLength_tokens?: number };

function createSlm(changes: Changes = {}, now_ms?: () => number) {
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
    now_ms,
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

  it("asks a chat model on the gateway's socket, with room to think and no temperature", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "slm-"));
    const socketPath = path.join(folder, "routing.sock");
    const local = createServer(async (request, response) => {
      requests.push({ request, body: JSON.parse(await text(request)) });
      answering(completion('{"route": "bug-fixing"}'))(response);
    });
    await new Promise<void>((resolve) => local.listen(socketPath, resolve));
    const { slm } = createSlm({ socketPath, promptForm: "chat" });
    const { route } = await slm.resolve(conversation, routes, never);
    await new Promise((resolve) => {
      local.close(resolve);
      local.closeAllConnections();
    });
    await rm(folder, { recursive: true });
    expect(route).toBe("bug-fixing");
    expect(requests[0]?.body).toMatchObject({ max_completion_tokens: 2048 });
    expect(requests[0]?.body).not.toHaveProperty("temperature");
    expect(requests[0]?.body).not.toHaveProperty("max_tokens");
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

describe("a second attempt", () => {
  const good = answering(completion('{"route": "code-generation"}'));
  /** Answers the nth request in the nth way, and the others in the last. */
  const inTurn = (...ways: Handler[]): Handler => {
    return (response) => ways[Math.min(requests.length, ways.length) - 1]?.(response);
  };
  const hanging: Handler = () => {};

  it.each<[string, Handler]>([
    ["hangs", hanging],
    ["hangs in the middle of the answer", (response) => response.write('{"choices":')],
    ["is overloaded", answering({ error: { message: "busy" } }, 503)],
    ["is out of its rate", answering({ error: { message: "slow down" } }, 429)],
    ["breaks off", (response) => response.destroy()],
  ])("is made when the first %s", async (_, first) => {
    handle = inTurn(first, good);
    const { slm, fallback } = createSlm({ deadline_ms: 500 });
    expect(await slm.resolve(conversation, routes, never)).toMatchObject({ route: "code-generation", resolver: slm.id });
    expect([requests.length, fallback.asked]).toEqual([2, 0]);
    expect(requests[1]?.body).toEqual(requests[0]?.body);
  });

  it("does not end the first, which may still answer first", async () => {
    handle = inTurn((response) => setTimeout(() => good(response), 300), hanging);
    const { slm } = createSlm({ deadline_ms: 500 });
    expect(await slm.resolve(conversation, routes, never)).toMatchObject({ route: "code-generation" });
    expect(requests).toHaveLength(2);
  });

  it.each<[string, Handler, string]>([
    ["both hang", hanging, "deadline"],
    ["both are overloaded", answering({ error: { message: "busy" } }, 503), "status"],
    ["both break off", (response) => response.destroy(), "unreachable"],
  ])("is the last one: %s", async (_, handler, miss) => {
    handle = handler;
    const { slm } = createSlm({ deadline_ms: 200 });
    expect(await slm.resolve(conversation, routes, never)).toMatchObject({ resolver: "fallback", miss });
    expect(requests).toHaveLength(2);
  });

  it.each<[string, Handler]>([
    ["what was asked is wrong", answering(notFound, 404)],
    ["the answer is nonsense, as it would be again", answering(completion("Sure!"))],
  ])("is not made when %s", async (_, handler) => {
    handle = handler;
    await createSlm().slm.resolve(conversation, routes, never);
    expect(requests).toHaveLength(1);
  });

  it("is made for a tenth of the requests only, when all are slow", async () => {
    handle = (response) => setTimeout(() => good(response), 60);
    const { slm } = createSlm({ deadline_ms: 100 });
    await Promise.all(Array.from({ length: 40 }, () => slm.resolve(conversation, routes, never)));
    // Ten were saved up, and four came with forty requests; the last of them is not whole in floating point.
    expect(requests.length).toBeGreaterThanOrEqual(40 + 10);
    expect(requests.length).toBeLessThanOrEqual(40 + 14);
  });
});

it("prepares what stands in for the routes, and asks the model nothing", async () => {
  const { slm, fallback } = createSlm();
  await slm.prepare(routes, never);
  expect(fallback.prepared).toEqual([routes]);
  expect(requests).toHaveLength(0);
});

describe("a model that is down", () => {
  const good = answering(completion('{"route": "code-generation"}'));
  const down = answering(notFound, 404);
  let clock_ms: number;
  beforeEach(() => (clock_ms = 0));
  const ask = (slm: Resolver) => slm.resolve(conversation, routes, never);

  async function bringDown(): Promise<{ slm: Resolver; fallback: FallbackResolver }> {
    handle = down;
    const { slm, fallback } = createSlm({}, () => clock_ms);
    for (let failure = 1; failure <= 5; failure += 1) expect(await ask(slm)).toMatchObject({ miss: "status" });
    return { slm, fallback };
  }

  it("is left alone after five failures in a row, and others answer at once", async () => {
    const { slm, fallback } = await bringDown();
    clock_ms += 999;
    for (let turn = 0; turn < 20; turn += 1)
      expect(await ask(slm)).toEqual({ route: "bug-fixing", confidence: 0.7, resolver: "fallback", miss: "circuit_open" });
    expect([requests.length, fallback.asked]).toEqual([5, 25]);
  });

  it("is not left alone for failures between answers, or for answers that can't be read", async () => {
    const { slm } = createSlm({}, () => clock_ms);
    for (let turn = 1; turn <= 20; turn += 1) {
      handle = turn % 5 === 0 ? answering(completion("Sure!")) : down;
      expect(await ask(slm)).toMatchObject({ miss: turn % 5 === 0 ? "unreadable" : "status" });
    }
  });

  it("is tried again later without anybody waiting for it, and asked again when it answers", async () => {
    const { slm } = await bringDown();
    clock_ms += 1_000;
    let respond = () => {};
    handle = (response) => (respond = () => good(response));
    // While it is tried, the others don't try it, too.
    for (let turn = 0; turn < 3; turn += 1) expect(await ask(slm)).toMatchObject({ resolver: "fallback", miss: "circuit_open" });
    await waitUntil("it has been asked", () => requests.length === 6);
    handle = good;
    respond();
    await waitUntil("it is back", async () => (await ask(slm)).resolver === slm.id);
  });

  it("is back when it answers nonsense, which is no reason to leave it alone", async () => {
    const { slm } = await bringDown();
    clock_ms += 1_000;
    handle = answering(completion("x".repeat(100_000)));
    await ask(slm);
    await waitUntil("it is back", async () => (await ask(slm)).miss === "unreadable");
  });

  it("is left alone for longer and longer while it stays down", async () => {
    const { slm } = await bringDown();
    for (const [turn, wait_ms] of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      clock_ms += wait_ms - 1;
      await ask(slm);
      expect(requests).toHaveLength(5 + turn);
      clock_ms += 1;
      await ask(slm);
      await waitUntil("it has been tried", () => requests.length === 6 + turn);
      // The answer to the trial has to be in before the clock goes on.
      await sleep(30);
    }
  });

  it("is none because callers gave up", async () => {
    handle = () => {};
    const { slm } = createSlm({}, () => clock_ms);
    for (let turn = 0; turn < 10; turn += 1) await slm.resolve(conversation, routes, AbortSignal.timeout(5)).catch(() => undefined);
    handle = good;
    expect(await ask(slm)).toMatchObject({ resolver: slm.id });
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
