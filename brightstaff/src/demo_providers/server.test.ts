import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoProviders, startDemoProviders } from "./server.ts";

let providers: DemoProviders;
beforeAll(async () => {
  providers = await startDemoProviders({ chunkIntervalMs: 0 });
});
afterAll(() => providers.close());

const JSON_HEADERS = { "content-type": "application/json" };
const ANTHROPIC_HEADERS = { ...JSON_HEADERS, "anthropic-version": "2023-06-01" };
const CHAT = { model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] };
const RESPONSE = { model: "gpt-4o", input: "Hi" };
const MESSAGES = { model: "claude-sonnet-4-5", max_tokens: 50, messages: [{ role: "user", content: "Hi" }] };

function post(path: string, body: unknown, headers: Record<string, string> = JSON_HEADERS, url = providers.url): Promise<Response> {
  return fetch(url + path, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
}

describe("what is answered before a body is looked into", () => {
  test.each([
    ["a body that is no JSON", "/v1/chat/completions", "{", JSON_HEADERS, 400, "invalid_request_error"],
    ["a body that is no JSON (responses)", "/v1/responses", "{", JSON_HEADERS, 400, "invalid_request_error"],
    ["a body that is no object (responses)", "/v1/responses", "[]", JSON_HEADERS, 400, "invalid_request_error"],
    ["another content type", "/v1/chat/completions", CHAT, { "content-type": "text/plain" }, 400, "invalid_request_error"],
    ["an unknown path", "/v1/complete", CHAT, JSON_HEADERS, 404, "invalid_request_error"],
    ["a body that is no JSON (Anthropic)", "/v1/messages", "{", ANTHROPIC_HEADERS, 400, "invalid_request_error"],
    ["no version", "/v1/messages", MESSAGES, JSON_HEADERS, 400, "invalid_request_error"],
    ["an unknown version", "/v1/messages", MESSAGES, { ...JSON_HEADERS, "anthropic-version": "2024-01-01" }, 400, "invalid_request_error"],
    ["an unknown path (Anthropic)", "/v1/complete", MESSAGES, ANTHROPIC_HEADERS, 404, "not_found_error"],
  ])("%s", async (_, path, body, headers, status, type) => {
    const response = await post(path, body, headers);
    expect(response.status).toBe(status);
    const answer = (await response.json()) as { type?: string; error: { type: string } };
    expect(answer.error.type).toBe(type);
    expect(answer.type).toBe("anthropic-version" in headers || path === "/v1/messages" ? "error" : undefined);
  });

  test("invalid UTF-8 is no JSON", async () => {
    const body = Buffer.from(JSON.stringify(CHAT).replace("Hi", "\xff"), "latin1");
    const response = await fetch(`${providers.url}/v1/chat/completions`, { method: "POST", headers: JSON_HEADERS, body });
    expect(response.status).toBe(400);
  });

  test.each([
    ["/v1/chat/completions", CHAT, JSON_HEADERS],
    ["/v1/responses", RESPONSE, JSON_HEADERS],
    ["/v1/messages", MESSAGES, ANTHROPIC_HEADERS],
  ])("10,000 levels of nesting on %s are refused", async (path, body, headers) => {
    const deep = JSON.stringify({ ...body, tools: 0 }).replace('"tools":0', `"tools":${"[".repeat(10_000)}${"]".repeat(10_000)}`);
    expect((await post(path, deep, headers)).status).toBe(400);
  });

  test("a body above Anthropic's limit is 413", async () => {
    const response = await post("/v1/messages", { ...MESSAGES, system: "x".repeat(33 * 1024 * 1024) }, ANTHROPIC_HEADERS);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "request_too_large" } });
  });

  test("GET on a POST path is 405", async () => {
    const response = await fetch(`${providers.url}/v1/chat/completions`);
    expect(response.status).toBe(405);
  });
});

