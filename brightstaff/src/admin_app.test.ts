import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildAdminApp } from "./admin_app.ts";
import { loadConfig, PROJECT_CONFIG_DIR, type Served } from "./config/load.ts";
import { ManagedRouters } from "./managed_routers/managed_routers.ts";
import { RouterFile } from "./managed_routers/router_file.ts";
import { bodyChecks } from "./managed_routers/wire_form.ts";

const CONFIG = `version: v0.4.0
listeners: [{type: model, name: main}]
model_providers: [{model: openai/gpt-5.2, access_key: k}, {model: anthropic/*, access_key: k}]
model_aliases: {openai-gpt-5.2: {target: openai/gpt-5.2}}
routers: [{name: writing, preset: writing, models: [gpt-5.2, anthropic/a], fallback_models: [anthropic/a]}]
model_metrics_sources: [{type: cost, provider: static, prices: {gpt-5.2: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}}}]
`;
const PATH = "/v2/gen-ai/models/routers";
const KEY = "the-admin-key";
const POLICY = { custom_task: { name: "refunds", description: "asking for money back" }, models: ["openai-gpt-5.2"] };
const DESK = { name: "desk", description: "a shop's mail", policies: [POLICY], fallback_models: ["openai-gpt-5.2", "anthropic/a"] };
const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let directory: string;
let app: FastifyInstance;
let served: Served;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), "admin-"));
  start(CONFIG);
});
afterEach(async () => {
  await app.close();
  fs.rmSync(directory, { recursive: true });
});

/** The API over the directory's routers, with this config; asked a second time, as after a restart. */
function start(text: string): void {
  const config = path.join(directory, "plano_config.yaml");
  fs.writeFileSync(config, text);
  const loaded = loadConfig({ file: config, env: {} });
  if (!loaded.ok) throw new Error(loaded.mistakes.join("\n"));
  const checks = bodyChecks(JSON.parse(fs.readFileSync(path.join(PROJECT_CONFIG_DIR, "schema.json"), "utf8")));
  const routers = new ManagedRouters(new RouterFile(path.join(directory, "routers.json"), checks.stored), checks);
  served = loaded.withRouters(routers.stored);
  routers.serveBy({
    config: () => served.config,
    check: (stored) => loaded.withRouters(stored).refused,
    refresh: async () => {
      served = loaded.withRouters(routers.stored);
    },
  });
  app = buildAdminApp({ routers, config: () => served.config, refused: () => served.refused, key: () => KEY });
}

type Method = "GET" | "POST" | "PUT" | "DELETE";
type Answer = { status: number; body: Record<string, unknown> };

async function call(method: Method, at = "", payload?: unknown, authorization = `Bearer ${KEY}`): Promise<Answer> {
  const response = await app.inject({
    method,
    url: `${PATH}${at}`,
    headers: { authorization },
    ...(payload === undefined ? {} : { payload: payload as object }),
  });
  return { status: response.statusCode, body: response.json() };
}

async function create(body: object): Promise<string> {
  const answer = await call("POST", "", body);
  expect(answer).toMatchObject({ status: 200, body: {} });
  return (answer.body.model_router as { uuid: string }).uuid;
}

const refusal = (status: number, id: string, message: unknown) => ({ status, body: { id, message, request_id: UUID } });

