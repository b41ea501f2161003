// The event that leaves the filter for each request, in every way that a request can end, and how events get to brightstaff.

import { beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { config } from "./config.ts";
import { Gateway, type ProviderAnswer, type Request } from "./gateway.ts";
import type { Call, Headers } from "./host.ts";
import { buildModule } from "./module.ts";

let wasm: string;
let gateway: Gateway;

beforeAll(async () => {
  wasm = await buildModule();
});

beforeEach(() => {
  gateway = new Gateway(wasm, config());
});

const NS_PER_MS = 1_000_000n;
const STARTED_MS = 1_000;
const question = { role: "user", content: "A secret question" };
const json: Headers = [["content-type", "application/json"]];
const sse: Headers = [["content-type", "text/event-stream"]];
const passTime = (ms: number) => {
  gateway.host.now_ns += BigInt(ms) * NS_PER_MS;
};
const tick = (of = gateway) => of.host.run(of.gatewayRoot, (x) => x.proxy_on_tick(of.gatewayRoot));
const calls = (): Call[] => gateway.host.calls.filter(({ headers }) => headers.some(([, value]) => value === "/v1/events"));
const linesOf = (call: Call | undefined): Record<string, unknown>[] =>
  (call?.body ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** The events that the next tick sends, which brightstaff takes. */
function flush(): Record<string, unknown>[] {
  tick();
  const [call] = calls();
  if (call === undefined) return [];
  gateway.host.answerCall(call, { status: 204, body: "" });
  return linesOf(call);
}

const usage = {
  prompt_tokens: 90,
  completion_tokens: 20,
  prompt_tokens_details: { cached_tokens: 64 },
  completion_tokens_details: { reasoning_tokens: 7 },
};
const completion = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-5.2-2025-12-11",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello", refusal: null }, finish_reason: "stop" }],
  usage,
});
const chunk = (choices: unknown[], more: object = {}) =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-5.2", choices, ...more })}\n\n`;
const hi = chunk([{ index: 0, delta: { content: "Hi" }, finish_reason: null }]);
const lastChunks = [chunk([{ index: 0, delta: {}, finish_reason: "length" }]), chunk([], { usage }), "data: [DONE]\n\n"];
const good: ProviderAnswer = { status: 200, headers: json, chunks: [completion] };

const chat = (body: object = {}, headers: Headers = []) =>
  gateway.chat({ model: "openai/gpt-5.2", messages: [question], ...body }, headers);
/** The attempt's answer is passed on, and the attempt ends before the request, as with Envoy. */
function respond(request: Request, answer: ProviderAnswer): void {
  const attempt = request.attempt();
  if (attempt.respond(answer) !== "retried") attempt.end();
}

