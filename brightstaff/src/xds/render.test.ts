import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findEnvoy } from "../../../envoy/install.mjs";
import type { GatewayConfig, Provider } from "../config/gateway_config.ts";
import { loadConfig } from "../config/load.ts";
import { gatewayConfiguration } from "./gateway_filter.ts";
import { type Resources, render } from "./render.ts";
import { StateDir } from "./state_dir.ts";

const WASM_FILE = path.resolve(import.meta.dirname, "../../../filter/build/llm_gateway.wasm");

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), "render-"));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

function load(text: string): GatewayConfig {
  const file = path.join(directory, "plano_config.yaml");
  fs.writeFileSync(file, text);
  fs.utimesSync(file, 1_800_000_000, 1_800_000_000);
  const loaded = loadConfig({ file, env: { OPENAI_API_KEY: "sk-openai" } });
  if (!loaded.ok) throw new Error(loaded.mistakes.join("\n"));
  return loaded.config;
}

const CONFIG = `version: v0.4.0
listeners: [{type: model, name: main, port: 0, timeout: 90s, max_retries: 2}]
model_providers:
  - {model: openai/gpt-5.2, access_key: $OPENAI_API_KEY, default: true}
  - {model: acme/*, base_url: "http://10.0.0.1:8000/v2", provider_interface: openai, passthrough_auth: true, headers: {x-team: blue}}
model_aliases: {fast: {target: acme/small}}
routers: [{name: r, policies: [{task: {name: t, description: d}, models: [acme/small]}], fallback_models: [openai/gpt-5.2, acme/big]}]
routing_preferences: [{name: t, description: d, models: [gpt-5.2]}]
limits: {request_body_bytes_max: 1048576, first_token_ms: 2000, stream_idle_ms: 3000, reply_ms: 4000, decision_ms: 500}
`;

const options = () => ({ stateDir: path.join(directory, "run"), filterFile: WASM_FILE, brightstaff: { host: "127.0.0.1", port: 9091 } });
const resources = (): Resources => render(load(CONFIG), options());

test("the same config gives the same resources", () => {
  expect(resources()).toEqual(resources());
});

test("keys are in the secrets and nowhere else", () => {
  const { secrets, ...others } = resources();
  expect([...secrets.keys()]).toEqual(["openai"]);
  expect(secrets.get("openai")).toMatchObject({ generic_secret: { secret: { inline_string: "Bearer sk-openai" } } });
  expect(JSON.stringify(others)).not.toContain("sk-openai");
});

test("rules for models say all that holds for them", () => {
  const config = load(CONFIG);
  const models = [{ match: ["a*"], drop: ["seed"], rename: [["n", "count"]] as const, messageDrop: ["name"] }];
  const provider = { ...(config.providers[0] as Provider), drop: ["user"], messageDrop: ["audio"], toolIdLength: 9, models };
  const [first] = gatewayConfiguration({ ...config, providers: [provider, ...config.providers.slice(1)] }).providers as object[];
  const all = { drop: ["seed", "user"], rename: [["n", "count"]], message_drop: ["name", "audio"], tool_id_length: 9 };
  expect(first).toMatchObject({ drop: ["user"], message_drop: ["audio"], model_rules: [{ match: ["a*"], ...all }] });
});

test("the filter's configuration refers to models and providers by index", () => {
  expect(gatewayConfiguration(load(CONFIG))).toEqual({
    role: "gateway",
    limits: { request_body_bytes_max: 1048576, response_body_bytes_max: 52428800, json_depth_max: 128, attempts_max: 3 },
    timeouts: { first_token_ms: 2000, reply_ms: 4000, stream_idle_ms: 3000, decision_ms: 500 },
    decision: { cluster: "brightstaff", authority: "brightstaff", path: "/v1/decisions", events_path: "/v1/events", view_bytes_max: 65536 },
    sessions: { derived: true, pin_named: true, pin_loops: true, tasks: expect.stringMatching(/^[0-9a-f]{16}$/) },
    providers: [
      {
        name: "openai",
        cluster: "openai",
        format: "openai_chat",
        authority: "api.openai.com",
        path: "/v1/chat/completions",
        native: [
          {
            format: "openai_responses",
            path: "/v1/responses",
            model_rules: [
              { match: ["gpt-5-chat*"], drop: [], rename: [] },
              { match: ["o1*", "o3*", "o4*", "gpt-5", "gpt-5-*"], drop: ["temperature", "top_logprobs", "top_p"], rename: [] },
            ],
          },
          { format: "openai_embeddings", path: "/v1/embeddings" },
          {
            format: "openai_input_tokens",
            path: "/v1/responses/input_tokens",
            drop: ["include", "max_output_tokens", "store", "stream", "temperature", "top_p", "user"],
          },
        ],
        headers: [],
        needs_own_place: false,
        passthrough_auth: false,
        auth_header: "authorization",
        auth_prefix: "Bearer ",
        drop: [],
        rename: [],
        add: [],
        message_drop: [],
        message_roles: [],
        tool_id_length: 0,
        tool_ids: true,
        model_rules: expect.any(Array),
      },
      {
        name: "acme",
        cluster: "acme",
        format: "openai_chat",
        authority: "10.0.0.1:8000",
        path: "/v2/chat/completions",
        native: [{ format: "openai_embeddings", path: "/v2/embeddings" }],
        headers: [["x-team", "blue"]],
        needs_own_place: true,
        passthrough_auth: true,
        auth_header: "authorization",
        auth_prefix: "Bearer ",
        drop: [],
        rename: [],
        add: [],
        message_drop: [],
        message_roles: [],
        tool_id_length: 0,
        tool_ids: true,
        model_rules: expect.any(Array),
      },
      {
        name: "token_estimator",
        cluster: "token_estimator",
        format: "anthropic_count_tokens",
        authority: "token_estimator",
        path: "/v1/messages/count_tokens",
      },
    ],
    token_estimator: 2,
    models: [
      { id: "openai/gpt-5.2", provider: 0, model: "gpt-5.2" },
      { id: "acme/small", provider: 1, model: "small" },
      { id: "acme/big", provider: 1, model: "big" },
    ],
    wildcards: [{ prefix: "acme/", provider: 1 }],
    names: [
      ["fast", 1],
      ["gpt-5.2", 0],
      ["small", 1],
      ["big", 2],
    ],
    default_model: 0,
    routers: [
      { name: "r", fallback: [0, 2] },
      { name: "r:optimal", fallback: [0, 2] },
      { name: "r:fastest", fallback: [0, 2] },
      { name: "", fallback: [] },
    ],
    route_all: 3,
  });
});

