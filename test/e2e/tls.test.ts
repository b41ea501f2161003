// TLS and HTTP/2 on both sides: providers behind certificates of a private authority, and a listener with a certificate of its own.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { createTestAuthority, type TestAuthority } from "../mock_providers/certificates.ts";
import { CLIENT_FORMATS, type ClientFormat, type ClientReply } from "./client_formats.ts";
import { configOf, Fleet, type FleetMember, fixedRouter, modelOf, nameOf, WIRE_FORMATS } from "./fleet.ts";

const PROTOCOLS = { h1: "1.1", h2: "2.0" } as const;
const TLS_PROVIDERS = WIRE_FORMATS.flatMap((format) =>
  (["h1", "h2"] as const).map((protocol) => ({ format, protocol, name: nameOf(protocol, format) })),
);

let folder: string;
let authority: TestAuthority;
let fleet: Fleet<string>;
let gateway: Gateway;
let session: ClientHttp2Session;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tls-"));
  authority = await createTestAuthority();
  const tls = await authority.issue("127.0.0.1");
  const members: Record<string, FleetMember> = {
    "by-name": { format: "openai_chat", tls: await authority.issue("localhost"), http2: true },
    "by-wrong-name": { format: "openai_chat", tls: await authority.issue("elsewhere.example"), http2: true },
    "wrong-host": { format: "openai_chat", tls: await authority.issue("127.0.0.2"), http2: true },
    "cut-early": { format: "anthropic_messages", tls, http2: true, behaviour: { kind: "cut", at: "before content" } },
    "cut-late": { format: "anthropic_messages", tls, http2: true, behaviour: { kind: "cut", at: "after content" } },
    reset: { format: "anthropic_messages", tls, http2: true, behaviour: { kind: "reset" } },
  };
  for (const { format, protocol, name } of TLS_PROVIDERS) members[name] = { format, tls, http2: protocol === "h2" };
  fleet = await Fleet.start(members);

  const ownCertificate = await authority.issue("127.0.0.1");
  await writeFile(join(folder, "ca.pem"), authority.ca);
  await writeFile(join(folder, "server.crt"), ownCertificate.cert);
  await writeFile(join(folder, "server.key"), ownCertificate.key);
  const byName = (name: string) => fleet.entry(name, { base_url: `https://localhost:${fleet.mock(name).port}` });
  const good = nameOf("h2", "openai_chat");
  gateway = await startGateway({
    config: configOf({
      listener: { tls: { cert_file: join(folder, "server.crt"), key_file: join(folder, "server.key") } },
      model_providers: Object.keys(members).map((name) => (name.startsWith("by-") ? byName(name) : fleet.entry(name))),
      routers: ["by-wrong-name", "wrong-host", "cut-early", "cut-late", "reset"].map((name) => fixedRouter(name, [name, good])),
      overrides: { upstream_tls_ca_path: join(folder, "ca.pem") },
    }),
    brightstaff: false,
  });
  session = connect(gateway.url, { ca: authority.ca });
});