describe("the event of a request", () => {
  it("tells of a whole answer: who asked for what, who answered, what it took", () => {
    const request = chat({}, [["x-request-id", "8a1e2c1c-8f5a-4a0b-9f58-0c5f5a4d2b11"]]);
    passTime(3);
    const attempt = request.attempt();
    passTime(250);
    attempt.respond(good);
    attempt.end();
    passTime(2);
    request.end();
    expect(flush()).toEqual([
      {
        started_ms: STARTED_MS,
        request_id: "8a1e2c1c-8f5a-4a0b-9f58-0c5f5a4d2b11",
        client_format: "openai_chat",
        attempts: [{ model: "openai/gpt-5.2", status: 200, duration_ms: 255 }],
        status: 200,
        answered_by: "openai/gpt-5.2",
        end: "complete",
        finish_reason: "stop",
        input_tokens: 90,
        cached_input_tokens: 64,
        output_tokens: 20,
        reasoning_tokens: 7,
        duration_ms: 255,
      },
    ]);
  });

  it.each([
    [
      "as it came",
      "openai/gpt-5.2",
      [hi, ...lastChunks],
      { input_tokens: 90, cached_input_tokens: 64, output_tokens: 20, reasoning_tokens: 7 },
    ],
    [
      "translated",
      "anthropic/claude-sonnet-4-5",
      [
        `event: message_start\ndata: ${JSON.stringify({ type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 10, cache_read_input_tokens: 5, cache_creation_input_tokens: 3, output_tokens: 1 } } })}\n\n`,
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}\n\n',
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":20}}\n\n',
        'event: message_stop\ndata: {"type":"message_stop"}\n\n',
      ],
      { input_tokens: 18, cached_input_tokens: 5, cache_write_tokens: 3, output_tokens: 20 },
    ],
  ])("tells of a stream %s: time to its first content, and the usage that its end told", (_, model, chunks, tokens) => {
    const request = chat({ model, stream: true });
    passTime(1);
    const attempt = request.attempt();
    passTime(40);
    const contentAt = chunks.findIndex((text) => text.includes("Hi"));
    expect(attempt.respond({ status: 200, headers: sse, chunks: chunks.slice(0, contentAt + 1), ends: false })).toBe("answered");
    passTime(59);
    for (const piece of chunks.slice(contentAt + 1, -1)) attempt.more(piece);
    attempt.finish(chunks.at(-1) ?? "");
    attempt.end();
    request.end();
    const [event] = flush();
    expect(event).toMatchObject({
      streamed: true,
      attempts: [{ model, status: 200, first_token_ms: 41, duration_ms: 100 }],
      end: "complete",
      finish_reason: "length",
      first_token_ms: 41,
      duration_ms: 100,
      ...tokens,
    });
  });

  it("names the candidates that were not needed", () => {
    const request = chat({ model: "router:any" }, []).decide({ route: "greetings", models: ["openai/gpt-5-mini", "custom/m"] });
    respond(request, good);
    request.end();
    expect(flush()).toMatchObject([
      {
        candidates: ["openai/gpt-5-mini", "custom/m", "anthropic/claude-sonnet-4-5", "openai/gpt-5.2"],
        attempts: [{ model: "openai/gpt-5-mini", status: 200 }],
      },
    ]);
  });

  it("tells of a routed request: router, route, every attempt and when to come back", () => {
    const request = chat({ model: "router:any" }, []);
    passTime(4);
    request.decide({ route: "greetings", models: ["openai/gpt-5-mini", "custom/m"] });
    const limited = request.attempt();
    passTime(20);
    limited.respond({ status: 429, headers: [...json, ["retry-after", "17"]], chunks: ["{}"] });
    passTime(1);
    const broken = request.attempt();
    passTime(30);
    broken.respond({ status: 200, headers: json, chunks: ["{oops"] });
    const cut = request.attempt();
    request.target.properties.set("upstream\0local_address", Buffer.from("127.0.0.1:1"));
    passTime(5);
    cut.end();
    respond(request, good);
    request.end();
    expect(flush()).toMatchObject([
      {
        router: "any",
        route: "greetings",
        decision_ms: 4,
        attempts: [
          { model: "openai/gpt-5-mini", status: 429, retry_after: "17", duration_ms: 20 },
          { model: "custom/m", error: "stream-error", duration_ms: 30 },
          { model: "anthropic/claude-sonnet-4-5", error: "reset", duration_ms: 5 },
          { model: "openai/gpt-5.2", status: 200, duration_ms: 0 },
        ],
        answered_by: "openai/gpt-5.2",
        status: 200,
      },
    ]);
  });

  it("tells nothing of the request before it, though the memory is used again", () => {
    const limited = chat();
    respond(limited, { status: 429, headers: [...json, ["retry-after", "17"]], chunks: ["{}"] });
    limited.end();
    const streamed = chat({ model: "router:any", stream: true }, [["x-request-id", "id"]]).decide({ route: "r", models: [] });
    respond(streamed, { status: 200, headers: sse, chunks: [hi, ...lastChunks] });
    streamed.end();
    const failed = chat();
    respond(failed, { status: 500, headers: json, chunks: ["{}"] });
    failed.end();
    const { attempts, ...event } = flush()[2] as { attempts: object[] };
    expect(attempts).toEqual([{ model: "openai/gpt-5.2", status: 500, duration_ms: 0 }]);
    expect(event).toEqual({
      started_ms: STARTED_MS,
      client_format: "openai_chat",
      status: 500,
      answered_by: "openai/gpt-5.2",
      end: "complete",
      duration_ms: 0,
    });
  });

  it("tells of a request that found no provider, and of a wait that came to nothing", () => {
    const refused = chat({ model: "router:anthropic" }).decide();
    refused.attempt().end();
    refused.answerByEnvoy(503, "upstream connect error");
    refused.end();
    const slow = chat({ model: "router:anthropic" }).decide();
    slow.target.properties.set("upstream\0local_address", Buffer.from("127.0.0.1:1"));
    const attempt = slow.attempt();
    passTime(600_000);
    slow.answerByEnvoy(504, "upstream request timeout");
    attempt.end();
    slow.end();
    const [first, second] = flush();
    expect(first).toMatchObject({ attempts: [{ error: "connect-failure" }], status: 503, end: "complete" });
    expect(first).not.toHaveProperty("route");
    expect(first).not.toHaveProperty("answered_by");
    expect(second).toMatchObject({ attempts: [{ error: "timeout", duration_ms: 600_000 }], status: 504 });
  });

  it("tells of an error that the client got, whoever made it", () => {
    const request = chat();
    respond(request, { status: 400, headers: json, chunks: ['{"error":{"message":"no","type":"invalid_request_error"}}'] });
    request.end();
    const exhausted = chat();
    exhausted.attempt().respond({ status: 200, headers: json, chunks: ["{oops"] });
    exhausted.end();
    const [passedOn, made] = flush();
    expect(passedOn).toMatchObject({ attempts: [{ status: 400 }], status: 400, answered_by: "openai/gpt-5.2", end: "complete" });
    expect(made).toMatchObject({ attempts: [{ error: "stream-error" }], status: 502, end: "complete" });
    expect(made).not.toHaveProperty("answered_by");
  });

  it.each([
    ["no JSON", ["hello"], 400],
    ["an unknown model", ['{"model":"A secret model","max_tokens":9,"messages":[{"role":"user","content":"A secret question"}]}'], 404],
    ["no body", [], 400],
  ] as [string, string[], number][])("tells of a request with %s nothing but that it was refused", (_, body, status) => {
    const request = gateway.request("/v1/messages", body);
    request.end();
    expect(flush()).toEqual([
      { started_ms: STARTED_MS, client_format: "anthropic_messages", attempts: [], status, end: "complete", duration_ms: 0 },
    ]);
  });

  it("tells when the client left: before the decision, before an answer, in mid-stream", () => {
    const undecided = chat({ model: "router:any" });
    undecided.end();
    const unanswered = chat();
    const attempt = unanswered.attempt();
    passTime(10);
    unanswered.end();
    attempt.end();
    const reading = chat({ stream: true });
    const stream = reading.attempt();
    stream.respond({ status: 200, headers: sse, chunks: [hi], ends: false });
    reading.end();
    stream.end();
    const [first, second, third] = flush();
    expect(first).toMatchObject({ router: "any", attempts: [], end: "client_left" });
    expect(first).not.toHaveProperty("status");
    expect(second).toMatchObject({ attempts: [{ model: "openai/gpt-5.2", duration_ms: 10 }], end: "client_left" });
    expect(second).not.toHaveProperty("attempts.0.error");
    expect(third).toMatchObject({ status: 200, first_token_ms: 0, end: "client_left" });
  });

  it.each([
    ["was cut", (attempt: ReturnType<Request["attempt"]>) => attempt.end()],
    ["ended early", (attempt: ReturnType<Request["attempt"]>) => attempt.finish(hi)],
    [
      "said an error",
      (attempt: ReturnType<Request["attempt"]>) => attempt.finish('data: {"error":{"message":"no","type":"server_error"}}\n\n'),
    ],
    [
      "fell silent",
      () => {
        passTime(200_000);
        tick();
      },
    ],
  ])("tells of a stream that %s behind its first content that it is not whole", (_, end) => {
    const request = chat({ stream: true });
    const attempt = request.attempt();
    attempt.respond({ status: 200, headers: sse, chunks: [hi], ends: false });
    end(attempt);
    request.end();
    expect(flush()).toMatchObject([{ status: 200, end: "broken" }]);
  });

  it("has no word of the conversation, no key and no name that is not configured", () => {
    const request = gateway.request(
      "/v1/chat/completions",
      ['{"model":"A secret model","messages":[{"role":"user","content":"A secret question"}]}'],
      [["authorization", "Bearer A secret key"]],
    );
    request.end();
    const answered = chat({}, [["authorization", "Bearer A secret key"]]);
    respond(answered, good);
    answered.end();
    expect(flush().length).toBe(2);
    tick();
    expect(JSON.stringify([...gateway.host.logs, flush()])).not.toContain("secret");
  });

  it("is none for a path that is not the filter's", () => {
    gateway.request("/healthz", []).end();
    expect(flush()).toEqual([]);
  });
});

