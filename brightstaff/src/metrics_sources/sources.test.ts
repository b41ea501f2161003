// Every source passes the same suite, each with the answers of the real one in small.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import type { RemoteMetricsSource } from "../config/gateway_config.ts";
import { OUTPUT_TOKENS } from "../ranking/expected_tokens.ts";
import { EventHub } from "../traffic/event_hub.ts";
import { answered, timedOut } from "../traffic/test_events.ts";
import { describeRemoteSource, describeSource } from "./conformance.ts";
import { digitalocean } from "./digitalocean.ts";
import { gatewayTraffic } from "./gateway_traffic.ts";
import { modelsDev } from "./models_dev.ts";
import { prometheus } from "./prometheus.ts";
import { staticTable } from "./static_table.ts";

const remote = (config: Pick<RemoteMetricsSource, "type" | "provider"> & Partial<RemoteMetricsSource>): RemoteMetricsSource => ({
  url: null,
  query: null,
  refresh_ms: 60_000,
  timeout_ms: 5_000,
  aliases: new Map(),
  ...config,
});

describe("static table", () => {
  const price = { input_usd_per_mtok: 1, cachedInput_usd_per_mtok: 0.1, output_usd_per_mtok: 4 };
  describeSource({
    kind: staticTable,
    config: () => ({ type: "cost", provider: "static", prices: new Map([["openai/gpt-5.2", price]]) }),
    known: { "openai/gpt-5.2": { input: 1, cachedInput: 0.1, output: 4 } },
  });
});

/** A model of the catalog, with what is around its prices. */
const catalogModel = (creator: string, model_id: string, pricing: object | null) => ({
  model_id,
  name: model_id,
  creator,
  provider: "digitalocean",
  type: "MODEL_TYPE_TEXT",
  hugging_face_id: "",
  context_window: "200000",
  max_output_tokens: "64000",
  modalities: { input: ["text"], output: ["text"] },
  pricing,
});
const page = (page: number, pages: number, data: unknown[]) => ({ data, links: {}, meta: { page, pages, total: pages * data.length } });

describe("DigitalOcean's catalog", () => {
  describeRemoteSource({
    kind: digitalocean,
    config: (url) => remote({ type: "cost", provider: "digitalocean", url: `${url}/v2/gen-ai/models/catalog?limit=200` }),
    answers: {
      "/v2/gen-ai/models/catalog?limit=200": page(1, 2, [
        catalogModel("OpenAI", "openai-gpt-4o", { input_price_per_million: 0.0000025, output_price_per_million: 0.00001 }),
        catalogModel("Anthropic", "anthropic-claude-4.6-sonnet", {
          input_price_per_million: 3e-6,
          output_price_per_million: 15e-6,
          cache_read_input_price_per_million: 3e-7,
        }),
        catalogModel("OpenAI", "an-image-model", null),
        catalogModel("OpenAI", "half-priced", { input_price_per_million: 1e-6, output_price_per_million: null }),
      ]),
      "/v2/gen-ai/models/catalog?limit=200&page=2": page(2, 2, [
        catalogModel("Z.ai", "glm-5", { input_price_per_million: 6e-7, output_price_per_million: 2.2e-6, input_cache_read: 1.1e-7 }),
      ]),
    },
    known: {
      "openai-gpt-4o": { input: 2.5, cachedInput: null, output: 10 },
      "openai/openai-gpt-4o": { input: 2.5, cachedInput: null, output: 10 },
      "digitalocean/openai-gpt-4o": { input: 2.5, cachedInput: null, output: 10 },
      "anthropic/anthropic-claude-4.6-sonnet": { input: 3, cachedInput: 0.3, output: 15 },
      "digitalocean/glm-5": { input: 0.6, cachedInput: 0.11, output: 2.2 },
    },
    changed: {
      answers: {
        // An endpoint of one's own in the catalog's form, which has no pages.
        "/v2/gen-ai/models/catalog?limit=200": {
          data: [{ model_id: "openai-gpt-4o", pricing: { input_price_per_million: 1e-6, output_price_per_million: 5e-6 } }],
        },
      },
      known: { "digitalocean/openai-gpt-4o": { input: 1, cachedInput: null, output: 5 } },
    },
    aliased: "openai/openai-gpt-4o",
    foreign: [
      ["answers something else", { models: [] }, "the answer has no list of models in data"],
      ["has an empty catalog", page(1, 1, []), "no model of the catalog has a price"],
      ["has a catalog without prices", page(1, 1, [catalogModel("OpenAI", "x", {})]), "no model of the catalog has a price"],
    ],
  });
});