describe("a router", () => {
  test("is created, read, listed, changed and deleted", async () => {
    const { name, description, policies, fallback_models } = DESK;
    const made = {
      uuid: UUID,
      name,
      description,
      regions: ["all"],
      config: { policies, fallback_models },
      created_at: TIME,
      updated_at: TIME,
    };
    expect(await call("POST", "", DESK)).toEqual({ status: 200, body: { model_router: made } });
    const list = await call("GET");
    expect(list).toEqual({ status: 200, body: { model_routers: [made], links: {}, meta: { page: 1, pages: 1, total: 1 } } });
    const { uuid } = (list.body.model_routers as { uuid: string }[])[0] as { uuid: string };
    expect(await call("GET", `/${uuid}`)).toEqual({ status: 200, body: { model_router: made } });
    // godo sends what its caller has set, and nothing else.
    expect(await call("PUT", `/${uuid}`, { fallback_models: ["anthropic/b"] })).toEqual({
      status: 200,
      body: { model_router: { ...made, config: { policies, fallback_models: ["anthropic/b"] } } },
    });
    expect(served.config.routers.map((router) => [router.name, router.fallback])).toEqual([
      ["writing", ["anthropic/a"]],
      ["desk", ["anthropic/b"]],
    ]);
    expect(served.config.variants.map((router) => router.name)).toContain("desk:cheapest");
    // As godo does it: JSON, of no length.
    const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
    const deleted = await app.inject({ method: "DELETE", url: `${PATH}/${uuid}`, headers });
    expect([deleted.statusCode, deleted.json()]).toEqual([200, { uuid }]);
    expect(await call("GET", `/${uuid}`)).toEqual(refusal(404, "not_found", expect.stringContaining(uuid)));
    expect(served.config.routers.map((router) => router.name)).toEqual(["writing"]);
  });

  test("is there after a restart, as the client said it", async () => {
    const before = (await call("POST", "", DESK)).body;
    await app.close();
    start(CONFIG);
    expect((await call("GET")).body.model_routers).toEqual([before.model_router]);
    expect(served.config.routers.map((router) => router.name)).toEqual(["writing", "desk"]);
  });

  test("that a new config can't serve says why, and is served again when it can", async () => {
    const uuid = await create({ ...DESK, fallback_models: ["anthropic/a"], policies: [{ ...POLICY, models: ["anthropic/b"] }] });
    const errorsWith = async (text: string) => {
      await app.close();
      start(text);
      return ((await call("GET", `/${uuid}`)).body.model_router as { errors?: string[] }).errors;
    };
    const other = CONFIG.replace("anthropic/*", "anthropic/a");
    expect(await errorsWith(other)).toEqual([
      expect.stringMatching(/^policies\[0\].models\[0\]: "anthropic\/b" is no model of model_providers/),
    ]);
    expect(served.config.routers.map((router) => router.name)).toEqual(["writing"]);
    expect(await call("PUT", `/${uuid}`, { description: "x" })).toMatchObject({ status: 422 });
    expect(await call("PUT", `/${uuid}`, { policies: [POLICY] })).toMatchObject({ status: 200 });
    expect(served.config.routers.map((router) => router.name)).toEqual(["writing", "desk"]);
    expect(await errorsWith(CONFIG)).toBeUndefined();
  });
});

test("a preference that there is no source for is refused", async () => {
  await app.close();
  start(CONFIG.replace(/^model_metrics_sources.*$/m, ""));
  const policies = [{ ...POLICY, selection_policy: { prefer: "cheapest" } }];
  const message =
    "policies[0].selection_policy.prefer: there are no prices to tell the cheapest by; expected a source of type cost in model_metrics_sources";
  expect(await call("POST", "", { ...DESK, policies })).toEqual(refusal(422, "unprocessable_entity", message));
});

describe("the key", () => {
  test.each(["", "Bearer", "Bearer wrong", `Basic ${KEY}`, KEY, `Bearer ${KEY}x`])("%j is not it", async (authorization) => {
    expect(await call("GET", "", undefined, authorization)).toEqual(refusal(401, "unauthorized", expect.any(String)));
    expect(await call("GET", "/../anything", undefined, authorization)).toMatchObject({ status: 401 });
    expect(await call("POST", "", DESK, authorization)).toMatchObject({ status: 401 });
    expect(served.config.routers).toHaveLength(1);
  });
});

