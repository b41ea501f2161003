import type { ResponseError } from "openai/resources/responses/responses";
import { beforeAll, describe, expect, test } from "vitest";
import { CLIENT_FORMATS, ERROR_KINDS, Facade, FORMATS } from "./facade.ts";
import { expectGolden, fixturesOf, orphanGoldens } from "./golden.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

for (const provider of FORMATS) {
  for (const client of CLIENT_FORMATS) {
    describe(`${provider} to ${client}`, () => {
      test.each(fixturesOf(provider, "errors").map((fixture) => [fixture.name, fixture] as const))("%s", (name, fixture) => {
        const { error, body } = facade.providerError(provider, client, Number(name), fixture.text);
        expectGolden(fixture, client, { error: { ...error, kind: ERROR_KINDS[error.kind] }, body: JSON.parse(body) });
      });
    });
  }

  // The status of a whole answer is looked at only when its body is none.
  test(`${provider}: no error is taken for an answer`, () => {
    for (const { name, text } of fixturesOf(provider, "errors")) {
      for (const client of CLIENT_FORMATS) {
        const { result } = facade.translateResponse(provider, client, text);
        expect(["provider error", "malformed"], `${name} for ${client}`).toContain(result);
      }
    }
  });

  test(`${provider} has no golden without its fixture`, () => {
    expect(orphanGoldens(provider, "errors", CLIENT_FORMATS)).toEqual([]);
  });

  describe(`${provider}: a body that says nothing`, () => {
    test.each([
      ["HTML", "<html><body><h1>502 Bad Gateway</h1></body></html>"],
      ["nothing", ""],
      ["a list", "[1]"],
      ["a cut body", '{"error":{"message":"tru'],
      ["no message", '{"error":{}}'],
      ["null", '{"error":null}'],
      ["bytes", "\u0000\u0001"],
    ])("%s is told by its status", (_, text) => {
      for (const client of CLIENT_FORMATS) {
        const { error, body } = facade.providerError(provider, client, 502, text);
        expect(error).toMatchObject({ status: 502, message: "The provider answered with status 502 and no readable error message." });
        expect(JSON.parse(body)).toMatchObject({ error: { message: error.message } });
      }
    });
  });
}

describe("an error without a word", () => {
  const message = "The provider reported an error and no readable message.";

  test.each([
    ["openai_chat", '{"error":{"message":""}}'],
    ["anthropic_messages", '{"type":"error","error":{}}'],
    ["openai_responses", '{"type":"error"}'],
    ["openai_responses", '{"type":"response.failed","response":{}}'],
    ["gemini", '{"error":{}}'],
  ] as const)("of %s in a stream: %s", (provider, event) => {
    const client = provider === "anthropic_messages" ? "openai_chat" : "anthropic_messages";
    const stream = facade.openStream(provider, client);
    expect(stream.feed(`data: ${event}\n\n`).out).toContain(message);
    expect(stream.state()).toMatchObject({ errorSeen: 1, error: { message } });
    stream.close();
  });

  test("in a whole answer", () => {
    const { result, error } = facade.translateResponse("openai_chat", "anthropic_messages", '{"error":{"message":""}}');
    expect({ result, message: error.message }).toEqual({ result: "provider error", message });
  });
});

describe("a response that failed", () => {
  // The type is the compiler's word for it that these are codes of the API's.
  const published: ResponseError["code"][] = ["server_error", "rate_limit_exceeded", "invalid_prompt"];

  test.each([
    ["a number, as Zhipu's", { code: "1302", type: "rate_limit_error" }, "rate_limit_exceeded"],
    ["a status", { code: 503, type: "upstream_unavailable" }, "server_error"],
    ["a word of another's", { code: "content_filter", type: "invalid_request_error" }, "invalid_prompt"],
    ["none", { code: null, type: "server_error" }, "server_error"],
    ["one that Codex acts on", { code: "context_length_exceeded", type: "invalid_request_error" }, "context_length_exceeded"],
    ["an account without money", { code: "insufficient_quota", type: "insufficient_quota" }, "insufficient_quota"],
  ])("has a code that the API's clients know in the place of %s", (_, words, code) => {
    const stream = facade.openStream("openai_chat", "openai_responses");
    const begun = { id: "c", model: "m", choices: [{ index: 0, delta: { content: "x" } }] };
    const { out } = stream.feed(`data: ${JSON.stringify(begun)}\n\ndata: ${JSON.stringify({ error: { message: "No.", ...words } })}\n\n`);
    stream.close();
    const last = out.trim().split("\n").at(-1) ?? "";
    const { type, response } = JSON.parse(last.slice("data: ".length)) as { type: string; response: { error: ResponseError } };
    expect({ type, error: response.error }).toEqual({ type: "response.failed", error: { code, message: "No." } });
    expect([...published, "context_length_exceeded", "insufficient_quota"]).toContain(response.error.code);
  });
});

