import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { get as httpsGet } from "node:https";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { afterEach, describe, expect, test } from "vitest";
import type { WireFormat } from "../../brightstaff/src/demo_providers/engine.ts";
import type { PacedBehaviour } from "./behaviours.ts";
import { createSelfSignedCertificate, createTestAuthority } from "./certificates.ts";
import { closedPort, startTcpServer } from "./ports.ts";
import { type MockProvider, type MockProviderOptions, startMockProvider } from "./server.ts";

/** A reply that should hang, and has not ended after this time, does. */
const HANG_MS = 150;
const PATIENCE_MS = 20_000;

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

async function start(options: MockProviderOptions): Promise<MockProvider> {
  const provider = await startMockProvider(options);
  started.push(provider);
  return provider;
}

const REQUEST_HEADERS = { "content-type": "application/json", "anthropic-version": "2023-06-01" };

function requestBody(format: WireFormat, stream: boolean): string {
  if (format === "openai_responses") return JSON.stringify({ model: "gpt-4o", max_output_tokens: 100, stream, input: "Hi there" });
  const model = format === "openai_chat" ? "gpt-4o" : "claude-opus-4-8";
  return JSON.stringify({ model, max_tokens: 100, stream, messages: [{ role: "user", content: "Hi there" }] });
}

interface Outcome {
  /** 0 when no headers came. */
  status: number;
  headers: Headers;
  body: string;
  end: "complete" | "broken" | "silent";
}

async function send(provider: MockProvider, stream: boolean, format: WireFormat, patienceMs = PATIENCE_MS): Promise<Outcome> {
  const outcome: Outcome = { status: 0, headers: new Headers(), body: "", end: "complete" };
  const signal = AbortSignal.timeout(patienceMs);
  try {
    const response = await fetch(`${provider.url}/any/path`, {
      method: "POST",
      headers: REQUEST_HEADERS,
      body: requestBody(format, stream),
      signal,
    });
    outcome.status = response.status;
    outcome.headers = response.headers;
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) outcome.body += decoder.decode(chunk, { stream: true });
  } catch {
    outcome.end = signal.aborted ? "silent" : "broken";
  }
  return outcome;
}

function patienceFor(end: Outcome["end"]): number {
  return end === "silent" ? HANG_MS : PATIENCE_MS;
}

