import { afterEach, expect, test } from "vitest";
import { buildApp } from "../app.ts";
import type { GatewayConfig } from "../config/gateway_config.ts";
import type { Deciding } from "../decisions/decide.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { EventHub } from "../traffic/event_hub.ts";

const config = {
  changed_s: 1_800_000_000,
  providers: [{ name: "acme" }],
  models: [
    { id: "acme/one", provider: 0, model: "one" },
    { id: "acme/org/two", provider: 0, model: "org/two" },
    { id: "acme/three", provider: 0, model: "three" },
  ],
  wildcards: [{ prefix: "acme/", provider: 0 }],
  names: new Map([
    ["fast", 0],
    ["three", 2],
  ]),
  aliases: ["fast"],
  routers: [{ name: "desk", description: "", tasks: [], fallback: [] }],
  variants: [],
} as unknown as GatewayConfig;

const IDS = ["router:desk", "acme/one", "acme/org/two", "acme/three", "fast"];
const ANTHROPIC = { "anthropic-version": "2023-06-01" };

let app: ReturnType<typeof buildApp>;
afterEach(() => app.close());

function get(url: string, headers = {}, deciding: Deciding | null = { config } as Deciding) {
  app = buildApp({ current: () => deciding, metrics: createMetrics(), events: new EventHub() });
  return app.inject({ method: "GET", url, headers });
}

type Page = { data: { id: string }[]; has_more: boolean; first_id: string | null; last_id: string | null };

test.each([
  ["limit=2", IDS.slice(0, 2), true],
  ["limit=2&after_id=acme/one", IDS.slice(2, 4), true],
  ["limit=2&after_id=acme%2Fthree", IDS.slice(4), false],
  ["limit=2&before_id=acme/three", IDS.slice(1, 3), true],
  ["limit=2&before_id=acme/one", IDS.slice(0, 1), false],
  ["after_id=fast", [], false],
  ["limit=1000", IDS, false],
])("?%s is a page", async (query, ids, has_more) => {
  const page = (await get(`/v1/models?${query}`, ANTHROPIC)).json<Page>();
  expect(page.data.map(({ id }) => id)).toEqual(ids);
  expect(page).toMatchObject({ has_more, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null });
});

test.each(["limit=0", "limit=1001", "limit=x", "limit=1&limit=2", "after_id=nobody", "before_id=nobody", "after_id=fast&before_id=fast"])(
  "?%s is refused",
  async (query) => {
    const response = await get(`/v1/models?${query}`, ANTHROPIC);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ type: "error", error: { type: "invalid_request_error", message: expect.any(String) } });
  },
);

test.each([
  ["router:desk", "router:desk", "gateway"],
  ["router%3Adesk", "router:desk", "gateway"],
  ["acme/org/two", "acme/org/two", "acme"],
  ["acme%2Forg%2Ftwo", "acme/org/two", "acme"],
  ["fast", "fast", "acme"],
  ["three", "acme/three", "acme"],
  ["acme/whatever", "acme/whatever", "acme"],
])("%s is a model", async (id, listed, owned_by) => {
  expect((await get(`/v1/models/${id}`)).json()).toEqual({ id: listed, object: "model", created: 1_800_000_000, owned_by });
  expect((await get(`/v1/models/${id}`, ANTHROPIC)).json()).toMatchObject({
    type: "model",
    id: listed,
    created_at: "2027-01-15T08:00:00.000Z",
  });
});

test.each(["nobody", "router:nobody", "acme/", "other%2Fmodel"])("%s is none", async (id) => {
  const response = await get(`/v1/models/${id}`);
  expect(response.statusCode).toBe(404);
  expect(response.json()).toMatchObject({ error: { type: "invalid_request_error", code: "model_not_found", param: "model" } });
  const anthropic = await get(`/v1/models/${id}`, ANTHROPIC);
  expect(anthropic.statusCode).toBe(404);
  expect(anthropic.json()).toMatchObject({ type: "error", error: { type: "not_found_error" } });
});

test("before a config is in use it is 503", async () => {
  expect((await get("/v1/models/fast", ANTHROPIC, null)).statusCode).toBe(503);
});