/** A model of models.dev's api.json, with what is around its prices. */
const devModel = (id: string, cost: object | null | undefined) => ({
  id,
  name: id,
  attachment: true,
  reasoning: true,
  tool_call: true,
  release_date: "2025-11-24",
  modalities: { input: ["text", "image"], output: ["text"] },
  open_weights: false,
  limit: { context: 200_000, output: 64_000 },
  ...(cost === undefined ? {} : { cost }),
});
const devProvider = (id: string, models: Record<string, unknown>) => ({
  [id]: { id, env: [`${id.toUpperCase()}_API_KEY`], npm: `@ai-sdk/${id}`, name: id, doc: `https://docs.${id}.example`, models },
});

describe("models.dev", () => {
  describeRemoteSource({
    kind: modelsDev,
    config: (url) => remote({ type: "cost", provider: "models.dev", url: `${url}/api.json` }),
    answers: {
      "/api.json": {
        ...devProvider("anthropic", {
          "claude-opus-4-5": devModel("claude-opus-4-5", { input: 5, output: 25, cache_read: 0.5, cache_write: 6.25 }),
        }),
        ...devProvider("groq", {
          "llama-3.3-70b-versatile": devModel("llama-3.3-70b-versatile", { input: 0.59, output: 0.79 }),
          "whisper-large-v3-turbo": devModel("whisper-large-v3-turbo", null),
          "no-cost-at-all": devModel("no-cost-at-all", undefined),
          "output-only": devModel("output-only", { output: 1 }),
        }),
        ...devProvider("openrouter", { "openai/gpt-oss-120b": devModel("openai/gpt-oss-120b", { input: 0, output: 0 }) }),
      },
    },
    known: {
      "anthropic/claude-opus-4-5": { input: 5, cachedInput: 0.5, output: 25 },
      "groq/llama-3.3-70b-versatile": { input: 0.59, cachedInput: null, output: 0.79 },
      "openrouter/openai/gpt-oss-120b": { input: 0, cachedInput: null, output: 0 },
    },
    changed: {
      answers: { "/api.json": devProvider("anthropic", { "claude-opus-4-5": devModel("claude-opus-4-5", { input: 4, output: 20 }) }) },
      known: { "anthropic/claude-opus-4-5": { input: 4, cachedInput: null, output: 20 } },
    },
    aliased: "groq/llama-3.3-70b-versatile",
    foreign: [
      ["answers a list", [], "the answer is no mapping of providers"],
      ["has no providers", {}, "no model of the catalog has a price"],
      ["answers an error in place of the catalog", { error: "rebuilding" }, "no model of the catalog has a price"],
    ],
  });
});

const QUERY = "avg by (model_name) (rate(plano_llm_latency_seconds_sum[5m]))";
const vector = (...samples: [metric: object, value: string][]) => ({
  status: "success",
  data: { resultType: "vector", result: samples.map(([metric, value]) => ({ metric, value: [1_763_913_600.123, value] })) },
});
const QUERY_PATH = `/tenant/api/v1/query?query=${new URLSearchParams({ q: QUERY }).toString().slice(2)}`;

