import { beforeAll, describe, expect, it } from "vitest";
import { config } from "./config.ts";
import { Gateway } from "./gateway.ts";
import { newTarget } from "./host.ts";
import { buildModule } from "./module.ts";

let wasm: string;

beforeAll(async () => {
  wasm = await buildModule();
});

const start = (): Gateway => new Gateway(wasm, config());
const question = { role: "user", content: "Say hello" };
const json = [["content-type", "application/json"]] as [string, string][];
const sse = [["content-type", "text/event-stream"]] as [string, string][];

const chatCompletion = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-5.2-2025-12-11",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello", refusal: null }, logprobs: null, finish_reason: "stop" }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
});

const chunk = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-5.2", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

describe("a request that names a model", () => {
  it("goes out as it came but for the model, to the provider's path and host", () => {
    const request = start().chat({ temperature: 0.5, model: "openai/gpt-5.2", messages: [question], x_unknown: { a: [1.0] } });
    expect(request.nextCluster).toBe("openai");
    expect(request.target.routeCacheCleared).toBeGreaterThan(0);
    const attempt = request.attempt();
    expect(attempt.body).toBe(
      '{"temperature":0.5,"model":"gpt-5.2","messages":[{"role":"user","content":"Say hello"}],"x_unknown":{"a":[1]}}',
    );
    expect(attempt.header(":path")).toBe("/v1/chat/completions");
    expect(attempt.header("content-length")).toBe(String(attempt.body.length));
    expect(request.target.properties.has("llm.dispatch")).toBe(false); // nothing to retry on
  });

  it("goes out as it came to a provider that speaks the client's API besides its own, and is translated for others", () => {
    const gateway = start();
    const responses = (model: string) =>
      gateway.request("/v1/responses", [`{"model":"${model}","input":"Say hello","x_unknown":1.0}`]).attempt();
    const native = responses("gpt-5.2");
    expect(native.header(":path")).toBe("/v1/responses");
    expect(native.body).toBe('{"model":"gpt-5.2","input":"Say hello","x_unknown":1.0}');
    const custom = responses("custom/m");
    expect(custom.header(":path")).toBe("/chat/completions");
    expect(custom.json()).toEqual({ model: "m", messages: [question] });
    expect(responses("anthropic/claude-sonnet-4-5").header(":path")).toBe("/v1/messages");
  });

  it("finds its model behind a long head, in pieces of any size", () => {
    const body = JSON.stringify({ messages: [{ role: "user", content: "long ".repeat(1000) }], model: "gpt-5.2", user: "u" });
    const pieces = Array.from({ length: Math.ceil(body.length / 700) }, (_, i) => body.slice(i * 700, (i + 1) * 700));
    const attempt = start().request("/v1/chat/completions", pieces).attempt();
    expect(attempt.json()).toEqual({ ...JSON.parse(body), model: "gpt-5.2" });
  });

  it("reaches a model by alias, by bare name and by its provider's wildcard", () => {
    const gateway = start();
    expect(
      gateway
        .chat({ model: "fast", messages: [question] })
        .attempt()
        .json().model,
    ).toBe("gpt-5-mini");
    expect(
      gateway
        .chat({ model: "gpt-5.2", messages: [question] })
        .attempt()
        .json().model,
    ).toBe("gpt-5.2");
    const any = gateway.chat({ model: "custom/some/model", messages: [question] });
    expect(any.nextCluster).toBe("custom");
    expect(any.attempt().json().model).toBe("some/model");
  });

  it("passes a whole reply on byte for byte", () => {
    const request = start().chat({ model: "openai/gpt-5.2", messages: [question] });
    expect(request.attempt().respond({ status: 200, headers: json, chunks: [chatCompletion.slice(0, 50), chatCompletion.slice(50)] })).toBe(
      "answered",
    );
    expect(request.answer?.body).toBe(chatCompletion);
  });

  it("translates for a provider of the other format, and its answer back", () => {
    const request = start().chat({ model: "anthropic/claude-sonnet-4-5", messages: [question] });
    const attempt = request.attempt();
    expect(attempt.header(":path")).toBe("/v1/messages");
    expect(attempt.header("anthropic-version")).toBe("2023-06-01");
    expect(attempt.json()).toMatchObject({
      model: "claude-sonnet-4-5",
      messages: [{ role: "user", content: [{ type: "text", text: "Say hello" }] }],
    });
    const message = {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-5-20250929",
      content: [{ type: "text", text: "Hello" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 9, output_tokens: 2 },
    };
    attempt.respond({ status: 200, headers: [...json, ["content-length", "1"]], chunks: [JSON.stringify(message)] });
    expect(JSON.parse(request.answer?.body ?? "")).toMatchObject({
      object: "chat.completion",
      model: "claude-sonnet-4-5-20250929",
      choices: [{ message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
    });
    expect(request.answer?.headers).toContainEqual(["content-length", String(Buffer.byteLength(request.answer?.body ?? ""))]);
  });
});

describe("headers", () => {
  it("keeps a client's credentials and steering from the provider", () => {
    const attempt = start()
      .chat({ model: "openai/gpt-5.2", messages: [question] }, [
        ["authorization", "Bearer client-key"],
        ["x-api-key", "client-key"],
        ["cookie", "session=1"],
        ["accept-encoding", "gzip"],
        ["x-envoy-attempt-count", "2"],
        ["x-envoy-max-retries", "7"],
        ["x-envoy-upstream-rq-timeout-ms", "1"],
      ])
      .attempt();
    const names = attempt.headers.map(([name]) => name);
    for (const name of [
      "authorization",
      "x-api-key",
      "cookie",
      "accept-encoding",
      "x-envoy-attempt-count",
      "x-envoy-upstream-rq-timeout-ms",
    ]) {
      expect(names).not.toContain(name);
    }
    expect(JSON.stringify(attempt.headers)).not.toContain("client-key");
    expect(names).not.toContain("x-envoy-max-retries");
  });

  it("lets a client of Anthropic's API choose its version, and no other", () => {
    const question = { model: "anthropic/claude-sonnet-4-5", max_tokens: 5, messages: [{ role: "user", content: "x" }] };
    const version: [string, string][] = [["anthropic-version", "2026-10-21"]];
    expect(start().messages(question, version).attempt().header("anthropic-version")).toBe("2026-10-21");
    expect(start().messages(question).attempt().header("anthropic-version")).toBe("2023-06-01");
    expect(start().chat(question, version).attempt().header("anthropic-version")).toBe("2023-06-01");
  });

  it("keeps a query for a provider of the client's own API", () => {
    const body = JSON.stringify({ model: "anthropic/claude-sonnet-4-5", max_tokens: 5, messages: [question] });
    expect(start().request("/v1/messages?beta=true", [body]).attempt().header(":path")).toBe("/v1/messages?beta=true");
    const other = JSON.stringify({ model: "custom/m", max_tokens: 5, messages: [question] });
    expect(start().request("/v1/messages?beta=true", [other]).attempt().header(":path")).toBe("/chat/completions");
  });

  it("sends the client's own key where the provider is configured so", () => {
    const attempt = start()
      .messages({ model: "custom/m", max_tokens: 5, messages: [question] }, [["x-api-key", "client-key"]])
      .attempt();
    expect(attempt.header("authorization")).toBe("Bearer client-key");
  });

  it("takes the first provider's headers away before the second attempt", () => {
    const request = start()
      .chat({ model: "router:any", messages: [question] })
      .decide({ route: null, models: [] });
    const first = request.attempt();
    request.target.requestHeaders.push(["x-api-key", "key of the first provider"]); // as Envoy's credential injector does behind the filter
    first.respond({ status: 503 });
    const second = request.attempt();
    expect(second.header("x-api-key")).toBeUndefined();
    expect(second.header("anthropic-version")).toBeUndefined();
  });
});

describe("a routed request", () => {
  it("asks brightstaff, tries its models in their order and then the fallback models, each once", () => {
    const request = start().chat({ model: "router:any", stream: true, messages: [{ role: "system", content: "Be brief" }, question] });
    expect(request.dispatched).toBe(false);
    expect(request.call).toMatchObject({ cluster: "brightstaff", timeout_ms: 1500 });
    expect(JSON.parse(request.call.body)).toMatchObject({ router: "any", model: "router:any" });
    expect(JSON.parse(request.call.body).messages).toContainEqual({ role: "user", content: "Say hello" });
    request.gateway.host.now_ns += 4_250_000n;
    request.decide({ router: "any", route: "greetings", models: ["openai/gpt-5-mini", "openai/gpt-5.2"], resolve_ms: 3.25, rank_ms: 0.02 });
    expect(request.dispatched).toBe(true);
    expect(request.target.routeCacheCleared).toBeGreaterThan(0);
    const clusters = [2, 3, 4].map((k) => request.target.properties.get(`llm.candidate.${k}`)?.toString());
    expect(clusters).toEqual(["openai", "anthropic", undefined]);
    expect(request.target.requestHeaders).toContainEqual(["x-envoy-max-retries", "2"]);
    expect(request.attempt().json().model).toBe("gpt-5-mini");
    expect(request.target.properties.get("llm.dispatch")?.toString("latin1")).toMatch(/^openai\|.*s$/s);
  });

  it("says route, timing and attempts in the answer's headers", () => {
    const request = start().chat({ model: "router:any", messages: [question] });
    request.gateway.host.now_ns += 4_250_000n;
    request.decide({ route: "greetings", models: ["openai/gpt-5-mini"], confidence: 0.83, resolve_ms: 3.25, rank_ms: 0.02 });
    expect(request.attempt().respond({ status: 429 })).toBe("retried");
    request.attempt().respond({ status: 529 });
    request.attempt().respond({ status: 200, headers: json, chunks: [chatCompletion] });
    expect(request.answer?.headers).toContainEqual(["x-model-router-selected-route", "greetings"]);
    expect(request.answer?.headers).toContainEqual(["x-model-router-selected-model", "openai/gpt-5.2"]);
    expect(request.answer?.headers).toContainEqual(["x-model-router-confidence", "0.83"]);
    expect(request.answer?.headers).toContainEqual(["server-timing", "resolve;dur=3.25, rank;dur=0.02, decision;dur=4.250"]);
    expect(request.answer?.headers).toContainEqual([
      "x-model-router-attempts",
      "openai/gpt-5-mini;status=429, anthropic/claude-sonnet-4-5;status=529, openai/gpt-5.2;status=200",
    ]);
  });

  it.each([
    ["does not answer in time", (request: ReturnType<Gateway["chat"]>) => request.decide()],
    ["answers with an error", (request: ReturnType<Gateway["chat"]>) => request.decide({ error: {} }, 500)],
    ["answers nonsense", (request: ReturnType<Gateway["chat"]>) => request.decide("nonsense")],
    [
      "names models that are not configured",
      (request: ReturnType<Gateway["chat"]>) => request.decide({ route: "x", models: ["openai/none"] }),
    ],
  ])("goes on to the fallback models when brightstaff %s", (_, decide) => {
    const request = decide(start().chat({ model: "router:any", messages: [question] }));
    expect(request.nextCluster).toBe("anthropic");
    expect(request.attempt().json().model).toBe("claude-sonnet-4-5");
  });

  it("goes on to the fallback models when brightstaff cannot even be called", () => {
    const gateway = start();
    gateway.host.callsSucceed = false;
    const request = gateway.chat({ model: "router:any", messages: [question] });
    expect(request.nextCluster).toBe("anthropic");
  });

  it("leaves out the models whose API cannot say what the request says", () => {
    const audio = { role: "user", content: [{ type: "input_audio", input_audio: { data: "AAAA", format: "wav" } }] };
    const gateway = start();
    const request = gateway.chat({ model: "router:any", messages: [audio] }).decide();
    expect(request.attempt().json()).toMatchObject({ model: "gpt-5.2", messages: [audio] });
    const direct = gateway.chat({ model: "anthropic/claude-sonnet-4-5", messages: [audio] });
    expect(direct.dispatched).toBe(false);
    expect(direct.answer?.status).toBe(400);
    expect(direct.answer?.headers.map(([name]) => name)).not.toContain("x-model-router-attempts");
    const none = gateway.chat({ model: "router:anthropic", messages: [audio] }).decide();
    expect(none.answer?.status).toBe(400);
    expect(JSON.parse(none.answer?.body ?? "").error.message).toContain("None of the router's models");
  });

  it("puts the request's id where clients of its format look for it, unless the provider's is there", () => {
    const ids = [["x-request-id", "9b2f0d5e-1111"]] as [string, string][];
    const gateway = start();
    const idsOf = (request: ReturnType<Gateway["chat"]>, chunks: string[] = []) => {
      if (request.dispatched) request.attempt().respond({ status: 200, headers: json, chunks });
      return request.answer?.headers.filter(([name]) => name.endsWith("request-id"));
    };
    const translated = gateway.messages({ model: "gpt-5.2", max_tokens: 9, messages: [question] }, ids);
    expect(idsOf(translated, [chatCompletion])).toEqual([["request-id", "9b2f0d5e-1111"]]);
    expect(idsOf(gateway.chat({ model: "gpt-5.2", messages: [question] }, ids), [chatCompletion])).toEqual([]);
    expect(idsOf(gateway.chat({ model: "nobody", messages: [question] }, ids))).toEqual([["x-request-id", "9b2f0d5e-1111"]]);
  });

  it("meets nobody with a decision for a client that has left", () => {
    const gateway = start();
    const request = gateway.chat({ model: "router:any", messages: [question] });
    const { call } = request;
    request.end();
    gateway.host.answerCall(call, { status: 200, body: '{"models":["openai/gpt-5.2"]}' });
    expect(
      gateway
        .chat({ model: "gpt-5.2", messages: [question] })
        .attempt()
        .json().model,
    ).toBe("gpt-5.2");
  });

  it("leaves what the client asked for when every request is routed and no task matches", () => {
    const gateway = new Gateway(wasm, { ...config(), route_all: 1 });
    const request = gateway.chat({ model: "gpt-5.2", messages: [question] });
    expect(JSON.parse(request.call.body)).toMatchObject({ router: null, model: "gpt-5.2" });
    request.decide({ route: null, models: [] });
    expect(request.attempt().json().model).toBe("gpt-5.2");
    const matched = gateway.chat({ model: "gpt-5.2", messages: [question] }).decide({ route: "r", models: ["openai/gpt-5-mini"] });
    expect(matched.attempt().json().model).toBe("gpt-5-mini");
    expect(matched.nextCluster).toBe("openai");
  });
});

describe("fallback before the first content", () => {
  const routed = (stream: boolean) =>
    start()
      .chat({ model: "router:any", stream, messages: [question] })
      .decide();
  const firstError = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
  const messageStart = `event: message_start\ndata: ${JSON.stringify({ type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } } })}\n\n`;
  const ping = 'event: ping\ndata: {"type":"ping"}\n\n';

  it.each([
    ["an error status", false, { status: 500, headers: json, chunks: ["{}"] }],
    ["a whole answer without a body", false, { status: 200, headers: json }],
    ["a page of HTML", false, { status: 200, headers: [["content-type", "text/html"]], chunks: ["<html>"] }],
    ["a body that is no JSON", false, { status: 200, headers: json, chunks: ["{oops"] }],
    ["an error in a 200", false, { status: 200, headers: json, chunks: ['{"type":"error","error":{"type":"api_error","message":"m"}}'] }],
    ["a redirect", false, { status: 302, headers: [["location", "http://elsewhere/"]], chunks: ["{}"] }],
    ["an empty success", false, { status: 204 }],
    ["an answer that is too long", false, { status: 200, headers: json, chunks: [`{"text":"${"x".repeat(1_000_000)}`, '"}'] }],
    ["an error event first", true, { status: 200, headers: sse, chunks: [firstError] }],
    ["an error event behind the start", true, { status: 200, headers: sse, chunks: [messageStart, ping, firstError], ends: false }],
    ["an end behind the start", true, { status: 200, headers: sse, chunks: [messageStart] }],
    ["trailers behind the start", true, { status: 200, headers: sse, chunks: [messageStart], trailers: true }],
    ["a whole answer to a stream", true, { status: 200, headers: json, chunks: ["{}"] }],
  ] as [string, boolean, Parameters<ReturnType<ReturnType<typeof routed>["attempt"]>["respond"]>[0]][])(
    "%s goes to the next candidate",
    (_, stream, answer) => {
      const request = routed(stream);
      const first = request.attempt();
      const result = first.respond(answer);
      expect(result).toBe("retried");
      expect(request.answer).toBeNull();
      const second = request.attempt();
      expect(second.json().model).toBe("gpt-5.2");
      if (stream) second.respond({ status: 200, headers: sse, chunks: [chunk({ content: "Hi" }), chunk({}, "stop"), "data: [DONE]\n\n"] });
      else second.respond({ status: 200, headers: json, chunks: [chatCompletion] });
      expect(request.answer?.status).toBe(200);
      expect(request.answer?.body).toContain(stream ? '"Hi"' : '"Hello"');
    },
  );

  it("holds the headers until the first content, whatever comes before", () => {
    const request = start().messages({ model: "anthropic/claude-sonnet-4-5", max_tokens: 9, stream: true, messages: [question] });
    const attempt = request.attempt();
    expect(attempt.respond({ status: 200, headers: sse, chunks: [messageStart, ping], ends: false })).toBe("held");
    expect(request.answer).toBeNull();
  });

  it("lets the stream go with all of its bytes, as they came", () => {
    const request = start().chat({ model: "openai/gpt-5.2", stream: true, messages: [question] });
    const events = [
      chunk({ role: "assistant", content: "" }),
      ": ping\n\n",
      chunk({ content: "Hel" }),
      chunk({ content: "lo" }),
      chunk({}, "stop"),
      "data: [DONE]\n\n",
    ];
    request.attempt().respond({ status: 200, headers: sse, chunks: events });
    expect(request.answer?.body).toBe(events.join(""));
  });

  it("answers the last failure in the client's format, with every attempt named", () => {
    const request = routed(true);
    request.attempt().respond({ status: 429, headers: json, chunks: ["{}"] });
    const result = request.attempt().respond({
      status: 503,
      headers: json,
      chunks: ['{"error":{"message":"try later","type":"server_error","code":null,"param":null}}'],
    });
    expect(result).toBe("answered");
    expect(request.answer?.status).toBe(503);
    const { message } = JSON.parse(request.answer?.body ?? "").error;
    expect(message).toContain("anthropic/claude-sonnet-4-5;status=429, openai/gpt-5.2;status=503");
    expect(message).toContain("try later");
  });

  it("answers in Anthropic's form when its client's attempts all failed, and none was Envoy's to answer", () => {
    const request = start()
      .messages({ model: "router:any", max_tokens: 9, messages: [question] })
      .decide();
    request.attempt().respond({ status: 500 });
    request.attempt().end();
    const answer = request.answerByEnvoy(503, "upstream connect error or disconnect/reset before headers");
    expect(JSON.parse(answer.body)).toMatchObject({ type: "error", error: { message: expect.stringContaining("openai/gpt-5.2;error=") } });
    expect(answer.headers).toContainEqual(["content-type", "application/json"]);
    expect(answer.headers).toContainEqual(["content-length", String(answer.body.length)]);
  });

  it("passes a refusal of the request itself on, without a further attempt", () => {
    const request = routed(false);
    const body = { type: "error", error: { type: "invalid_request_error", message: "max_tokens: too large" } };
    expect(request.attempt().respond({ status: 400, headers: json, chunks: [JSON.stringify(body)] })).toBe("answered");
    expect(request.answer?.status).toBe(400);
    expect(JSON.parse(request.answer?.body ?? "")).toMatchObject({
      error: { type: "invalid_request_error", message: "max_tokens: too large" },
    });
  });
});

describe("a stream that breaks off behind its first content", () => {
  it.each([
    ["openai/gpt-5.2", [chunk({ content: "Hel" })]],
    [
      "anthropic/claude-sonnet-4-5",
      [
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}\n\n',
      ],
    ],
  ])("never looks complete: %s", (model, events) => {
    const request = start().chat({ model, stream: true, messages: [question] });
    expect(request.attempt().respond({ status: 200, headers: sse, chunks: events })).toBe("answered");
    expect(request.answer?.body).toContain("Hel");
    expect(request.answer?.body).toContain('"error"');
    expect(request.answer?.body).not.toContain("[DONE]");
  });
});

const tick = (gateway: Gateway, ms: number) => {
  gateway.host.now_ns += BigInt(ms) * 1_000_000n;
  gateway.host.run(gateway.gatewayRoot, (x) => x.proxy_on_tick(gateway.gatewayRoot));
};

describe("a request whose body comes in drops", () => {
  it("is answered when its time is over", () => {
    const gateway = start();
    const { host } = gateway;
    const target = newTarget([
      [":method", "POST"],
      [":path", "/v1/messages"],
    ]);
    const context = host.createStream(gateway.gatewayRoot, target);
    host.run(context, (x) => x.proxy_on_request_headers(context, 2, 0));
    target.requestBody = Buffer.from('{"model":');
    host.run(context, (x) => x.proxy_on_request_body(context, target.requestBody.length, 0));
    tick(gateway, 299_000);
    expect(target.localReply).toBeNull();
    tick(gateway, 1_000);
    expect(target.localReply).toMatchObject({ status: 408 });
    expect(JSON.parse(target.localReply?.body ?? "")).toMatchObject({
      type: "error",
      error: { message: expect.stringContaining("in time") },
    });
  });
});

describe("a stream that falls silent behind its first content", () => {
  it("is reset when its limit is over, and no other is", () => {
    const gateway = start();
    const open = () => {
      const request = gateway.chat({ model: "gpt-5.2", stream: true, messages: [question] });
      return { request, attempt: request.attempt() };
    };
    const [silent, talking, ended, waiting] = [open(), open(), open(), open()];
    const first = { status: 200, headers: sse, chunks: [chunk({ content: "Hi" })], ends: false };
    silent.attempt.respond(first);
    talking.attempt.respond(first);
    ended.attempt.respond({ ...first, chunks: [...first.chunks, chunk({}, "stop"), "data: [DONE]\n\n"], ends: true });
    waiting.attempt.respond({ ...first, chunks: [": ping\n\n"] });
    expect(gateway.host.tickPeriod_ms).toBe(1_000);
    tick(gateway, 100_000);
    expect(silent.request.target.reset).toBe(false);
    talking.attempt.more(chunk({ content: "!" }));
    tick(gateway, 60_000);
    expect([silent, talking, ended, waiting].map(({ request }) => request.target.reset)).toEqual([true, false, false, false]);
  });

  it("is reset, too, when trailers end it before it is complete", () => {
    const request = start().chat({ model: "gpt-5.2", stream: true, messages: [question] });
    request.attempt().respond({ status: 200, headers: sse, chunks: [chunk({ content: "Hi" })], trailers: true });
    expect(request.target.reset).toBe(true);
  });
});

describe("an error that Envoy was to retry and does not", () => {
  const failed = () => {
    const gateway = start();
    const request = gateway.chat({ model: "router:any", messages: [question] }).decide();
    const attempt = request.attempt();
    return { gateway, request, attempt };
  };
  const hanging = { status: 429, headers: json, chunks: ['{"error":'], ends: false };

  it("is ended when its body hangs, as too many other retries are under way", () => {
    const { gateway, request, attempt } = failed();
    const retries = request.target.requestHeaders.find(([name]) => name === "x-envoy-max-retries") as [string, string];
    retries[1] = "0";
    expect(attempt.respond(hanging)).toBe("answered");
    tick(gateway, 599_000);
    expect(request.target.localReply).toBeNull();
    tick(gateway, 1_000);
    expect(request.target.localReply).toMatchObject({ status: 504 });
  });

  it("puts no limit to the attempt behind it", () => {
    const { gateway, request, attempt } = failed();
    expect(attempt.respond(hanging)).toBe("retried");
    request.attempt();
    tick(gateway, 700_000);
    expect(request.target.localReply).toBeNull();
  });
});

describe("a bad request", () => {
  const refused = (path: string, body: (string | Uint8Array)[], headers: [string, string][] = []) => {
    const request = start().request(path, body, headers);
    expect(request.dispatched).toBe(false);
    return { status: request.answer?.status, error: JSON.parse(request.answer?.body ?? "null") };
  };
  const chat = "/v1/chat/completions";

  it.each([
    ["no JSON", chat, ["hello"], [], 400],
    ["no body", chat, [], [], 400],
    ["no model", chat, ['{"messages":[{"role":"user","content":"x"}]}'], [], 400],
    ["an unknown model", chat, ['{"model":"nope","messages":[{"role":"user","content":"x"}]}'], [], 404],
    ["an unknown router", chat, ['{"model":"router:nope","messages":[{"role":"user","content":"x"}]}'], [], 404],
    ["two models", chat, ['{"model":"gpt-5.2","messages":[{"role":"user","content":"x"}],"mod\\u0065l":"openai/gpt-5.2"}'], [], 400],
    ["a compressed body", chat, ["xx"], [["content-encoding", "gzip"]], 415],
    ["a body announced as too long", chat, ["{}"], [["content-length", "60000000"]], 413],
    ["a body that gets too long", chat, [Buffer.alloc(600_000, 32), Buffer.alloc(600_000, 32)], [], 413],
    ["nesting without end", chat, [`{"model":"gpt-5.2","messages":${"[".repeat(10_000)}`], [], 400],
    [
      "bytes that are not UTF-8",
      chat,
      [Buffer.from([...Buffer.from('{"model":"gpt-5.2","messages":[{"role":"user","content":"'), 0xff, 0x22, 0x7d, 0x5d, 0x7d])],
      [],
      400,
    ],
  ] as [string, string, (string | Uint8Array)[], [string, string][], number][])("with %s is refused", (_, path, body, headers, status) => {
    const { status: answered, error } = refused(path, body, headers);
    expect(answered).toBe(status);
    expect(error.error.message.length).toBeGreaterThan(10);
  });

  it("is refused in the form of the client's own API", () => {
    expect(refused("/v1/messages", ["hello"]).error).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    expect(refused(chat, ["hello"]).error).toMatchObject({ error: { type: "invalid_request_error" } });
  });

  it("leaves other paths alone", () => {
    const request = start().request("/healthz", []);
    expect(request.answer).toBeNull();
  });
});

describe("memory", () => {
  it("that a replaced configuration took is used again", () => {
    const usual = config() as { providers: object[] };
    const names = Array.from({ length: 200 }, (_, i) => `a field of some length, number ${i}`);
    const model_rules = [{ match: ["a*", "b*"], drop: names, rename: names.map((name) => [name, `${name}, otherwise`]) }];
    usual.providers[0] = { ...usual.providers[0], drop: names, add: names.map((name) => [name, name]), model_rules };
    const gateway = new Gateway(wasm, usual);
    const replace = (times: number) => {
      for (let i = 0; i < times; i++) {
        const { root } = gateway.host.createRoot(JSON.stringify(usual));
        gateway.host.run(root, (x) => x.proxy_on_delete(root));
      }
      return gateway.host.memoryBytes;
    };
    expect(replace(300)).toBe(replace(100));
  });

  it("is the same after 20,000 streams as after 1,000", () => {
    const gateway = new Gateway(wasm, config());
    const run = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const request = gateway
          .chat({ model: "router:any", stream: true, messages: [question] })
          .decide({ route: "r", models: ["openai/gpt-5.2"] });
        request.attempt().respond({ status: 500 });
        const attempt = request.attempt();
        attempt.respond({ status: 200, headers: sse, chunks: [chunk({ content: "Hi" }), chunk({}, "stop")], ends: i % 2 === 0 });
        attempt.end();
        request.end();
      }
    };
    run(1000);
    const before = gateway.host.memoryBytes;
    run(20_000);
    expect(gateway.host.memoryBytes).toBe(before);
  });
});
