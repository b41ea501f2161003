import { beforeAll, describe, expect, it } from "vitest";
import { config } from "./config.ts";
import { Gateway } from "./gateway.ts";
import { buildModule } from "./module.ts";

let wasm: string;

beforeAll(async () => {
  wasm = await buildModule();
});

const question = { role: "user", content: "Say hello" };
const sse = [["content-type", "text/event-stream"]] as [string, string][];

const GEMINI = {
  name: "gemini",
  cluster: "gemini",
  format: "gemini",
  authority: "generativelanguage.googleapis.com",
  path: "/v1beta/models/{model}:generateContent",
  stream_path: "/v1beta/models/{model}:streamGenerateContent?alt=sse",
  headers: [],
  passthrough_auth: false,
  auth_header: "x-goog-api-key",
  auth_prefix: "",
  drop: [],
  rename: [],
};

/** The usual configuration with a provider, all of whose models go by `gemini/…`, and the model that comes next. */
function start(provider: object = GEMINI): Gateway {
  const usual = config() as { providers: object[]; models: object[]; wildcards: object[]; routers: object[] };
  usual.models.push({ id: "gemini/gemini-3.6-flash", provider: usual.providers.length, model: "gemini-3.6-flash" });
  usual.wildcards.push({ prefix: "gemini/", provider: usual.providers.length });
  usual.providers.push(provider);
  usual.routers.push({ name: "gemini-first", fallback: [3, 0] }, { name: "openai-first", fallback: [0, 3] });
  return new Gateway(wasm, usual);
}

describe("rules for models", () => {
  const matching = (patterns: string[], model: string) => {
    const usual = config() as { providers: object[] };
    const model_rules = [{ match: patterns, drop: ["seed"], rename: [["max_tokens", "limit"]] }, { match: ["*"] }];
    usual.providers[0] = { ...usual.providers[0], drop: ["seed", "user"], model_rules };
    const envoy = new Gateway(wasm, { ...usual, wildcards: [{ prefix: "openai/", provider: 0 }] });
    const body = { model: `openai/${model}`, messages: [question], seed: 1, max_tokens: 2, user: "u" };
    return (
      "limit" in
      (envoy
        .request("/v1/chat/completions", [JSON.stringify(body)])
        .attempt()
        .json() as object)
    );
  };

  it.each([
    ["o3*", "o3", true],
    ["o3*", "o3-mini", true],
    ["o3*", "go3", false],
    ["gpt-5", "gpt-5", true],
    ["gpt-5", "gpt-5-mini", false],
    ["gpt-5-*", "gpt-5", false],
    ["*", "anything", true],
    ["claude-*-4-7*", "claude-opus-4-7-20260416", true],
    ["claude-*-4-7*", "claude-opus-4-6", false],
    ["a*ab*b", "aab-aabb", true],
    ["a*ab*b", "aab-aabc", false],
    ["**x", "x", true],
  ])("%s and %s: %s", (pattern, model, isMatch) => {
    expect(matching([pattern], model)).toBe(isMatch);
    expect(matching(["never", pattern], model)).toBe(isMatch);
  });
});