describe("keys and models", () => {
  test("without requireKey no key is asked for", async () => {
    expect((await post("/v1/chat/completions", CHAT)).status).toBe(200);
    expect((await post("/v1/messages", MESSAGES, ANTHROPIC_HEADERS)).status).toBe(200);
  });

  test("with requireKey and a list of models", async () => {
    const strict = await startDemoProviders({ requireKey: true, models: ["gpt-4o", "claude-sonnet-4-5"] });
    const status = async (...args: Parameters<typeof post>) => (await post(args[0], args[1], args[2], strict.url)).status;
    expect(await status("/v1/chat/completions", CHAT)).toBe(401);
    expect(await status("/v1/responses", RESPONSE)).toBe(401);
    expect(await status("/v1/messages", MESSAGES, ANTHROPIC_HEADERS)).toBe(401);
    const openaiKey = { ...JSON_HEADERS, authorization: "Bearer demo" };
    expect(await status("/v1/chat/completions", CHAT, openaiKey)).toBe(200);
    expect(await status("/v1/chat/completions", { ...CHAT, model: "gpt-4" }, openaiKey)).toBe(404);
    expect(await status("/v1/responses", RESPONSE, openaiKey)).toBe(200);
    expect(await status("/v1/responses", { ...RESPONSE, model: "gpt-4" }, openaiKey)).toBe(404);
    // The official client sends a bearer token since API version 2026-10-21, x-api-key before.
    const keys: Record<string, string>[] = [{ "x-api-key": "demo" }, { authorization: "Bearer demo" }];
    for (const key of keys) {
      expect(await status("/v1/messages", MESSAGES, { ...ANTHROPIC_HEADERS, ...key })).toBe(200);
      expect(await status("/v1/messages", { ...MESSAGES, model: "claude-1" }, { ...ANTHROPIC_HEADERS, ...key })).toBe(404);
    }
    await strict.close();
  });

  test("each API lists models in its own form at the same path", async () => {
    const openai = await (await fetch(`${providers.url}/v1/models`)).json();
    expect(openai).toMatchObject({ object: "list", data: [{ object: "model" }, {}, {}] });
    const anthropic = await (await fetch(`${providers.url}/v1/models`, { headers: ANTHROPIC_HEADERS })).json();
    expect(anthropic).toMatchObject({ has_more: false, data: [{ type: "model" }, {}, {}] });
  });
});

describe("streams", () => {
  test("come at the pace that is set", async () => {
    const paced = await startDemoProviders({ chunkIntervalMs: 20 });
    const started = performance.now();
    const response = await post("/v1/chat/completions", { ...CHAT, stream: true, max_tokens: 10 }, JSON_HEADERS, paced.url);
    const toHeadersMs = performance.now() - started;
    await response.text();
    expect(performance.now() - started - toHeadersMs).toBeGreaterThan(150);
    await paced.close();
  });

  test("a client that leaves ends nothing but its own stream", async () => {
    const paced = await startDemoProviders({ chunkIntervalMs: 10 });
    const leaver = new AbortController();
    const init = { method: "POST", headers: JSON_HEADERS, body: JSON.stringify({ ...CHAT, stream: true }) };
    const leaving = await fetch(`${paced.url}/v1/chat/completions`, { ...init, signal: leaver.signal });
    const staying = await fetch(`${paced.url}/v1/chat/completions`, init);
    leaver.abort();
    await expect(leaving.text()).rejects.toThrow();
    expect(await staying.text()).toMatch(/data: \[DONE\]\n\n$/);
    await paced.close();
  });
});

describe("main.ts", () => {
  test("says where it listens, answers there, and ends on SIGTERM", async () => {
    const child = fork(join(import.meta.dirname, "main.ts"), ["--listen", "127.0.0.1:0"], { stdio: "pipe" });
    const [ready] = (await once(child, "message")) as [{ type: string; url: string }];
    expect(ready).toMatchObject({ type: "ready", url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    expect((await post("/v1/chat/completions", CHAT, JSON_HEADERS, ready.url)).status).toBe(200);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });

  test("a wrong option ends with 2 and says which", async () => {
    const child = fork(join(import.meta.dirname, "main.ts"), ["--listen", "nowhere"], { stdio: "pipe" });
    let said = "";
    child.stderr?.on("data", (chunk) => {
      said += chunk;
    });
    const [code] = await once(child, "close");
    expect(code).toBe(2);
    expect(said).toMatch(/--listen: "nowhere" is not host:port/);
  });
});
