// Credentials that expire: what providers are sent, before and after renewals, and while there is none to be had.

import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { signatureProblem } from "../mock_providers/aws_signature.ts";
import { createTestAuthority } from "../mock_providers/certificates.ts";
import { type MockProvider, type RecordedRequest, startMockProvider } from "../mock_providers/server.ts";
import { TOKEN_MARK, TokenService } from "../mock_providers/token_service.ts";
import { AWS_ROLE, ENTRA, serviceAccountKey } from "../mock_providers/token_service_forms.ts";
import { ask, CLIENT_FORMATS, openaiChat } from "./client_formats.ts";
import { configOf } from "./fleet.ts";
import { waitUntil } from "./wait_until.ts";

const tokenOf = ({ headers }: RecordedRequest) => headers.authorization?.replace(/^Bearer /, "") ?? "";

let dir: string;
let tokens: TokenService;
let provider: MockProvider;
let gateway: Gateway;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "keys-"));
});
afterAll(() => rm(dir, { recursive: true }));
afterEach(async () => {
  await gateway?.close();
  await provider?.close();
  await tokens?.close();
});

/** A provider that answers 401 to whatever the service has not issued. */
const issuedOnly = (request: RecordedRequest) =>
  tokens.issued.includes(tokenOf(request)) ? undefined : ({ kind: "status", status: 401 } as const);

async function vertex(): Promise<Record<string, unknown>> {
  const key_file = join(dir, "key.json");
  await writeFile(key_file, JSON.stringify(serviceAccountKey(tokens.url)));
  return {
    model: "vertex/gemini-2.5-flash",
    base_url: provider.url,
    project: "my-project",
    location: "europe-west1",
    credentials: { type: "google", key_file },
  };
}