describe("other operations", () => {
  const estimator = {
    ...GEMINI,
    name: "estimator",
    cluster: "estimator",
    format: "anthropic_count_tokens",
    path: "/v1/messages/count_tokens",
  };
  const native = [
    { format: "openai_input_tokens", path: "/v1/responses/input_tokens", drop: ["store"] },
    { format: "openai_embeddings", provider: 4 },
  ];
  const place = {
    ...GEMINI,
    name: "vectors",
    cluster: "vectors",
    format: "openai_embeddings",
    path: "/vectors",
    auth_header: "authorization",
  };

  function gateway(): Gateway {
    const usual = config() as { providers: object[]; token_estimator?: number };
    usual.providers[0] = { ...usual.providers[0], native };
    usual.providers.push(estimator, place);
    usual.token_estimator = 3;
    return new Gateway(wasm, usual);
  }
  const count = (model: string) =>
    gateway().request("/v1/messages/count_tokens", [JSON.stringify({ model, messages: [question], max_tokens: 9 })]);

  it("counts at the provider, in its own form", () => {
    const request = count("openai/gpt-5.2");
    const attempt = request.attempt();
    expect(attempt.header(":path")).toBe("/v1/responses/input_tokens");
    expect(attempt.json()).toMatchObject({ model: "gpt-5.2", input: [{ role: "user" }] });
    expect(attempt.json()).not.toHaveProperty("store");
    attempt.respond({ status: 200, chunks: ['{"object":"response.input_tokens","input_tokens":11}'] });
    expect(request.answer?.body).toBe('{"input_tokens":11}');
  });

  it("tells of embeddings, which use tokens, and not of counts, which use none", () => {
    const envoy = gateway();
    const ask = (path: string, body: object) => {
      const request = envoy.request(path, [JSON.stringify(body)]);
      request.attempt().respond({ status: 200, chunks: ['{"input_tokens":1,"data":[],"usage":{"prompt_tokens":5}}'] });
      expect(request.answer?.status).toBe(200);
      request.end();
    };
    ask("/v1/messages/count_tokens", { model: "custom/m", messages: [question] });
    ask("/v1/embeddings", { model: "openai/gpt-5.2", input: "a" });
    envoy.host.run(envoy.gatewayRoot, (x) => x.proxy_on_tick(envoy.gatewayRoot));
    const events = envoy.host.calls.filter(({ body }) => body.includes("client_format")).map(({ body }) => body);
    expect(events).toHaveLength(1);
    expect(JSON.parse(events[0] ?? "")).toMatchObject({ client_format: "openai_embeddings", input_tokens: 5 });
  });

  it("estimates where the provider fails, or does not count", () => {
    const request = count("openai/gpt-5.2");
    expect(request.attempt().respond({ status: 404, chunks: ["{}"] })).toBe("retried");
    expect(request.nextCluster).toBe("estimator");
    expect(count("custom/m").nextCluster).toBe("estimator");
  });

  it("asks for embeddings where the provider takes the key for them", () => {
    const request = gateway().request("/v1/embeddings", ['{"model":"openai/gpt-5.2","input":"a"}']);
    expect(request.nextCluster).toBe("vectors");
    expect(request.attempt().header(":path")).toBe("/vectors");
    const none = gateway().request("/v1/embeddings", ['{"model":"anthropic/claude-sonnet-4-5","input":"a"}']);
    expect(none.answer?.status).toBe(400);
    expect(none.answer?.body).toContain("these have: openai.");
  });
});

const event = (parts: object[], finishReason?: string): string =>
  `data: ${JSON.stringify({ candidates: [{ content: { parts, role: "model" }, finishReason, index: 0 }], modelVersion: "m", responseId: "r" })}\r\n\r\n`;