describe("a body that is wrong is refused, every mistake named with its field", () => {
  const policy = (changes: object) => ({ ...DESK, policies: [{ ...POLICY, ...changes }] });
  // biome-ignore format: a case a line
  test.each<[string, unknown, string]>([
    ["no name, policies and fallback", {}, "name: missing; expected lower-case letters, digits and \"-\", such as \"support-desk\"\npolicies: missing; expected a list\nfallback_models: missing; expected a list"],
    ["no object", [], "(top level): is a list; expected a mapping"],
    ["a name with capitals", { ...DESK, name: "My Router" }, 'name: is "My Router"; expected lower-case letters, digits and "-", such as "support-desk"'],
    ["a long name", { ...DESK, name: "a".repeat(256) }, "name: is 256 characters long; expected at most 255"],
    ["a field that is not served", { ...DESK, region: "tor1" }, 'region: no such key; expected "regions" (did you mean that?)'],
    ["a region", { ...DESK, regions: ["tor1"] }, 'regions[0]: is "tor1"; expected "all"'],
    ["an unknown slug", policy({ models: ["openai-gpt-5.3"] }), 'policies[0].models[0]: "openai-gpt-5.3" is no model of model_providers; expected "openai/gpt-5.2" (did you mean that?)'],
    ["an unknown fallback", { ...DESK, fallback_models: ["kimi-k2.5"] }, 'fallback_models[0]: "kimi-k2.5" is no model of model_providers; expected one of "openai/gpt-5.2", "anthropic/a", "anthropic/*"'],
    ["no task", policy({ custom_task: undefined }), "policies[0].custom_task: missing; expected either custom_task: {name, description} or task_slug"],
    ["two tasks", policy({ task_slug: "drafting" }), "policies[0].custom_task: is here together with task_slug; expected either custom_task: {name, description} or task_slug"],
    ["a task without description", policy({ custom_task: { name: "x" } }), "policies[0].custom_task.description: missing; expected text"],
    ["the same task twice", { ...DESK, policies: [POLICY, POLICY] }, 'policies[1].custom_task.name: "refunds" is here twice; expected each task once'],
    ["an unknown task", policy({ custom_task: undefined, task_slug: "draftin" }), 'policies[0].task_slug: "draftin" is no task of a preset; expected "drafting" (did you mean that?)'],
    ["an unknown preference", policy({ selection_policy: { prefer: "best" } }), 'policies[0].selection_policy.prefer: is "best"; expected one of "ranked", "optimal", "cheapest", "fastest", "balanced", "none"'],
    ["a form and a name that mean nothing", { ...DESK, name: "My Router", policies: [{ custom_task: { name: "x" }, models: ["gpt-9"] }, { ...POLICY, prefer: 1 }], fallback_models: ["kimi-k2.5"] }, 'name: is "My Router"; expected lower-case letters, digits and "-", such as "support-desk"\npolicies[0].custom_task.description: missing; expected text\npolicies[1].prefer: no such key; expected one of "custom_task", "task_slug", "models", "selection_policy"\npolicies[0].models[0]: "gpt-9" is no model of model_providers; expected one of "openai/gpt-5.2", "anthropic/a", "anthropic/*"\nfallback_models[0]: "kimi-k2.5" is no model of model_providers; expected one of "openai/gpt-5.2", "anthropic/a", "anthropic/*"'],
    ["a name that is taken, and a model that is not there", { ...DESK, name: "writing", fallback_models: ["kimi-k2.5"] }, 'fallback_models[0]: "kimi-k2.5" is no model of model_providers; expected one of "openai/gpt-5.2", "anthropic/a", "anthropic/*"\nname: the configuration has a router "writing"; expected another name'],
    ["many policies", { ...DESK, policies: Array.from({ length: 65 }, () => POLICY) }, "policies: has 65 entries; expected at most 64"],
  ])("%s", async (_, body, message) => {
    expect(await call("POST", "", body)).toEqual(refusal(422, "unprocessable_entity", message));
    expect(served.config.routers).toHaveLength(1);
  });

  test("and so is a change, which then is not made", async () => {
    const uuid = await create(DESK);
    expect(await call("PUT", `/${uuid}`, { uuid: "another" })).toEqual(
      refusal(422, "unprocessable_entity", expect.stringContaining("uuid: is")),
    );
    expect(await call("PUT", `/${uuid}`, { name: "" })).toMatchObject({ status: 422 });
    expect(await call("PUT", `/${uuid}`, { policies: [] })).toEqual(
      refusal(422, "unprocessable_entity", "policies: is empty; expected at least one entry"),
    );
    expect(await call("PUT", "/unknown", { name: "x" })).toMatchObject({ status: 404 });
    expect(await call("DELETE", "/unknown")).toMatchObject({ status: 404 });
    expect((await call("GET", `/${uuid}`)).body.model_router).toMatchObject({ name: "desk", config: { policies: DESK.policies } });
  });

  test("that is no JSON, none at all or too long", async () => {
    const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
    const post = async (payload: string) => (await app.inject({ method: "POST", url: PATH, headers, payload })).json().id;
    expect(await post("{")).toBe("bad_request");
    expect(await post("")).toBe("unprocessable_entity");
    expect(await call("POST")).toEqual(refusal(422, "unprocessable_entity", "(top level): is empty; expected a mapping"));
    expect((await app.inject({ method: "POST", url: PATH, headers, payload: `"${"x".repeat(300_000)}"` })).statusCode).toBe(413);
  });
});