describe("events on their way to brightstaff", () => {
  const serve = (count: number) => {
    for (let i = 0; i < count; i++) {
      const request = chat();
      respond(request, good);
      request.end();
    }
  };

  test("go in one call for each tick, in no request's way", () => {
    serve(3);
    expect(calls()).toEqual([]);
    tick();
    const [call] = calls();
    expect(call).toMatchObject({ cluster: "brightstaff", root: gateway.gatewayRoot });
    expect(call?.headers).toContainEqual(["content-type", "application/x-ndjson"]);
    expect(linesOf(call).length).toBe(3);
    tick();
    expect(calls().length).toBe(1); // brightstaff has not answered yet
  });

  test("go at once when enough have gathered", () => {
    serve(400);
    const [call] = calls();
    expect(call?.body.length).toBeGreaterThanOrEqual(64 * 1024);
    expect(call?.body.length).toBeLessThan(66 * 1024);
  });

  test.each([
    ["does not answer", undefined],
    ["fails", { status: 503, body: "" }],
  ])("are sent again while brightstaff %s, and once it is back never again", (_, answer) => {
    serve(2);
    tick();
    const [first] = calls() as [Call];
    gateway.host.answerCall(first, answer);
    serve(1);
    tick();
    const [again] = calls() as [Call];
    expect(again.body).toBe(first.body);
    gateway.host.answerCall(again, { status: 204, body: "" });
    expect(flush().length).toBe(1);
    expect(flush()).toEqual([]);
  });

  test("are sent again when the configuration that they were sent under is gone, and their answer with it", () => {
    serve(1);
    tick();
    const [lost] = calls() as [Call];
    gateway.host.calls.length = 0;
    passTime(11_000);
    tick();
    expect(calls()[0]?.body).toBe(lost.body);
  });

  test("are kept within bounds while brightstaff is down; what found no room is counted and told", () => {
    gateway.host.callsSucceed = false;
    serve(2_000);
    tick();
    gateway.host.callsSucceed = true;
    const first = flush();
    const second = flush();
    const told = second.filter((line) => "dropped" in line);
    expect(told.length).toBe(1);
    const kept = first.length + second.length - 1;
    expect(kept).toBeGreaterThan(500);
    expect(kept + Number(told[0]?.dropped)).toBe(2_000);
    serve(1);
    expect(flush()).toMatchObject([{ status: 200 }]); // the drops were told once
  });

  test("that brightstaff refuses are dropped and counted", () => {
    serve(2);
    tick();
    gateway.host.answerCall(calls()[0] as Call, { status: 404, body: "" });
    expect(flush()).toEqual([]);
    serve(1);
    expect(flush()).toMatchObject([{ status: 200 }, { dropped: 2 }]);
  });

  test("are not kept where brightstaff wants none", () => {
    const { decision, ...rest } = config();
    const { events_path: _, ...without } = decision as Record<string, unknown>;
    gateway = new Gateway(wasm, { ...rest, decision: without });
    serve(3);
    expect(flush()).toEqual([]);
  });

  test("leave the answers to decisions alone", () => {
    serve(1);
    const waiting = chat({ model: "router:any" });
    tick();
    const [events] = calls() as [Call];
    const decision = gateway.host.calls.find((call) => call !== events) as Call;
    gateway.host.answerCall(events, { status: 204, body: "" });
    expect(waiting.target.continued).toBe(false);
    gateway.host.answerCall(decision, { status: 200, body: '{"route":"r","models":["openai/gpt-5-mini"]}' });
    expect(waiting.target.continued).toBe(true);
  });
});