afterAll(async () => {
  session?.close();
  await gateway?.close();
  await fleet?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Http2Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
  /** RST_STREAM's code, 0 when the stream ended well. */
  resetCode: number;
}

function askHttp2(client: ClientFormat, model: string, stream: boolean): Promise<Http2Answer> {
  const call = session.request({ ":method": "POST", ":path": client.path, "content-type": "application/json" });
  const answer: Http2Answer = { status: 0, headers: {}, body: "", resetCode: 0 };
  call.setEncoding("utf8");
  call.on("response", (headers) => {
    answer.status = Number(headers[":status"]);
    answer.headers = headers;
  });
  call.on("data", (text: string) => {
    answer.body += text;
  });
  call.end(JSON.stringify(client.request(model, "Hello", stream)));
  return new Promise((resolve) => {
    // Node makes an error of every reset; the code tells more.
    call.on("error", () => undefined);
    call.on("close", () => resolve({ ...answer, resetCode: call.rstCode ?? constants.NGHTTP2_NO_ERROR }));
  });
}

const readHttp2 = (client: ClientFormat, stream: boolean, { body }: Http2Answer): ClientReply =>
  stream ? client.readStream(body) : client.readWhole(body);

describe.each(TLS_PROVIDERS)("$format provider over TLS and $protocol", ({ name, protocol }) => {
  test.each(CLIENT_FORMATS)("$id client over HTTP/2", async (client) => {
    for (const stream of [true, false]) {
      const answer = await askHttp2(client, modelOf(name), stream);
      expect(answer, answer.body).toMatchObject({ status: 200, resetCode: 0 });
      expect(readHttp2(client, stream, answer)).toMatchObject({ complete: true, error: null });
      expect(answer.headers["x-model-router-selected-model"]).toBe(modelOf(name));
    }
    expect(new Set(fleet.mock(name).requests.map(({ httpVersion }) => httpVersion))).toEqual(new Set([PROTOCOLS[protocol]]));
  });
});

test("a provider is known by its DNS name, and gets that as the host", async () => {
  const [client] = CLIENT_FORMATS;
  const answer = await askHttp2(client, modelOf("by-name"), true);
  expect(readHttp2(client, true, answer).complete, answer.body).toBe(true);
  const request = fleet.mock("by-name").requests[0];
  expect(request?.headers[":authority"] ?? request?.headers.host).toBe(`localhost:${fleet.mock("by-name").port}`);
});

test("the listener also takes HTTP/1.1 over TLS", async () => {
  const [client] = CLIENT_FORMATS;
  const body = await new Promise<string>((resolve, reject) => {
    const call = httpsRequest(
      gateway.url + client.path,
      { method: "POST", ca: authority.ca, agent: false, headers: { "content-type": "application/json" } },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => {
          text += piece;
        });
        response.on("end", () => resolve(text));
        response.on("error", reject);
      },
    );
    call.on("error", reject);
    call.end(JSON.stringify(client.request(modelOf(nameOf("h2", "anthropic_messages")), "Hello", true)));
  });
  expect(client.readStream(body).complete, body).toBe(true);
});

test("many streams at once over one client connection, to one HTTP/2 provider", async () => {
  const [client] = CLIENT_FORMATS;
  const model = modelOf(nameOf("h2", "anthropic_messages"));
  const answers = await Promise.all(Array.from({ length: 80 }, () => askHttp2(client, model, true)));
  const failed = answers.filter((answer) => answer.resetCode !== 0 || !readHttp2(client, true, answer).complete);
  expect(failed.length, JSON.stringify(failed[0])).toBe(0);
});

describe("failed attempts", () => {
  test.each([
    { name: "by-wrong-name", outcome: "error=connect-failure" },
    { name: "wrong-host", outcome: "error=connect-failure" },
    { name: "reset", outcome: "error=reset" },
    { name: "cut-early", outcome: "error=reset" },
  ])("$name", async ({ name, outcome }) => {
    for (const client of CLIENT_FORMATS) {
      for (const stream of [true, false]) {
        const answer = await askHttp2(client, `router:${name}`, stream);
        expect(readHttp2(client, stream, answer).complete, answer.body).toBe(true);
        expect(answer.headers["x-model-router-attempts"]).toBe(
          `${modelOf(name)};${outcome}, ${modelOf(nameOf("h2", "openai_chat"))};status=200`,
        );
      }
    }
    if (outcome === "error=connect-failure") expect(fleet.mock(name).requests).toEqual([]);
  });

  test("a stream that breaks after its first content is reset", async () => {
    for (const client of CLIENT_FORMATS) {
      const answer = await askHttp2(client, "router:cut-late", true);
      expect(answer.status).toBe(200);
      expect(answer.resetCode).not.toBe(0);
      const reply = client.readStream(answer.body);
      expect(reply.text).not.toBe("");
      expect(reply.complete).toBe(false);
    }
  });
});