describe("a name", () => {
  test("is taken once, by routers of the config and of the API", async () => {
    expect(await call("POST", "", { ...DESK, name: "writing" })).toEqual(
      refusal(409, "conflict", expect.stringContaining("the configuration has a router")),
    );
    const uuid = await create(DESK);
    expect(await call("POST", "", DESK)).toEqual(refusal(409, "conflict", expect.stringContaining(uuid)));
    const other = await create({ ...DESK, name: "other" });
    expect(await call("PUT", `/${other}`, { name: "desk" })).toMatchObject({ status: 409 });
    expect(await call("PUT", `/${uuid}`, { name: "desk", description: "again" })).toMatchObject({ status: 200 });
  });

  test("is free again when its router has gone", async () => {
    await call("DELETE", `/${await create(DESK)}`);
    await create(DESK);
  });
});

test("requests that come at once are done one after the other", async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => call("POST", "", { ...DESK, name: `desk-${index % 6}` })));
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(6).fill(200), ...Array(6).fill(409)]);
  expect(served.config.routers).toHaveLength(7);
});

test("there are a hundred routers at most", async () => {
  for (let index = 0; index < 100; index++) await create({ ...DESK, name: `desk-${index}` });
  expect(await call("POST", "", DESK)).toEqual(refusal(422, "unprocessable_entity", expect.stringContaining("100")));
});

describe("a list", () => {
  test("comes in pages, with links to the others", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) await create({ ...DESK, name });
    const page = async (query: string) => {
      const { body } = await call("GET", query);
      const { links, meta, model_routers } = body as { links: { pages?: object }; meta: object; model_routers: { name: string }[] };
      return [model_routers.map(({ name }) => name).join(""), Object.keys(links.pages ?? {}).join(" "), meta];
    };
    expect(await page("?per_page=2")).toEqual(["ab", "next last", { page: 1, pages: 3, total: 5 }]);
    expect(await page("?page=2&per_page=2")).toEqual(["cd", "first previous prev next last", { page: 2, pages: 3, total: 5 }]);
    expect(await page("?page=3&per_page=2")).toEqual(["e", "first previous prev", { page: 3, pages: 3, total: 5 }]);
    expect(await page("?page=9&per_page=2")).toEqual(["", "first previous prev", { page: 9, pages: 3, total: 5 }]);
    const { links } = (await call("GET", "?page=2&per_page=2")).body as { links: { pages: Record<string, string> } };
    expect(links.pages).toMatchObject({
      next: `http://localhost:80${PATH}?page=3&per_page=2`,
      last: `http://localhost:80${PATH}?page=3&per_page=2`,
    });
  });

  test.each(["?page=0", "?page=x", "?per_page=201", "?per_page=-1"])("%s is refused", async (query) => {
    expect(await call("GET", query)).toEqual(refusal(400, "bad_request", expect.stringMatching(/page must be/)));
  });

  test("of presets has each that a router serves, in its variants, ready to create a router from", async () => {
    const { presets, meta } = (await call("GET", "/presets")).body as { presets: { slug: string; config: object }[]; meta: object };
    expect(presets.map(({ slug }) => slug)).toEqual(["writing:optimal", "writing:cheapest", "writing:fastest"]);
    expect(meta).toEqual({ page: 1, pages: 1, total: 3 });
    expect(presets[1]).toMatchObject({
      display_name: "Writing, cheapest",
      config: { fallback_models: ["anthropic/a"], policies: expect.arrayContaining([expect.objectContaining({ task_slug: "drafting" })]) },
    });
    await create({ name: "from-preset", ...presets[1]?.config });
    const [configured, made] = ["writing:cheapest", "from-preset"].map((name) =>
      [...served.config.routers, ...served.config.variants].find((router) => router.name === name),
    );
    expect(made?.tasks).toEqual(configured?.tasks);
  });

  test("of tasks has each once, by a slug that policies take", async () => {
    const { tasks } = (await call("GET", "/tasks/presets?per_page=200")).body as { tasks: { task_slug: string; description: string }[] };
    const slugs = tasks.map(({ task_slug }) => task_slug);
    expect(new Set(slugs).size).toBe(slugs.length);
    expect(slugs).toEqual(expect.arrayContaining(["summarization", "writing/summarization", "code-generation"]));
    expect(tasks.find(({ task_slug }) => task_slug === "writing/summarization")).toMatchObject({
      name: "Summarization",
      category: "writing",
      models: ["openai/gpt-5.2", "anthropic/a"],
      selection_policy: { prefer: "none" },
      tags: ["writing"],
    });
    for (const { task_slug, description } of tasks) {
      const uuid = await create({ name: "one", policies: [{ task_slug, models: ["gpt-5.2"] }], fallback_models: ["gpt-5.2"] });
      expect(served.config.routers.at(-1)?.tasks[0]?.description).toBe(description);
      await call("DELETE", `/${uuid}`);
    }
  });
});