const FORMATS = ["openai_chat", "anthropic_messages", "openai_responses"] as const;
const TERMINAL = {
  openai_chat: /data: \[DONE\]\n\n$/,
  anthropic_messages: /event: message_stop\n.*\n\n$/,
  openai_responses: /event: response\.completed\n.*\n\n$/,
};
const CONTENT = { openai_chat: /"content":"[^"]/, anthropic_messages: /_delta/, openai_responses: /output_text\.delta/ };
const PREAMBLE = { openai_chat: /"role":"assistant"/, anthropic_messages: /message_start/, openai_responses: /response\.created/ };
const ERROR = {
  openai_chat: /data: \{"error":\{"message":.*"type":"server_error"/,
  anthropic_messages: /event: error\ndata: .*overloaded_error/,
  openai_responses: /event: error\ndata: \{"type":"error","sequence_number":\d+,"error":\{"message":.*"type":"server_error"/,
};

interface StreamCase {
  behaviour: PacedBehaviour;
  end: Outcome["end"];
  status: number;
  preamble: boolean;
  content: boolean;
  error: boolean;
}

/** What is seen of a stream under each behaviour. None but the first reaches the terminal event. */
const STREAM_CASES: [string, StreamCase][] = [
  ["reset", { behaviour: { kind: "reset" }, end: "broken", status: 0, preamble: false, content: false, error: false }],
  [
    "hang before headers",
    { behaviour: { kind: "hang before headers" }, end: "silent", status: 0, preamble: false, content: false, error: false },
  ],
  [
    "hang after headers",
    { behaviour: { kind: "hang after headers" }, end: "silent", status: 200, preamble: false, content: false, error: false },
  ],
  [
    "pings forever",
    { behaviour: { kind: "pings forever", intervalMs: 10 }, end: "silent", status: 200, preamble: true, content: false, error: false },
  ],
  [
    "error event first",
    { behaviour: { kind: "error event", at: "first" }, end: "complete", status: 200, preamble: false, content: false, error: true },
  ],
  [
    "error before content",
    { behaviour: { kind: "error event", at: "before content" }, end: "complete", status: 200, preamble: true, content: false, error: true },
  ],
  [
    "error after content",
    { behaviour: { kind: "error event", at: "after content" }, end: "complete", status: 200, preamble: true, content: true, error: true },
  ],
  [
    "cut before content",
    { behaviour: { kind: "cut", at: "before content" }, end: "broken", status: 200, preamble: true, content: false, error: false },
  ],
  [
    "cut after content",
    { behaviour: { kind: "cut", at: "after content" }, end: "broken", status: 200, preamble: true, content: true, error: false },
  ],
  [
    "end before content",
    { behaviour: { kind: "end early", at: "before content" }, end: "complete", status: 200, preamble: true, content: false, error: false },
  ],
  [
    "end after content",
    { behaviour: { kind: "end early", at: "after content" }, end: "complete", status: 200, preamble: true, content: true, error: false },
  ],
  ["empty", { behaviour: { kind: "empty" }, end: "complete", status: 200, preamble: false, content: false, error: false }],
];

describe.each(FORMATS)("%s streams", (format) => {
  test("an answer reaches its terminal event", async () => {
    const outcome = await send(await start({ format }), true, format);
    expect(outcome).toMatchObject({ status: 200, end: "complete", body: expect.stringMatching(TERMINAL[format]) });
  });

  test.each(STREAM_CASES)("%s", async (_, expected) => {
    const outcome = await send(await start({ format, behaviour: expected.behaviour }), true, format, patienceFor(expected.end));
    const { status, end, body } = outcome;
    const seen = { preamble: PREAMBLE[format].test(body), content: CONTENT[format].test(body), error: ERROR[format].test(body) };
    const { behaviour: _behaviour, ...rest } = expected;
    expect({ status, end, ...seen }).toEqual(rest);
    expect(body).not.toMatch(TERMINAL[format]);
  });

  test.each([1, 7, [3, 100, 1]])("pieces of %j bytes make the same stream", async (chunkBytes) => {
    const provider = await start({ format });
    provider.queue({ kind: "answer" }, { kind: "answer", chunkBytes });
    const [whole, sliced] = [await send(provider, true, format), await send(provider, true, format)];
    // Ids, the time and the padding of chunks are random; what is left has to be alike.
    const withoutRandom = (body: string) => body.replace(/"(?:id|item_id|obfuscation)":"[^"]*"|"created(?:_at)?":\d+/g, "");
    expect(withoutRandom(sliced.body)).toBe(withoutRandom(whole.body));
  });

  test("a huge answer comes in many events and ends well", async () => {
    const outcome = await send(await start({ format, behaviour: { kind: "huge", textBytes: 1_000_000 } }), true, format);
    expect(outcome.body.match(/x{100}/g)?.length).toBeGreaterThan(9700);
    expect(outcome.body).toMatch(TERMINAL[format]);
  });
});

describe.each(FORMATS)("%s whole replies", (format) => {
  test.each([
    ["answer", { kind: "answer" }, 200, "complete", /"usage":/],
    ["html", { kind: "html" }, 200, "complete", /^<!DOCTYPE html>/],
    ["error inside", { kind: "error event", at: "first" }, 200, "complete", /"error": ?\{/],
    ["cut", { kind: "cut", at: "after content" }, 200, "broken", /^\{/],
    ["half", { kind: "end early", at: "after content" }, 200, "complete", /^\{[\s\S]{50,}[^}]$/],
    ["nothing", { kind: "end early", at: "before content" }, 200, "complete", /^$/],
    ["empty", { kind: "empty" }, 200, "complete", /^$/],
    ["white space", { kind: "pings forever", intervalMs: 10 }, 200, "silent", /^\n{2,}$/],
    ["invalid JSON", { kind: "invalid json" }, 200, "complete", /\[\}$/],
    ["huge", { kind: "huge", textBytes: 5000 }, 200, "complete", /x{5000}/],
  ] as [string, PacedBehaviour, number, Outcome["end"], RegExp][])("%s", async (_, behaviour, status, end, body) => {
    const outcome = await send(await start({ format, behaviour }), false, format, patienceFor(end));
    expect(outcome).toMatchObject({ status, end, body: expect.stringMatching(body) });
  });

  test.each([400, 401, 403, 404, 408, 429, 500, 503, 529])("status %i with an error body of the format", async (status) => {
    const outcome = await send(await start({ format, behaviour: { kind: "status", status } }), false, format);
    const body = JSON.parse(outcome.body) as { type?: string; error: { type: string; message: string } };
    expect(outcome.status).toBe(status);
    expect(body.error).toMatchObject({ type: expect.any(String), message: expect.any(String) });
    expect(body.type).toBe(format === "anthropic_messages" ? "error" : undefined);
    expect(outcome.headers.get("retry-after")).toBe(status === 429 ? "1" : null);
  });

  test("malformed requests are refused as the real API does", async () => {
    const provider = await start({ format });
    const response = await fetch(provider.url, { method: "POST", headers: REQUEST_HEADERS, body: "{}" });
    expect(response.status).toBe(400);
  });
});

describe("which behaviour a request gets", () => {
  test("the queue first, then the choice, then the rest", async () => {
    const provider = await start({
      format: "openai_chat",
      behaviour: { kind: "status", status: 500 },
      choose: ({ body }) => (body.stream ? { kind: "status", status: 408 } : undefined),
    });
    provider.queue({ kind: "status", status: 429, headers: { "retry-after": "7" } });
    const statuses: number[] = [];
    for (const stream of [true, true, false]) statuses.push((await send(provider, stream, "openai_chat")).status);
    provider.behave({ kind: "answer" });
    statuses.push((await send(provider, false, "openai_chat")).status);
    expect(statuses).toEqual([429, 408, 500, 200]);
  });

  test("requests are recorded, and those whose answer did not end are marked", async () => {
    const provider = await start({ format: "openai_chat" });
    provider.queue({ kind: "answer" }, { kind: "hang after headers" });
    const waited = provider.waitForRequests(2);
    await send(provider, false, "openai_chat");
    await send(provider, true, "openai_chat", HANG_MS);
    await waited;
    await expect.poll(() => provider.requests.map((request) => request.abandoned)).toEqual([false, true]);
    expect(provider.requests[0]).toMatchObject({
      index: 0,
      method: "POST",
      path: "/any/path",
      httpVersion: "1.1",
      body: { model: "gpt-4o" },
    });
    expect(provider.requests[0]?.headers["content-type"]).toBe("application/json");
  });

  test("delays and paces", async () => {
    const provider = await start({ format: "openai_chat", delayMs: 60, chunkIntervalMs: 20 });
    const before = performance.now();
    const response = await fetch(provider.url, {
      method: "POST",
      headers: REQUEST_HEADERS,
      body: requestBody("openai_chat", true).replace("100", "4"),
    });
    const headersMs = performance.now() - before;
    expect(headersMs).toBeGreaterThan(50);
    await response.text();
    expect(performance.now() - before - headersMs).toBeGreaterThan(80);
  });

  test("a recording is replayed as its provider sent it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "recording-"));
    const file = join(folder, "made-up.chunks.txt");
    writeFileSync(
      file,
      '{"id":"a","choices":[{"delta":{"content":"from the file"}}]}\n{"id":"a","choices":[{"delta":{},"finish_reason":"stop"}]}\n',
    );
    const provider = await start({ format: "openai_chat", behaviour: { kind: "replay", file } });
    const client = new OpenAI({ apiKey: "demo", baseURL: provider.url, maxRetries: 0 });
    let text = "";
    for await (const chunk of await client.chat.completions.create({ model: "m", messages: [], stream: true })) {
      text += chunk.choices[0]?.delta.content ?? "";
    }
    expect(text).toBe("from the file");
    rmSync(folder, { recursive: true });
  });

  test("a recording of events that have names is replayed with them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "recording-"));
    const file = join(folder, "made-up.chunks.txt");
    const delta = {
      type: "response.output_text.delta",
      sequence_number: 0,
      item_id: "msg_1",
      output_index: 0,
      content_index: 0,
      delta: "from the file",
    };
    const completed = { type: "response.completed", sequence_number: 1, response: { id: "resp_1", status: "completed", output: [] } };
    writeFileSync(file, `${JSON.stringify(delta)}\n${JSON.stringify(completed)}\n`);
    const provider = await start({ format: "openai_responses" });
    provider.queue({ kind: "replay", file });
    const { body } = await send(provider, true, "openai_responses");
    expect(body).toBe([delta, completed].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""));
    rmSync(folder, { recursive: true });
  });
});

describe("TLS", () => {
  const HOST = "api.provider.test";

  /** The status over HTTP/1.1, or the handshake's error code. */
  function tlsOutcome(port: number, ca: string): Promise<number | string> {
    return new Promise((resolve) => {
      const options = { host: "127.0.0.1", port, ca, servername: HOST, path: "/v1/chat/completions", agent: false };
      httpsGet(options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      }).on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }

  test("only the right certificate for the right host is trusted", async () => {
    const authority = await createTestAuthority();
    const outcome = async (tls: MockProviderOptions["tls"]) => tlsOutcome((await start({ format: "openai_chat", tls })).port, authority.ca);
    // The GET has no body to answer: any status proves the handshake.
    expect(await outcome(await authority.issue(HOST))).toBe(400);
    expect(await outcome(await authority.issue("other.test"))).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    expect(await outcome(await authority.issue(HOST, { expired: true }))).toBe("CERT_HAS_EXPIRED");
    expect(await outcome(await createSelfSignedCertificate(HOST))).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    expect(await outcome(await (await createTestAuthority()).issue(HOST))).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED|CERT_SIGNATURE/);
  });

  test("HTTP/2 by ALPN, HTTP/1.1 beside it, and streams that break", async () => {
    const authority = await createTestAuthority();
    const provider = await start({ format: "openai_chat", tls: await authority.issue(HOST), http2: true });
    expect(await tlsOutcome(provider.port, authority.ca)).toBe(400);
    const session = connectHttp2(provider.url, { ca: authority.ca, servername: HOST });
    provider.queue({ kind: "answer" }, { kind: "cut", at: "after content" }, { kind: "reset" });
    const request = () =>
      new Promise<string>((resolve) => {
        const stream = session.request({ ":method": "POST", ":path": "/", "content-type": "application/json" });
        let body = "";
        stream.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        stream.on("error", () => resolve(`${body === "" ? "nothing" : "part"}, then broken`));
        stream.on("end", () => resolve(body));
        stream.end(requestBody("openai_chat", true));
      });
    expect(await request()).toMatch(TERMINAL.openai_chat);
    expect(await request()).toBe("part, then broken");
    expect(await request()).toBe("nothing, then broken");
    expect(provider.requests.map(({ httpVersion }) => httpVersion)).toEqual(["1.1", "2.0", "2.0", "2.0"]);
    session.destroy();
  });
});

describe("ports", () => {
  function connectOutcome(port: number): Promise<string> {
    return new Promise((resolve) => {
      const socket = connectTcp(port, "127.0.0.1");
      socket.setTimeout(HANG_MS, () => {
        socket.destroy();
        resolve("silent");
      });
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
      socket.on("end", () => resolve("end"));
      socket.on("connect", () => socket.write("x"));
    });
  }

  test("closed, resetting and silent ones", async () => {
    expect(await connectOutcome(await closedPort())).toBe("ECONNREFUSED");
    for (const manner of ["reset", "hang"] as const) {
      const server = await startTcpServer(manner);
      started.push(server);
      expect(await connectOutcome(server.port)).toBe(manner === "reset" ? "ECONNRESET" : "silent");
      expect(server.connections).toBe(1);
    }
  });
});
