import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import type { GatewayConfig } from "../../brightstaff/src/config/gateway_config.ts";
import { loadConfig } from "../../brightstaff/src/config/load.ts";
import { serviceAccountKey } from "../../test/mock_providers/token_service_forms.ts";
import { repoRoot } from "./paths.mjs";
import { curlCommand, summarize } from "./summary.ts";

function load(file: string, env: Record<string, string>): GatewayConfig {
  const loaded = loadConfig({ file: path.join(repoRoot, file), env, demoUrl: "http://127.0.0.1:1" });
  if (!loaded.ok) throw new Error(loaded.mistakes.join("\n"));
  return loaded.config;
}

const URLS = { url: "http://127.0.0.1:12000", metricsUrl: "http://127.0.0.1:9/metrics", adminUrl: null };

test("the summary says what is served, which keys are there and which are missing, and no key", () => {
  const config = load("config/plano_config.yaml", { OPENAI_API_KEY: "sk-secret" });
  const text = summarize({ config, ...URLS, unsetKeys: ["ANTHROPIC_API_KEY"] });
  expect(text).toMatch(/router:software-engineering\n +code-generation, bug-fixing, /);
  expect(text).toContain("openai/gpt-5.4-mini (default)\n");
  expect(text).toContain("openai/* (any model of that provider)\n");
  expect(text).toContain("openai: api.openai.com, key is set\n");
  expect(text).toContain("anthropic: demo answers, its key is not set\n");
  expect(text).toContain("set ANTHROPIC_API_KEY and start again");
  expect(text).not.toContain("sk-secret");
});

test("metrics are told of, and the management API where it is served", () => {
  const config = load("config/plano_config.yaml", {});
  const text = summarize({ config, ...URLS, unsetKeys: [] });
  expect(text).toContain("metrics    http://127.0.0.1:9/metrics\n");
  expect(text).not.toContain("management");
  const served = summarize({ config, ...URLS, adminUrl: "https://127.0.0.1:12001", unsetKeys: [] });
  expect(served).toContain("management https://127.0.0.1:12001/v2/gen-ai/models/routers\n");
});

test("with all keys there is no word of demo answers", () => {
  const config = load("config/plano_config.yaml", { OPENAI_API_KEY: "a", ANTHROPIC_API_KEY: "b" });
  expect(summarize({ config, ...URLS, unsetKeys: [] })).not.toContain("demo");
});

test("requests that are signed are said to be", () => {
  const config = load("config/plano_config.yaml", { OPENAI_API_KEY: "a", ANTHROPIC_API_KEY: "b" });
  const providers = config.providers.map((provider) => ({
    ...provider,
    accessKey: null,
    signing: { service: "bedrock", region: "eu-west-1" },
  }));
  const text = summarize({ config: { ...config, providers }, ...URLS, unsetKeys: [] });
  expect(text).toContain("api.openai.com, signed with this machine's AWS credentials for eu-west-1\n");
});

test("credentials that are renewed are named by their type, and never shown", () => {
  const env = { GOOGLE_CREDENTIALS: JSON.stringify(serviceAccountKey("https://oauth2.example.com")) };
  const config = load("config/examples/vertex_and_azure.yaml", env);
  const text = summarize({ config, ...URLS, unsetKeys: ["AZURE_CLIENT_SECRET"] });
  expect(text).toContain("vertex: europe-west1-aiplatform.googleapis.com, credentials of type google, renewed\n");
  expect(text).toContain("azure_openai: demo answers, its key is not set\n");
  expect(text).not.toContain("PRIVATE KEY");
});

test("the curl can be pasted into a shell, and asks for something that is served", () => {
  for (const [file, model] of [
    ["config/plano_config.yaml", "router:software-engineering"],
    ["config/examples/own_router.yaml", "router:support-desk"],
    ["config/examples/routing_preferences.yaml", "openai/gpt-5.4-mini"],
  ] as const) {
    const command = curlCommand(load(file, {}), "http://127.0.0.1:9");
    const words = execFileSync("bash", ["-c", command.replace("curl", "printf '%s\\n'")], { encoding: "utf8" })
      .trimEnd()
      .split("\n");
    expect(words).toContain("http://127.0.0.1:9/v1/chat/completions");
    expect(JSON.parse(words.at(-1) as string)).toMatchObject({ model, stream: true, messages: [{ role: "user" }] });
  }
});

test("where models are named by a wildcard alone, the curl says where the model's name goes", () => {
  const config = { ...load("config/plano_config.yaml", {}), models: [], routers: [], defaultModel: null };
  expect(curlCommand(config, "http://127.0.0.1:9")).toContain('{"model":"anthropic/MODEL",');
});