describe("what only a body says", () => {
  test.each(["34.07s", "-1s", "soon", 7, null])("Gemini's retryDelay %j is no reason to lose the message", (retryDelay) => {
    const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay }, null, 5];
    const body = JSON.stringify({ error: { code: 429, message: "Later.", status: "RESOURCE_EXHAUSTED", details } });
    expect(facade.providerError("gemini", "openai_chat", 429, body).error).toMatchObject({ status: 429, message: "Later." });
  });

  test("a key that Gemini does not know is 401, whatever its status", () => {
    const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }];
    const body = JSON.stringify({ error: { code: 400, message: "API key not valid.", status: "INVALID_ARGUMENT", details } });
    expect(facade.providerError("gemini", "openai_chat", 400, body).error).toMatchObject({
      status: 401,
      kind: ERROR_KINDS.indexOf("authentication"),
    });
  });
});

describe("kinds", () => {
  test.each([
    [400, "invalid request"],
    [401, "authentication"],
    [402, "billing"],
    [403, "permission"],
    [404, "not found"],
    [408, "timeout"],
    [413, "request too large"],
    [424, "server"],
    [422, "invalid request"],
    [429, "rate limit"],
    [500, "server"],
    [502, "server"],
    [503, "overloaded"],
    [504, "timeout"],
    [529, "overloaded"],
  ])("%i is %s", (status, kind) => {
    const { error } = facade.providerError("openai_chat", "openai_chat", status, "");
    expect(ERROR_KINDS[error.kind]).toBe(kind);
  });
});

describe("a provider's own form", () => {
  test.each([
    ['{"message":"from FastAPI or AWS"}', "from FastAPI or AWS"],
    ['{"detail":"Not authenticated"}', "Not authenticated"],
    ['{"error":"just words"}', "just words"],
    ['{"object":"error","message":"vLLM","code":400}', "vLLM"],
  ])("%s", (text, message) => {
    expect(facade.providerError("openai_chat", "anthropic_messages", 400, text).error.message).toBe(message);
  });

  test("a message of a megabyte is cut, between characters", () => {
    const { error } = facade.providerError("openai_chat", "openai_chat", 500, JSON.stringify({ error: { message: "é".repeat(500_000) } }));
    expect(error.message).toMatch(/^é{2048}$/);
  });

  test("a type that Anthropic does not have becomes one that it has, and its own stays", () => {
    const typeOf = (type: string, status: number) => {
      const { body } = facade.providerError("openai_chat", "anthropic_messages", status, JSON.stringify({ error: { message: "m", type } }));
      return (JSON.parse(body) as { error: { type: string } }).error.type;
    };
    expect(typeOf("insufficient_quota", 429)).toBe("rate_limit_error");
    expect(typeOf("requests", 429)).toBe("rate_limit_error");
    expect(typeOf("overloaded_error", 503)).toBe("overloaded_error");
  });
});

describe("the gateway's own errors", () => {
  test.each(ERROR_KINDS)("%s", (kind) => {
    const openai = JSON.parse(facade.writeError("openai_chat", 400, kind, 'say "what"\n')) as { error: { message: string; type: string } };
    expect(openai.error).toEqual({ message: 'say "what"\n', type: expect.stringMatching(/^[a-z_]+$/), param: null, code: null });
    const anthropic = JSON.parse(facade.writeError("anthropic_messages", 400, kind, 'say "what"\n')) as { type: string; error: object };
    expect(anthropic).toEqual({ type: "error", error: { type: expect.stringMatching(/^[a-z_]+$/), message: 'say "what"\n' } });
  });

  test("as events", () => {
    expect(facade.writeErrorEvent("openai_chat", "timeout", "late")).toBe(
      'data: {"error":{"message":"late","type":"timeout_error","param":null,"code":null}}\n\n',
    );
    expect(facade.writeErrorEvent("anthropic_messages", "overloaded", "busy")).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n',
    );
  });
});