describe("Prometheus", () => {
  describeRemoteSource({
    kind: prometheus,
    config: (url) => remote({ type: "latency", provider: "prometheus", url: `${url}/tenant/`, query: QUERY }),
    answers: {
      [QUERY_PATH]: vector(
        [{ model_name: "openai/gpt-5.2" }, "0.8512"],
        [{ model_name: "anthropic/claude-sonnet-5", job: "plano" }, "1.2e+00"],
        [{ model_name: "idle/model" }, "NaN"],
        [{ model_name: "broken/model" }, "+Inf"],
        [{ instance: "10.0.0.1:9090" }, "3"],
      ),
    },
    known: { "openai/gpt-5.2": 0.8512, "anthropic/claude-sonnet-5": 1.2 },
    changed: {
      answers: { [QUERY_PATH]: vector([{ model_name: "openai/gpt-5.2" }, "12"]) },
      known: { "openai/gpt-5.2": 12 },
    },
    aliased: "openai/gpt-5.2",
    foreign: [
      ["answers something else", { hello: "world" }, "the answer is none of Prometheus's HTTP API"],
      ["gives a scalar", { status: "success", data: { resultType: "scalar", result: [1_763_913_600, "1"] } }, "the query gives a scalar"],
      ["gives a range", { status: "success", data: { resultType: "matrix", result: [] } }, "the query gives a matrix"],
      ["gives no models", vector([{ job: "plano" }, "1"]), "none of the query's 1 series has a label model_name"],
    ],
  });
});

describe("the gateway's own traffic", () => {
  describeSource({
    kind: gatewayTraffic,
    config: () => ({ type: "latency", provider: "gateway_traffic", halfLife_ms: 60_000, exploreEvery_decisions: 10 }),
    events: [
      answered("openai/gpt-5.2", { firstToken_ms: 250, outputTokens: 101, duration_ms: 2_250 }),
      answered("anthropic/claude-sonnet-5", { outputTokens: 5, duration_ms: 700 }),
      timedOut("hanging/model", 30_000),
    ],
    known: { "openai/gpt-5.2": 0.25 + OUTPUT_TOKENS * 0.02, "anthropic/claude-sonnet-5": 0.7, "hanging/model": 30 },
  });
});

describe("models.dev's prices for much input", () => {
  async function priceOf(cost: object) {
    const server = createServer((_, response) => response.end(JSON.stringify(devProvider("google", { m: devModel("m", cost) }))));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const refreshed = Promise.withResolvers<void>();
    const listener = { refreshed: () => refreshed.resolve(), failed: (_: unknown, reason: string) => refreshed.reject(new Error(reason)) };
    const source = modelsDev.create(remote({ type: "cost", provider: "models.dev", url }), listener, new EventHub());
    source.start();
    await refreshed.promise.finally(() => {
      source.stop();
      server.close();
      server.closeAllConnections();
    });
    return source.data.prices.get("google/m");
  }
  const rates = (input: number, output: number, cachedInput: number | null = null) => ({
    input_usd_per_mtok: input,
    cachedInput_usd_per_mtok: cachedInput,
    output_usd_per_mtok: output,
  });
  const base = { input: 1.25, output: 10, cache_read: 0.125 };
  const over = { input: 2.5, output: 15, cache_read: 0.25 };
  const tier = (size: number, more: object = over, type = "context") => ({ tier: { type, size }, ...more });

  test.each([
    ["none", {}, undefined],
    ["in the older form", { context_over_200k: over }, [{ above_tokens: 200_000, ...rates(2.5, 15, 0.25) }]],
    [
      "in tiers, which go before the older form",
      { tiers: [tier(272_000, { input: 5, output: 20 }), tier(128_000)], context_over_200k: over },
      [
        { above_tokens: 128_000, ...rates(2.5, 15, 0.25) },
        { above_tokens: 272_000, ...rates(5, 20) },
      ],
    ],
    ["in tiers of another kind, or half", { tiers: [tier(1, over, "requests"), tier(5, { input: 1 }), null, "x"] }, undefined],
    ["in no form that is known", { context_over_200k: 3 }, undefined],
  ])("%s", async (_, more, longContext) => {
    const price = await priceOf({ ...base, ...more });
    expect(price).toEqual({ ...rates(1.25, 10, 0.125), ...(longContext === undefined ? {} : { longContext }) });
  });
});