describe("a path with the model's name in it", () => {
  it("is another one for streams", () => {
    const whole = start().chat({ model: "gemini/gemini-3.6-flash", messages: [question] });
    expect(whole.attempt().header(":path")).toBe("/v1beta/models/gemini-3.6-flash:generateContent");
    const streamed = start().messages({ model: "gemini/gemini-3.6-flash", max_tokens: 9, messages: [question], stream: true });
    expect(streamed.attempt().header(":path")).toBe("/v1beta/models/gemini-3.6-flash:streamGenerateContent?alt=sse");
  });

  it.each([
    ["gemini/../secrets?key=1#x", "..%2Fsecrets%3Fkey%3D1%23x"],
    ["gemini/a b%2f:é", "a%20b%252f%3A%C3%A9"],
    ["gemini/{model}", "%7Bmodel%7D"],
    ["gemini/gemini-2.5-pro_1~x", "gemini-2.5-pro_1~x"],
  ])("has %s as one segment", (model, segment) => {
    const attempt = start()
      .chat({ model, messages: [question] })
      .attempt();
    expect(attempt.header(":path")).toBe(`/v1beta/models/${segment}:generateContent`);
  });

  it("has nothing of the client's query", () => {
    const body = JSON.stringify({ model: "gemini/gemini-3.6-flash", messages: [question] });
    const attempt = start().request("/v1/chat/completions?beta=true", [body]).attempt();
    expect(attempt.header(":path")).toBe("/v1beta/models/gemini-3.6-flash:generateContent");
  });

  it("is one for the provider's own clients too, with their query", () => {
    const gateway = start({
      ...GEMINI,
      format: "openai_chat",
      path: "/deployments/{model}/chat",
      stream_path: "/deployments/{model}/stream",
    });
    const body = (stream: boolean) => JSON.stringify({ model: "gemini/gpt-x", messages: [question], stream });
    expect(
      gateway
        .request("/v1/chat/completions?a=1", [body(false)])
        .attempt()
        .header(":path"),
    ).toBe("/deployments/gpt-x/chat?a=1");
    expect(
      gateway
        .request("/v1/chat/completions", [body(true)])
        .attempt()
        .header(":path"),
    ).toBe("/deployments/gpt-x/stream");
  });

  it("changes with the candidate", () => {
    const first = start()
      .chat({ model: "router:gemini-first", messages: [question] })
      .decide();
    expect(first.attempt().header(":path")).toBe("/v1beta/models/gemini-3.6-flash:generateContent");
    expect(first.attempt().header(":path")).toBe("/v1/chat/completions");
    const second = start()
      .chat({ model: "router:openai-first", messages: [question] })
      .decide();
    expect(second.attempt().header(":path")).toBe("/v1/chat/completions");
    expect(second.attempt().header(":path")).toBe("/v1beta/models/gemini-3.6-flash:generateContent");
  });
});

describe("a stream without a last event of its own", () => {
  const stream = () => start().chat({ model: "gemini/gemini-3.6-flash", messages: [question], stream: true });
  const respond = (request: ReturnType<typeof stream>, chunks: string[]) =>
    request.attempt().respond({ status: 200, headers: sse, chunks });

  it("is whole when it ends behind a finish reason", () => {
    const request = stream();
    expect(respond(request, [event([{ text: "Hel" }]), event([{ text: "lo" }], "STOP"), ""])).toBe("answered");
    expect(request.answer?.body).toContain('"content":"lo"');
    expect(request.answer?.body).toMatch(/"finish_reason":"stop".*data: \[DONE\]\n\n$/s);
  });

  it("is whole with nothing in it, too", () => {
    const request = stream();
    expect(respond(request, [event([{ text: "" }], "MAX_TOKENS"), ""])).toBe("answered");
    expect(request.answer?.status).toBe(200);
    expect(request.answer?.body).toMatch(/"finish_reason":"length".*data: \[DONE\]\n\n$/s);
  });

  it("is whole when all of it comes with its end", () => {
    const request = stream();
    expect(respond(request, [event([{ text: "Hello" }], "STOP")])).toBe("answered");
    expect(request.answer?.body).toContain('"content":"Hello"');
    expect(request.answer?.body.match(/\[DONE\]/g)).toHaveLength(1);
  });

  it("never looks whole without a finish reason", () => {
    const request = stream();
    expect(respond(request, [event([{ text: "Hel" }]), ""])).toBe("answered");
    expect(request.answer?.body).toContain('"error"');
    expect(request.answer?.body).not.toContain("[DONE]");
  });

  it.each([
    ["an end before any content", [event([{ text: "" }])]],
    ["a call that the model got wrong", [event([], "MALFORMED_FUNCTION_CALL")]],
    ["a call in pieces", [event([{ functionCall: { name: "f", willContinue: true } }])]],
  ])("%s goes to the next candidate", (_, chunks) => {
    const request = start()
      .chat({ model: "router:gemini-first", messages: [question], stream: true })
      .decide();
    expect(request.attempt().respond({ status: 200, headers: sse, chunks })).toBe("retried");
    expect(request.attempt().json().model).toBe("gpt-5.2");
  });
});
