// What `npm start` says when the gateway is up.

import type { GatewayConfig, Provider, Router } from "../../brightstaff/src/config/gateway_config.ts";

const LABEL_WIDTH = 11;

export type SummaryOptions = {
  readonly config: GatewayConfig;
  /** Where clients reach the listener, without a slash at the end. */
  readonly url: string;
  readonly metricsUrl: string;
  /** Where the management API is served, or null where it is not. */
  readonly adminUrl: string | null;
  /** Environment variables that the config names as keys and that are not set. */
  readonly unsetKeys: readonly string[];
};

/** Several lines, the last one without a line break. Holds no key. */
export function summarize({ config, url, metricsUrl, adminUrl, unsetKeys }: SummaryOptions): string {
  const sections = [
    section("routers", routerLines(config)),
    section("models", modelLines(config)),
    section(
      "aliases",
      config.aliases.map((alias) => `${alias} = ${modelId(config, config.names.get(alias))}`),
    ),
    section("providers", providerLines(config)),
    section("metrics", [metricsUrl]),
    section("management", adminUrl === null ? [] : [`${adminUrl}/v2/gen-ai/models/routers`]),
  ];
  const hint = unsetKeys.length > 0 ? `For real answers in place of demo ones, set ${unsetKeys.join(" and ")} and start again.\n\n` : "";
  return `${sections.filter(Boolean).join("\n")}\n\n${hint}Try it:\n\n${curlCommand(config, url)}\n\nCtrl-C ends it.`;
}

/** The first request that a user can make: routed where there is a router, and streamed. */
export function curlCommand(config: GatewayConfig, url: string): string {
  const router = config.routers[0];
  const model = router ? `router:${router.name}` : (modelId(config, config.defaultModel ?? 0) ?? `${config.wildcards[0]?.prefix}MODEL`);
  const content = "Write a Python function to sort a list of dictionaries by key";
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content }] });
  const unchecked = url.startsWith("https:") ? " --insecure" : "";
  return `  curl -N${unchecked} ${url}/v1/chat/completions -H 'content-type: application/json' \\\n    -d '${body}'`;
}

function routerLines({ routers, routeAll }: GatewayConfig): string[] {
  const lines = routers.flatMap((router) => [`router:${router.name}`, `  ${taskNames(router)}`]);
  return routeAll ? [...lines, "every request, by routing_preferences", `  ${taskNames(routeAll)}`] : lines;
}

function taskNames({ tasks }: Router): string {
  return tasks.map(({ name }) => name).join(", ");
}

function modelLines({ models, wildcards, defaultModel }: GatewayConfig): string[] {
  const named = models.map(({ id }, index) => (index === defaultModel ? `${id} (default)` : id));
  return [...named, ...wildcards.map(({ prefix }) => `${prefix}* (any model of that provider)`)];
}

function providerLines({ providers }: GatewayConfig): string[] {
  return providers.map((provider) => {
    const { name, host, demo } = provider;
    return demo ? `${name}: demo answers, its key is not set` : `${name}: ${host}, ${keyOf(provider)}`;
  });
}

function keyOf({ accessKey, credentials, signing, passthroughAuth }: Provider): string {
  if (passthroughAuth) return "the client's own key";
  if (credentials !== null) return `credentials of type ${credentials.type}, renewed`;
  if (signing !== null) return `signed with this machine's AWS credentials for ${signing.region}`;
  return accessKey === null ? "no key" : "key is set";
}

function section(label: string, lines: readonly string[]): string {
  return lines.map((line, index) => `  ${(index === 0 ? label : "").padEnd(LABEL_WIDTH)}${line}`).join("\n");
}

function modelId({ models }: GatewayConfig, index: number | undefined): string | undefined {
  return index === undefined ? undefined : models[index]?.id;
}