describe("Vertex AI with a service account", () => {
  beforeEach(async () => {
    tokens = await TokenService.start({ life_s: 4 });
    provider = await startMockProvider({ format: "gemini", choose: issuedOnly, chunkIntervalMs: 40 });
  });

  test("requests carry the token, and after a renewal the new one; no stream is cut", { timeout: 60_000 }, async () => {
    gateway = await startGateway({ config: configOf({ model_providers: [await vertex()] }) });
    const broken: string[] = [];
    let running = true;
    const loop = async (client: (typeof CLIENT_FORMATS)[number], stream: boolean) => {
      while (running) {
        const { status, cut, body, reply } = await ask(gateway.url, client, { model: "vertex/gemini-2.5-flash", stream });
        if (status !== 200 || cut || !reply.complete) broken.push(`${status}, cut: ${cut}, ${body.slice(-300)}`);
      }
    };
    const loops = CLIENT_FORMATS.flatMap((client) => [loop(client, true), loop(client, false)]);
    const used = () => [...new Set(provider.requests.map(tokenOf))];
    await waitUntil("a third token is in use", () => used().length >= 3);
    running = false;
    await Promise.all(loops);
    expect(broken).toEqual([]);

    // Each replaced the one before it, for all requests at once.
    expect(used()).toEqual(tokens.issued.filter((token) => used().includes(token)));
    expect(new Set(provider.requests.map(({ path }) => path))).toEqual(
      new Set(
        ["generateContent", "streamGenerateContent?alt=sse"].map(
          (method) => `/v1/projects/my-project/locations/europe-west1/publishers/google/models/gemini-2.5-flash:${method}`,
        ),
      ),
    );

    const secret = join(gateway.stateDir, "sds/vertex.json");
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    expect(await readFile(secret, "utf8")).toContain(`Bearer ${TOKEN_MARK}`);
    expect(gateway.logs()).toContain("credential renewed");
    expect(gateway.logs()).not.toContain(TOKEN_MARK);
    expect(await gateway.envoy.admin("/config_dump?include_eds")).not.toContain(TOKEN_MARK);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.brightstaff.port}/metrics`)).text();
    expect(metrics).toMatch(/brightstaff_credential_renewals_total\{provider="vertex",type="google",result="ok"\} ([3-9]|\d\d)/);
  });

  test("while Google is down, routers go on to the next model and others are served; then the provider is, without a restart", async () => {
    tokens.behaviour = "hang";
    const other = await startMockProvider({ format: "openai_chat" });
    const models = ["vertex/gemini-2.5-flash", "other/model"];
    gateway = await startGateway({
      config: configOf({
        model_providers: [await vertex(), { model: "other/model", base_url: other.url, provider_interface: "openai" }],
        routers: [{ name: "r", policies: [{ task: { name: "anything", description: "Any request" }, models }], fallback_models: models }],
      }),
    });
    const routed = await ask(gateway.url, openaiChat, { model: "router:r", stream: true });
    expect(routed.reply.complete, routed.body).toBe(true);
    expect(routed.headers["x-model-router-attempts"]).toBe("vertex/gemini-2.5-flash;status=401, other/model;status=200");
    for (const client of CLIENT_FORMATS) {
      const direct = await ask(gateway.url, client, { model: "vertex/gemini-2.5-flash", stream: false });
      expect([direct.status, direct.reply.error?.type], direct.body).toEqual([401, "authentication_error"]);
    }
    // What the client sent as its own key goes to no provider.
    expect(new Set(provider.requests.map(tokenOf))).toEqual(new Set(["no-token"]));

    tokens.behaviour = "answer";
    await waitUntil("there is a token", async () => {
      const answer = await ask(gateway.url, openaiChat, { model: "vertex/gemini-2.5-flash", stream: false });
      return answer.status === 200;
    });
    // The start did not wait until the request for a token was given up.
    const log = gateway.brightstaff.log();
    expect(log.indexOf("no answer within 10000 ms")).toBeGreaterThan(log.indexOf('"msg":"ready"'));
    await other.close();
  });
});

test("Azure OpenAI with an application of Entra's", async () => {
  const authority = await createTestAuthority();
  const ca = join(dir, "ca.pem");
  await writeFile(ca, authority.ca);
  tokens = await TokenService.start({ tls: await authority.issue("127.0.0.1") });
  provider = await startMockProvider({ format: "openai_chat", choose: issuedOnly });
  gateway = await startGateway({
    env: { NODE_EXTRA_CA_CERTS: ca, ENTRA_SECRET: ENTRA.clientSecret },
    config: configOf({
      model_providers: [
        {
          model: "azure_openai/gpt-5.4",
          base_url: provider.url,
          credentials: {
            type: "azure_client_secret",
            tenant_id: ENTRA.tenantId,
            client_id: ENTRA.clientId,
            client_secret: "$ENTRA_SECRET",
            authority_host: tokens.url,
          },
        },
      ],
    }),
  });
  const answer = await ask(gateway.url, openaiChat, { model: "azure_openai/gpt-5.4", stream: true });
  expect(answer.reply.complete, answer.body).toBe(true);
  const [request] = provider.requests;
  expect(request?.headers.authorization).toBe(`Bearer ${tokens.issued[0]}`);
  expect(request?.headers["api-key"]).toBeUndefined();
  expect(request?.path).toBe("/openai/v1/chat/completions");
});

test("Amazon Bedrock with a role that is assumed: requests are signed with its keys, and after a renewal with the new ones", async () => {
  tokens = await TokenService.start({ life_s: 5 });
  provider = await startMockProvider({ format: "bedrock_converse" });
  const keys = join(dir, "aws_credentials");
  await writeFile(keys, `[base]\naws_access_key_id = ${AWS_ROLE.sourceKeyId}\naws_secret_access_key = secret-of-the-source\n`);
  gateway = await startGateway({
    env: { AWS_SHARED_CREDENTIALS_FILE: keys, AWS_CONFIG_FILE: join(dir, "none"), AWS_ENDPOINT_URL_STS: tokens.url },
    config: configOf({
      model_providers: [
        {
          model: "bedrock/amazon.nova-pro-v1:0",
          base_url: provider.url,
          aws: { region: "eu-west-1" },
          credentials: { type: "aws", profile: "base", role_arn: AWS_ROLE.arn, external_id: AWS_ROLE.externalId },
        },
      ],
    }),
  });
  const sessionOf = ({ headers }: RecordedRequest) => String(headers["x-amz-security-token"]);
  const used = () => [...new Set(provider.requests.map(sessionOf))];
  await waitUntil("a third session is in use", async () => {
    const answer = await ask(gateway.url, openaiChat, { model: "bedrock/amazon.nova-pro-v1:0", stream: true });
    expect([answer.status, answer.reply.complete], answer.body).toEqual([200, true]);
    return used().length >= 3;
  });
  expect(used()).toEqual(tokens.issued.filter((token) => used().includes(token)));
  for (const request of provider.requests) {
    const account = { ...AWS_ROLE.keys, sessionToken: sessionOf(request), region: "eu-west-1" };
    expect(await signatureProblem({ ...request, body: Buffer.from(request.bodyText) }, account)).toBeNull();
  }
  expect((await stat(join(gateway.stateDir, "aws/bedrock.ini"))).mode & 0o777).toBe(0o600);
  const told = gateway.logs() + (await gateway.envoy.admin("/config_dump?include_eds"));
  for (const secret of [TOKEN_MARK, AWS_ROLE.keys.secretAccessKey]) expect(told).not.toContain(secret);
});

describe("a start is refused", () => {
  beforeEach(async () => {
    tokens = await TokenService.start();
    provider = await startMockProvider({ format: "gemini" });
  });

  test.each([
    [
      "with a key file that is not there",
      { key_file: "/nonexistent/key.json" },
      'key_file: "/nonexistent/key.json" does not exist; expected',
    ],
    [
      "with a key of another kind",
      { key: '{"type": "gdch_service_account"}' },
      'key: has the type "gdch_service_account", and what is served is',
    ],
  ])("%s", async (_, credentials, mistake) => {
    const config = configOf({ model_providers: [{ ...(await vertex()), credentials: { type: "google", ...credentials } }] });
    await expect(startGateway({ config })).rejects.toThrow(`model_providers[0].credentials.${mistake}`);
  });
});
