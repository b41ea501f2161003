// DigitalOcean's own clients, unmodified, manage routers; what they made routes the next request.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goClient, whyNoGo } from "../clients/go_client.ts";
import { pythonWithClients } from "../clients/python_clients.ts";
import { REPO } from "../gateway/repo.ts";
import { type Gateway, startGateway } from "../gateway/start_gateway.ts";
import { createTestAuthority } from "../mock_providers/certificates.ts";
import { anthropicMessages, ask, type ClientFormat, openaiChat } from "./client_formats.ts";
import { exchange } from "./exchange.ts";
import { type ConfigParts, configOf, Fleet, modelOf } from "./fleet.ts";

const KEY = "the-admin-key";
const CODE_PROMPT = "Write a Python function that sorts a list of dictionaries by key";
const POEM_PROMPT = "Write a poem about the sea, in rhymes";
const INSTALL_MS_MAX = 300_000;

type Json = Record<string, unknown>;
type Router = { uuid: string; name: string; description?: string; config: { policies: Json[]; fallback_models: string[] } };

let folder: string;
let fleet: Fleet<"dear" | "cheap" | "spare">;
let config: ConfigParts;
let gateway: Gateway;
let apiUrl: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "routers-"));
  // pydo sends its token over TLS only: azure-core's BearerTokenCredentialPolicy refuses plain HTTP.
  const authority = await createTestAuthority();
  const { cert, key } = await authority.issue("127.0.0.1");
  await writeFile(join(folder, "ca.pem"), authority.ca);
  await writeFile(join(folder, "admin.crt"), cert);
  await writeFile(join(folder, "admin.key"), key);
  fleet = await Fleet.start({ dear: { format: "openai_chat" }, cheap: { format: "anthropic_messages" }, spare: { format: "openai_chat" } });
  const price = (usd: number) => ({ input_usd_per_mtok: usd, output_usd_per_mtok: usd });
  config = configOf({
    model_providers: fleet.entries(),
    model_aliases: {
      "openai-gpt-5.2": { target: modelOf("dear") },
      "anthropic-claude-haiku-4.5": { target: modelOf("cheap") },
      "openai-gpt-oss-120b": { target: modelOf("spare") },
    },
    routers: [{ name: "writing", preset: "writing", models: [modelOf("dear"), modelOf("cheap")], fallback_models: [modelOf("spare")] }],
    model_metrics_sources: [
      {
        type: "cost",
        provider: "static",
        prices: { [modelOf("dear")]: price(10), [modelOf("cheap")]: price(1), [modelOf("spare")]: price(5) },
      },
    ],
    admin: { port: 0, key: "$PLANO_ADMIN_KEY", tls: { cert_file: join(folder, "admin.crt"), key_file: join(folder, "admin.key") } },
  }) as ConfigParts;
  gateway = await startGateway({ config, env: { PLANO_ADMIN_KEY: KEY } });
  apiUrl = `https://127.0.0.1:${gateway.brightstaff.adminPort}`;
});

afterAll(async () => {
  await gateway?.close();
  await fleet?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a client's program to its end and returns the JSON that it prints. */
async function runClient(command: readonly string[], body: unknown, token: string): Promise<Json> {
  const [file = "", ...args] = command;
  const ca = join(folder, "ca.pem");
  const env = { ...process.env, API_URL: apiUrl, API_TOKEN: token, REQUESTS_CA_BUNDLE: ca, SSL_CERT_FILE: ca };
  const child = spawn(file, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (complaint += text));
  child.stdin.end(body === undefined ? "" : JSON.stringify(body));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${complaint}`);
  return JSON.parse(output) as Json;
}

const noGo = whyNoGo();
// Where everything is set up for the tests, a client that is left out is a failure.
const mayLeaveOutGo = noGo !== null && !process.env.CI;

/** How each client is run, and how it gives errors: godo drops the error's id, and pydo gives a 404 as if it were an answer. */
const CLIENTS = [
  {
    name: "pydo",
    leftOut: null,
    program: async () => [await pythonWithClients(), join(REPO, "test/clients/python/model_routers.py")],
    refusal: (status: number, id: string, message: unknown) =>
      status === 404
        ? { id, message, request_id: expect.any(String) }
        : { error: { status, body: { id, message, request_id: expect.any(String) } } },
    listsConfig: true,
  },
  {
    name: "godo",
    leftOut: mayLeaveOutGo ? noGo : null,
    program: async () => {
      if (noGo !== null) throw new Error(`godo can't be tested: ${noGo}`);
      return [await goClient()];
    },
    refusal: (status: number, _id: string, message: unknown) => ({ error: { status, body: { message, request_id: expect.any(String) } } }),
    listsConfig: false,
  },
];

const attemptsOf = async (model: string, prompt: string, client: ClientFormat = openaiChat) => {
  const { headers, status } = await ask(gateway.url, client, { model, prompt, stream: true });
  return status === 200 ? [headers["x-model-router-selected-route"], headers["x-model-router-attempts"]] : status;
};