test("an endpoint that takes the key elsewhere has a cluster and a secret of its own", () => {
  const text = CONFIG.replace("model_providers:", "model_providers:\n  - {model: gemini/*, access_key: $OPENAI_API_KEY}");
  const rendered = render(load(text), options());
  expect(rendered.clusters.map(({ name }) => name)).toContain("gemini+openai_embeddings");
  expect(rendered.secrets.get("gemini")).toMatchObject({ generic_secret: { secret: { inline_string: "sk-openai" } } });
  expect(rendered.secrets.get("gemini+openai_embeddings")).toMatchObject({
    generic_secret: { secret: { inline_string: "Bearer sk-openai" } },
  });
  const { providers } = gatewayConfiguration(load(text)) as {
    providers: { name: string; native: { format: string; provider?: number }[] }[];
  };
  const embeddings = providers[0]?.native.find(({ format }) => format === "openai_embeddings");
  expect(providers[embeddings?.provider ?? -1]?.name).toBe("gemini+openai_embeddings");
});

describe("clusters", () => {
  const cluster = (name: string) => JSON.stringify(resources().clusters.find((candidate) => candidate.name === name));

  test("a key is injected, and with passthrough_auth none", () => {
    expect(cluster("openai")).toContain("credential_injector");
    expect(cluster("acme")).not.toContain("credential_injector");
  });

  test("https checks the certificate for the host; http is HTTP/1.1 without TLS", () => {
    expect(cluster("openai")).toContain('"sni":"api.openai.com"');
    expect(cluster("openai")).toContain('"match_typed_subject_alt_names":[{"san_type":"DNS","matcher":{"exact":"api.openai.com"}}]');
    expect(cluster("acme")).not.toContain("transport_socket");
    expect(cluster("acme")).toContain("explicit_http_config");
  });

  test("an IP address is static, a name is asked of DNS", () => {
    expect(cluster("acme")).toContain('"type":"STATIC"');
    expect(cluster("openai")).toContain("envoy.cluster.dns");
  });
});

describe("routes", () => {
  type Route = { name: string; route?: { timeout: string; idle_timeout?: string; retry_policy?: Record<string, unknown> } };
  const routes = () => (resources().routes.virtual_hosts as { routes: Route[] }[])[0]?.routes ?? [];
  const route = (name: string) => routes().find((candidate) => candidate.name === name)?.route;

  test("the first event has a deadline, a stream's content and a whole reply theirs", () => {
    expect(route("stream")?.retry_policy).toMatchObject({ per_try_timeout: "2s" });
    expect(route("whole")?.retry_policy).toMatchObject({ per_try_timeout: "4s" });
  });

  test("the listener's timeout bounds a request in all; a client that does nothing is bounded by what may be silent", () => {
    for (const mode of ["stream", "whole"]) {
      expect(route(mode)).toMatchObject({ timeout: "90s", idle_timeout: "0s", flush_timeout: "3s" });
    }
  });
});

test("buffers hold a request or a reply and a megabyte more, so that the filter's limit comes first", () => {
  const more = render(load(CONFIG.replace("1048576", "104857600")), options());
  expect(more.listener.per_connection_buffer_limit_bytes).toBe(105_906_176);
  expect(resources().listener.per_connection_buffer_limit_bytes).toBe(53_477_376);
  expect(resources().clusters[0]?.per_connection_buffer_limit_bytes).toBe(53_477_376);
});

test("Envoy finds nothing wrong with any of it", async () => {
  const { stateDir } = options();
  const state = new StateDir(stateDir);
  await state.write(resources());
  const file = path.join(directory, "bootstrap.json");
  fs.writeFileSync(file, JSON.stringify(staticBootstrap(resources())));
  const { status, stderr } = spawnSync(findEnvoy() ?? "envoy", ["--mode", "validate", "-l", "warn", "-c", file], { encoding: "utf8" });
  // Deprecated fields are told as warnings.
  expect(stderr.trim()).toBe("");
  expect(status).toBe(0);
});

/** All resources within one file: with `--mode validate` Envoy does not look at those in files that the bootstrap only names. */
function staticBootstrap({ clusters, listener, routes, gatewayFilter }: Resources): unknown {
  const inPlace = JSON.parse(JSON.stringify(listener), (_, value) => {
    if (value?.rds !== undefined) return { ...value, rds: undefined, route_config: untyped(routes) };
    return value?.config_discovery === undefined ? value : untyped(gatewayFilter);
  });
  return {
    node: { id: "test", cluster: "test" },
    static_resources: { clusters: clusters.map(untyped), listeners: [untyped(inPlace)] },
  };
}

function untyped({ "@type": _, ...message }: Record<string, unknown>): Record<string, unknown> {
  return message;
}