describe.each(CLIENTS)("$name", ({ name, leftOut, program, refusal, listsConfig }) => {
  let command: string[];
  let made: Router;

  beforeAll(async () => {
    if (leftOut === null) command = await program();
  }, INSTALL_MS_MAX);

  const call = (...args: string[]) => runClient([...command, ...args], undefined, KEY);
  const send = (body: unknown, ...args: string[]) => runClient([...command, ...args], body, KEY);
  const routerName = `desk-of-${name}`;
  const policies = [
    {
      custom_task: { name: "programming", description: "Writing, explaining or repairing program code" },
      models: ["openai-gpt-5.2", "anthropic-claude-haiku-4.5"],
      selection_policy: { prefer: "cheapest" },
    },
    { task_slug: "creative-writing", models: ["openai-gpt-5.2"] },
  ];
  const step = leftOut === null ? test : test.skip;
  const because = leftOut === null ? "" : ` (left out: ${leftOut})`;

  step(`creates a router that routes the next request${because}`, async () => {
    expect(await attemptsOf(`router:${routerName}`, CODE_PROMPT)).toBe(404);
    const body = { name: routerName, description: "for a test", policies, fallback_models: ["openai-gpt-oss-120b"] };
    const answer = (await send(body, "create")) as { model_router: Router };
    made = answer.model_router;
    expect(made).toMatchObject({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: routerName,
      description: "for a test",
      config: { policies, fallback_models: ["openai-gpt-oss-120b"] },
    });
    for (const client of [openaiChat, anthropicMessages]) {
      expect(await attemptsOf(`router:${routerName}`, CODE_PROMPT, client)).toEqual(["programming", "cheap/model;status=200"]);
      expect(await attemptsOf(`router:${routerName}:optimal`, CODE_PROMPT, client)).toEqual(["programming", "dear/model;status=200"]);
      expect(await attemptsOf(`router:${routerName}`, POEM_PROMPT, client)).toEqual(["creative-writing", "dear/model;status=200"]);
    }
    const { body: models } = await exchange(`${gateway.url}/v1/models`, { method: "GET" });
    expect(models).toContain(`"router:${routerName}:cheapest"`);
  });

  step(`reads it, and lists it page by page${because}`, async () => {
    expect(((await call("get", made.uuid)) as { model_router: Router }).model_router).toEqual(made);
    const others = ["b", "c", "d"].map((letter) => ({ ...made.config, name: `${routerName}-${letter}` }));
    const uuids = [made.uuid];
    for (const other of others) uuids.push(((await send(other, "create")) as { model_router: Router }).model_router.uuid);
    const listed = (await call("list", "3")) as { model_routers: Router[]; pages: number; total: number };
    expect([listed.pages, listed.total]).toEqual([2, 4]);
    expect(listed.model_routers.map(({ uuid }) => uuid)).toEqual(uuids);
    if (listsConfig) expect(listed.model_routers[0]).toEqual(made);
    for (const uuid of uuids.slice(1)) expect(await call("delete", uuid)).toEqual({ uuid });
  });

  step(`changes it, for the next request${because}`, async () => {
    const changed = await send({ name: `${routerName}-new`, fallback_models: ["anthropic-claude-haiku-4.5"] }, "update", made.uuid);
    expect(changed).toMatchObject({ model_router: { uuid: made.uuid, name: `${routerName}-new`, description: "for a test" } });
    expect(await attemptsOf(`router:${routerName}`, CODE_PROMPT)).toBe(404);
    expect(await attemptsOf(`router:${routerName}-new`, "What is the capital of France?")).toEqual(["none", "cheap/model;status=200"]);
    expect(await attemptsOf(`router:${routerName}-new`, CODE_PROMPT)).toEqual(["programming", "cheap/model;status=200"]);
  });

  step(`finds tasks that come along${because}`, async () => {
    const { tasks } = (await call("task-presets")) as { tasks: Json[] };
    expect(tasks).toContainEqual(expect.objectContaining({ task_slug: "code-generation", category: "software-engineering" }));
    if (!listsConfig) return;
    const { presets } = (await call("presets")) as { presets: { slug: string }[] };
    expect(presets.map(({ slug }) => slug)).toEqual(["writing:optimal", "writing:cheapest", "writing:fastest"]);
  });

  step(`is told what is wrong${because}`, async () => {
    const body = { name: "wrong", policies, fallback_models: ["openai-gpt-9"] };
    const unknown = expect.stringContaining('fallback_models[0]: "openai-gpt-9" is no model of model_providers');
    expect(await send(body, "create")).toEqual(refusal(422, "unprocessable_entity", unknown));
    const taken = expect.stringContaining('the configuration has a router "writing"');
    const alone = { ...body, name: "writing", fallback_models: ["openai-gpt-oss-120b"] };
    expect(await send(alone, "create")).toEqual(refusal(409, "conflict", taken));
    expect(await send({ ...body, name: "writing" }, "create")).toEqual(refusal(422, "unprocessable_entity", taken));
    const noRouter = expect.stringContaining("There is no model router");
    expect(await call("get", "123e4567-e89b-12d3-a456-426614174000")).toEqual(refusal(404, "not_found", noRouter));
    const unauthorized = await runClient([...command, "list", "5"], undefined, "a-wrong-key");
    expect(unauthorized).toEqual(refusal(401, "unauthorized", expect.any(String)));
  });

  step(`deletes it${because}`, async () => {
    expect(await call("delete", made.uuid)).toEqual({ uuid: made.uuid });
    expect(await attemptsOf(`router:${routerName}-new`, CODE_PROMPT)).toBe(404);
    expect(await call("list", "5")).toMatchObject({ model_routers: [], total: 0 });
  });
});

describe("a preset by name", () => {
  test.each([
    ["router:writing", "dear/model;status=200"],
    ["router:writing:optimal", "dear/model;status=200"],
    ["router:writing:cheapest", "cheap/model;status=200"],
  ])("%s", async (model, attempts) => {
    expect(await attemptsOf(model, POEM_PROMPT)).toEqual(["creative-writing", attempts]);
  });

  test("router:writing:fastest", async () => {
    expect(await attemptsOf("router:writing:fastest", POEM_PROMPT)).toEqual(["creative-writing", expect.stringMatching(/;status=200$/)]);
  });

  test.each(["router:writing:best", "router:writing:"])("%s is not served", async (model) => {
    expect(await attemptsOf(model, POEM_PROMPT)).toBe(404);
  });
});
