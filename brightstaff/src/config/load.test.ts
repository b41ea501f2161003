import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serviceAccountKey } from "../../../test/mock_providers/token_service_forms.ts";
import { readProviders } from "./data_files.ts";
import type { GatewayConfig, StaticPrices } from "./gateway_config.ts";
import { type Loaded, loadConfig } from "./load.ts";
import { oneOf } from "./mistakes.ts";

const CONFIG_DIR = path.resolve(import.meta.dirname, "../../../config");
const KNOWN_PROVIDERS = oneOf([...readProviders(path.join(CONFIG_DIR, "providers")).byId.keys()]).replace("one of ", "");
const ENV = {
  OPENAI_API_KEY: "sk-openai",
  ANTHROPIC_API_KEY: "sk-anthropic",
  EMPTY: "",
  GOOGLE_CREDENTIALS: JSON.stringify(serviceAccountKey("https://oauth2.googleapis.com")),
  AZURE_TENANT_ID: "t",
  AZURE_CLIENT_ID: "c",
  AZURE_CLIENT_SECRET: "s",
};

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), "config-"));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

function load(text: string, demoUrl?: string): Loaded {
  const file = path.join(directory, "plano_config.yaml");
  fs.writeFileSync(file, text);
  return loadConfig({ file, env: ENV, demoUrl });
}

function loadGood(text: string, demoUrl?: string): GatewayConfig {
  const loaded = load(text, demoUrl);
  if (!loaded.ok) throw new Error(loaded.mistakes.join("\n"));
  return loaded.config;
}

/** The mistakes, without the file's folder, so that a line reads as it would for a file in the working directory. */
function mistakesOf(text: string, demoUrl?: string): string[] {
  const loaded = load(text, demoUrl);
  return loaded.ok ? [] : loaded.mistakes.map((line) => line.replaceAll(`${directory}/`, ""));
}

/** A config that is right, to which one wrong thing is added. */
const BASE = `version: v0.4.0
listeners: [{type: model, name: main, port: 0}]
model_providers:
  - {model: openai/gpt-5.2, access_key: $OPENAI_API_KEY}
  - {model: anthropic/*, access_key: $ANTHROPIC_API_KEY}
`;
const PRICES =
  "model_metrics_sources: [{type: cost, provider: static, prices: {openai/gpt-5.2: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}}}]\n";

const PRICE = "{input_usd_per_mtok: 1, output_usd_per_mtok: 2}";
const source = (entry: string) => `${BASE}model_metrics_sources: [{${entry}}]\n`;
const OWN_TRAFFIC = { type: "latency", provider: "gateway_traffic", halfLife_ms: 600_000, exploreEvery_decisions: 10 };
const LATENCIES = 'model_metrics_sources: [{type: latency, provider: prometheus, url: "http://prometheus:9090", query: ttft}]\n';

/** A provider entry as the sixth line of the config. */
const withProvider = (entry: string) => `${BASE}  - {${entry}}\n`;
const withRouter = (entry: string) => `${BASE}routers:\n  - {${entry}}\n`;
const FALLBACK = "fallback_models: [openai/gpt-5.2]";
const policy = (text: string) => withRouter(`name: r, ${FALLBACK}, policies: [{${text}}]`);
const TASK = "task: {name: t, description: d}";
const prefer = (preference: string) => policy(`${TASK}, models: [openai/gpt-5.2], selection_policy: {prefer: ${preference}}`);

describe("each mistake is told with its line, its path, what is wrong and what would be right", () => {
  // biome-ignore format: a table, one mistake a row
  test.each<[what: string, text: string, line: string]>([
    ["no YAML", "a: [1", "(top level): not valid YAML at line 1, column 6: Flow sequence in block collection must be sufficiently indented and end with a ]"],
    ["a key twice", `${BASE}version: v0.4.0\n`, "(top level): not valid YAML at line 6, column 1: Map keys must be unique"],
    ["an empty file", "", "(top level): is empty; expected a mapping"],
    ["a list", "[]", "(top level): is a list; expected a mapping"],
    ["a misspelt key", `${BASE}model_alias: {}\n`, '6: model_alias: no such key; expected "model_aliases" (did you mean that?)'],
    ["a misspelt key within", BASE.replace("port: 0", "prot: 0"), '2: listeners[0].prot: no such key; expected "port" (did you mean that?)'],
    ["a foreign key", BASE.replace("port: 0", "colour: 0"), '2: listeners[0].colour: no such key; expected one of "type", "name", "address", "port", "timeout", "max_retries", "tls"'],
    ["no listeners", BASE.replace(/listeners.*/, ""), "listeners: missing"],
    ["no providers", "version: v0.4.0\nlisteners: [{type: model, name: m}]\n", "model_providers: missing; expected a list of models with their providers"],
    ["an unknown version", BASE.replace("v0.4.0", "v9"), '1: version: is "v9"; expected one of "v0.4.0", "v0.3.0", "0.2.0", "0.1-beta", "v0.1.0", "v0.1"'],
    ["a wrong type", BASE.replace("port: 0", 'port: "12000"'), '2: listeners[0].port: is "12000"; expected a whole number from 0 to 65535'],
    ["a port out of range", BASE.replace("port: 0", "port: 70000"), "2: listeners[0].port: is 70000; expected a whole number from 0 to 65535"],
    ["a host name as address", BASE.replace("port: 0", "address: example.com"), '2: listeners[0].address: "example.com" is no IP address; expected "127.0.0.1", or "0.0.0.0" to listen on all'],
    ["a wrong duration", BASE.replace("port: 0", "timeout: 30 s"), '2: listeners[0].timeout: is "30 s"; expected a duration such as "30s" or "500ms"'],
    ["two listeners", BASE.replace("}]", "}, {type: model, name: b}]"), "2: listeners[1]: is a second model listener; expected one, as every listener would serve the same models"],
    ["a certificate that is not there", BASE.replace("port: 0", "tls: {cert_file: a.crt, key_file: plano_config.yaml}"), '2: listeners[0].tls.cert_file: "a.crt" can\'t be read; expected a PEM file'],
    ["a key of TLS left out", BASE.replace("port: 0", "tls: {cert_file: plano_config.yaml}"), "2: listeners[0].tls.key_file: missing; expected text"],

    ["a model without provider", withProvider("model: gpt-4o"), '6: model_providers[2].model: is "gpt-4o"; expected "provider/model", such as "openai/gpt-5.4", or "openai/*" for every model of the provider'],
    ["a misspelt provider", withProvider("model: opnai/gpt-4o, access_key: x"), '6: model_providers[2].model: the provider "opnai" is not known; expected "openai" (did you mean that?), or base_url and provider_interface for a provider of your own'],
    ["an unknown provider", withProvider("model: acme/one, access_key: x"), `6: model_providers[2].model: the provider "acme" is not known; expected one of ${KNOWN_PROVIDERS}, or base_url and provider_interface for a provider of your own`],
    ["an own provider of an interface that is not served", withProvider("model: acme/one, base_url: http://a/v1, provider_interface: smoke_signals"), `6: model_providers[2].provider_interface: "smoke_signals" is not served; expected one of ${KNOWN_PROVIDERS}`],
    ["a known provider with an interface", withProvider("model: openai/x, access_key: x, provider_interface: anthropic"), '6: model_providers[2].provider_interface: "openai" is a known provider with an interface of its own; expected no such key, or another name before the first "/" of model'],
    ["a reserved provider", withProvider("model: brightstaff/x, base_url: http://a, provider_interface: openai"), '6: model_providers[2].model: "brightstaff" is a reserved name; expected a provider of letters, digits, ".", "_" and "-" before the first "/"'],
    ["a provider name that is no file name", withProvider('model: "a b/x"'), '6: model_providers[2].model: is "a b/x"; expected "provider/model", such as "openai/gpt-5.4", or "openai/*" for every model of the provider'],
    ["a model twice", withProvider("model: openai/gpt-5.2, access_key: $OPENAI_API_KEY"), '6: model_providers[2].model: "openai/gpt-5.2" is here twice; expected each model once'],
    ["a wildcard twice", withProvider("model: anthropic/*, access_key: other"), '6: model_providers[2].model: "anthropic/*" is here twice; expected each wildcard once'],
    ["a name twice", `${BASE}  - {model: openai/a, name: n, access_key: x}\n  - {model: openai/b, name: n, access_key: x}\n`, '7: model_providers[3].name: "n" is here twice; expected each name once'],
    ["a star within a name", withProvider("model: openai/gpt-*, access_key: x"), '6: model_providers[2].model: has a * inside a name; expected "provider/model" or "provider/*"'],
    ["a default wildcard", withProvider("model: openai/*, access_key: x, default: true"), "6: model_providers[2].default: is set on a wildcard, which names no model; expected default on an entry with one model"],
    ["two defaults", `${BASE}  - {model: openai/a, access_key: x, default: true}\n  - {model: openai/b, access_key: x, default: true}\n`, "7: model_providers[3].default: is a second default; expected one model with default: true"],
    ["no key", withProvider("model: openai/a"), "6: model_providers[2].access_key: missing; expected $OPENAI_API_KEY, or passthrough_auth: true"],
    ["a variable that is not set", withProvider("model: openai/a, access_key: $NO_SUCH"), "6: model_providers[2].access_key: the environment variable NO_SUCH is not set; expected it to be set and not empty"],
    ["a variable that is not set, under a misspelt key", `${BASE}overrides: {llm_routing_modl: $NO_SUCH}\n`, '6: overrides.llm_routing_modl: no such key; expected "llm_routing_model" (did you mean that?)'],
    ["a variable that is empty", withProvider("model: openai/a, access_key: $EMPTY"), "6: model_providers[2].access_key: the environment variable EMPTY is not set; expected it to be set and not empty"],
    ["a variable elsewhere", BASE.replace("name: main", "name: $NO_SUCH"), "2: listeners[0].name: the environment variable NO_SUCH is not set; expected it to be set and not empty"],
    ["a key beside passthrough", withProvider("model: openai/a, access_key: x, passthrough_auth: true"), "6: model_providers[2].access_key: would never be used: passthrough_auth sends the client's own credential; expected one of the two"],
    ["a key that is a number is not shown", withProvider("model: openai/a, access_key: 123456"), "6: model_providers[2].access_key: is a number; expected text"],
    ["a base URL that is none", withProvider("model: openai/a, access_key: x, base_url: api.openai.com"), '6: model_providers[2].base_url: is "api.openai.com"; expected a URL such as "https://api.example.com/v1"'],
    ["a base URL with a password", withProvider("model: openai/a, base_url: 'https://u:p@a.b/v1'"), "6: model_providers[2].base_url: holds a user name or password; expected the key in access_key"],
    ["a base URL with a query", withProvider("model: openai/a, base_url: 'https://a.b/v1?k=1'"), '6: model_providers[2].base_url: has a query or a fragment; expected a URL such as "https://api.example.com/v1"'],
    ["a base URL left out where there is none", withProvider("model: plano/Arch-Router"), '6: model_providers[2].base_url: missing: "plano" has no common URL; expected a URL such as "http://127.0.0.1:8000/v1"'],
    ["the credential as a header", withProvider("model: openai/a, access_key: x, headers: {Authorization: secret}"), "6: model_providers[2].headers.Authorization: carries the credential; expected the key in access_key"],
    ["a header of the connection's own", withProvider("model: openai/a, access_key: x, headers: {Content-Length: '5'}"), "6: model_providers[2].headers.Content-Length: is set by the gateway itself; expected no such header"],
    ["a header with a line break", withProvider('model: openai/a, access_key: x, headers: {x-a: "b\\nc"}'), "6: model_providers[2].headers.x-a: has a line break in its value; expected one line"],
    ["an unused endpoint", `${BASE}endpoints: {local: {endpoint: "127.0.0.1:1"}}\n`, "6: endpoints.local: is used by no provider; expected base_url: http://local on a provider, or no such endpoint"],
    ["an endpoint's name", `${BASE}endpoints: {9a: {endpoint: "127.0.0.1:1"}}\n`, '6: endpoints["9a"]: can\'t be named so; expected a name of letters, digits and _ that starts with a letter'],

    ["an alias without target", `${BASE}model_aliases: {a: {}}\n`, "6: model_aliases.a.target: missing; expected text"],
    ["an alias of an unknown model", `${BASE}model_aliases: {a: {target: openai/gpt-5.3}}\n`, '6: model_aliases.a.target: "openai/gpt-5.3" is no model of model_providers; expected "openai/gpt-5.2" (did you mean that?)'],
    ["an alias of an alias", `${BASE}model_aliases: {a: {target: gpt-5.2}, b: {target: a}}\n`, '6: model_aliases.b.target: "a" is no model of model_providers; expected one of "openai/gpt-5.2", "anthropic/*"'],
    ["an alias that is a model", `${BASE}model_aliases: {openai/gpt-5.2: {target: anthropic/a}}\n`, '6: model_aliases["openai/gpt-5.2"]: is the name of a model itself; expected another name'],
    ["an alias that looks like a router", `${BASE}model_aliases: {"router:x": {target: anthropic/a}}\n`, '6: model_aliases["router:x"]: "router:" is how routers are asked for; expected another name'],
    ["an ambiguous name", `${withProvider("model: other/gpt-5.2, base_url: http://a, provider_interface: openai")}model_aliases: {a: {target: gpt-5.2}}\n`, '7: model_aliases.a.target: "gpt-5.2" is the name of several models; expected "openai/gpt-5.2" or "other/gpt-5.2"'],

    ["a router without fallback", withRouter(`name: r, policies: [{${TASK}, models: [openai/gpt-5.2]}]`), "7: routers[0].fallback_models: missing; expected a list"],
    ["a router's name", withRouter(`name: my router, ${FALLBACK}, policies: [{${TASK}, models: [openai/gpt-5.2]}]`), '7: routers[0].name: is "my router"; expected letters, digits, ".", "_" and "-", such as "software-engineering"'],
    ["a router twice", `${policy(`${TASK}, models: [openai/gpt-5.2]`)}  - {name: r, ${FALLBACK}, preset: general, models: [openai/gpt-5.2]}\n`, '8: routers[1].name: "r" is here twice; expected each router once'],
    ["a router without tasks", withRouter(`name: r, ${FALLBACK}`), "7: routers[0].policies: missing; expected policies with tasks and their models, or a preset"],
    ["an unknown preset", withRouter(`name: r, ${FALLBACK}, preset: genral, models: [openai/gpt-5.2]`), '7: routers[0].preset: "genral" is no preset; expected "general" (did you mean that?)'],
    ["a preset beside policies", withRouter(`name: r, ${FALLBACK}, preset: general, models: [openai/gpt-5.2], policies: [{${TASK}, models: [openai/gpt-5.2]}]`), "7: routers[0].policies: is here together with a preset; expected one of the two"],
    ["an unknown task of a preset", withRouter(         `name: r, ${FALLBACK}, preset: software-engineering, models: [openai/gpt-5.2], task_models: {code-generatoin: [openai/gpt-5.2]}`, ), '7: routers[0].task_models.code-generatoin: is no task of the preset "software-engineering"; expected "code-generation" (did you mean that?)'],
    ["models beside policies", withRouter(`name: r, ${FALLBACK}, models: [openai/gpt-5.2], policies: [{${TASK}, models: [openai/gpt-5.2]}]`), "7: routers[0].models: belongs to a router with a preset; expected models and selection_policy in each policy"],
    ["no task", policy("models: [openai/gpt-5.2]"), "7: routers[0].policies[0].task: missing; expected either task: {name, description} or task_slug"],
    ["an unknown slug", policy("task_slug: code-generatoin, models: [openai/gpt-5.2]"), '7: routers[0].policies[0].task_slug: "code-generatoin" is no task of a preset; expected "code-generation" (did you mean that?)'],
    ["no models", policy(`${TASK}, models: []`), "7: routers[0].policies[0].models: is empty; expected at least one entry"],
    ["too many models", policy(`${TASK}, models: [${"a/b, ".repeat(9)}]`), "7: routers[0].policies[0].models: has 9 entries; expected at most 8"],
    ["an unknown model", policy(`${TASK}, models: [openai/gpt-5.1]`), '7: routers[0].policies[0].models[0]: "openai/gpt-5.1" is no model of model_providers; expected "openai/gpt-5.2" (did you mean that?)'],
    ["a model twice in a list", policy(`${TASK}, models: [openai/gpt-5.2, gpt-5.2]`), '7: routers[0].policies[0].models[1]: "gpt-5.2" is here twice; expected each model once'],
    ["too many candidates", policy(`${TASK}, models: [${Array.from({ length: 8 }, (_, k) => `anthropic/${k}`).join(", ")}]`), '7: routers[0].policies[0].task.name: the task "t" has 9 candidates with the fallback_models; expected at most 8'],
    ["a task twice", withRouter(`name: r, ${FALLBACK}, policies: [{${TASK}, models: [openai/gpt-5.2]}, {${TASK}, models: [openai/gpt-5.2]}]`), '7: routers[0].policies[1].task.name: "t" is here twice; expected each task once'],
    ["a task named none", policy("task: {name: none, description: d}, models: [openai/gpt-5.2]"), '7: routers[0].policies[0].task.name: "none" stands for "no task matched"; expected another name'],
    ["an unknown preference", policy(`${TASK}, models: [openai/gpt-5.2], selection_policy: {prefer: cheepest}`), '7: routers[0].policies[0].selection_policy.prefer: is "cheepest"; expected "cheapest" (did you mean that?)'],
    ["cheapest without prices", prefer("cheapest"), "7: routers[0].policies[0].selection_policy.prefer: there are no prices to tell the cheapest by; expected a source of type cost in model_metrics_sources"],
    ["balanced without prices", prefer("balanced"), "7: routers[0].policies[0].selection_policy.prefer: there are no prices to tell the cheapest by; expected a source of type cost in model_metrics_sources"],
    ["weights of nothing", prefer("cheapest, weights: {cost: 2}") + PRICES, "7: routers[0].policies[0].selection_policy.weights: belong to prefer: balanced; expected them left out"],
    ["weights of 0", prefer("balanced, weights: {cost: 0, latency: 0}"), "7: routers[0].policies[0].selection_policy.weights: are both 0; expected one of them to be more than 0"],
    ["a weight of something else", prefer("balanced, weights: {cost: 0, latency: 1, order: 1}") + LATENCIES, '7: routers[0].policies[0].selection_policy.weights.order: no such key; expected one of "cost", "latency"'],

    ["a routing preference twice", `${BASE}routing_preferences: [{name: a, description: d, models: [gpt-5.2]}, {name: a, description: d, models: [gpt-5.2]}]\n`, '6: routing_preferences[1].name: "a" is here twice; expected each task once'],
    ["a routing preference without models", `${BASE}routing_preferences: [{name: a, description: d}]\n`, "6: routing_preferences[0].models: missing; expected a list"],

    ["a price of an unknown model", BASE + PRICES.replace("gpt-5.2", "gpt-5.1"), '6: model_metrics_sources[0].prices["openai/gpt-5.1"]: "openai/gpt-5.1" is no model of model_providers; expected "openai/gpt-5.2" (did you mean that?)'],
    ["a negative price", BASE + PRICES.replace("mtok: 1", "mtok: -1"), '6: model_metrics_sources[0].prices["openai/gpt-5.2"].input_usd_per_mtok: is -1; expected a number of at least 0'],
    ["a price for much input without a size", source(`type: cost, provider: static, prices: {gpt-5.2: {input_usd_per_mtok: 1, output_usd_per_mtok: 2, long_context: ${PRICE}}}`), '6: model_metrics_sources[0].prices["gpt-5.2"].long_context.above_tokens: missing; expected a whole number of at least 1'],
    ["a source of no kind", source("type: cost, provider: modelsdev"), '6: model_metrics_sources[0].provider: is "modelsdev"; expected "models.dev" (did you mean that?)'],
    ["a source without a type", source("provider: models.dev"), '6: model_metrics_sources[0].type: missing; expected one of "cost", "latency"'],
    ["prices as latencies", source("type: latency, provider: models.dev"), '6: model_metrics_sources[0].type: is "latency"; expected "cost"'],
    ["latencies as prices", source("type: cost, provider: prometheus, url: http://p, query: q"), '6: model_metrics_sources[0].type: is "cost"; expected "latency"'],
    ["Prometheus without a query", source("type: latency, provider: prometheus, url: http://p"), "6: model_metrics_sources[0].query: missing; expected text"],
    ["Prometheus without a URL", source("type: latency, provider: prometheus, query: q"), '6: model_metrics_sources[0].url: missing; expected a URL such as "https://api.example.com/v1"'],
    ["a source's URL with a password", source("type: cost, provider: models.dev, url: 'http://u:p@h/'"), "6: model_metrics_sources[0].url: holds a user name or password; expected a URL that can be read without"],
    ["a source's URL that is none", source("type: cost, provider: models.dev, url: 'http://h:p/'"), '6: model_metrics_sources[0].url: "http://h:p/" is no URL; expected one such as "http://prometheus:9090"'],
    ["a source's unknown alias", source("type: cost, provider: models.dev, model_aliases: {openai/gpt-oss: openai/gpt-oss}"), '6: model_metrics_sources[0].model_aliases["openai/gpt-oss"]: "openai/gpt-oss" is no model of model_providers; expected "openai/gpt-5.2" (did you mean that?)'],
    ["two aliases of a model", source("type: cost, provider: models.dev, model_aliases: {a: gpt-5.2, b: openai/gpt-5.2}"), '6: model_metrics_sources[0].model_aliases.b: is a second name for "openai/gpt-5.2"; expected one name for each model'],
    ["a refresh in no time", source("type: cost, provider: models.dev, refresh_interval: 0"), "6: model_metrics_sources[0].refresh_interval: is 0; expected a whole number from 1 to 1209600"],
    ["a source's foreign key", source("type: cost, provider: models.dev, query: q"), '6: model_metrics_sources[0].query: no such key; expected one of "type", "provider", "url", "refresh_interval", "timeout", "model_aliases"'],
    ["two sources of a type", `${BASE}model_metrics_sources: [{type: cost, provider: models.dev}, {type: cost, provider: digitalocean}]\n`, "6: model_metrics_sources[1]: is a second source of type cost; expected one of each type"],
    ["own traffic as prices", source("type: cost, provider: gateway_traffic"), '6: model_metrics_sources[0].type: is "cost"; expected "latency"'],
    ["own traffic beside Prometheus", `${BASE}model_metrics_sources: [{type: latency, provider: gateway_traffic}, {type: latency, provider: prometheus, url: "http://p", query: q}]\n`, "6: model_metrics_sources[1]: is a second source of type latency; expected one of each type"],
    ["own traffic with an interval", source("type: latency, provider: gateway_traffic, refresh_interval: 5"), '6: model_metrics_sources[0].refresh_interval: no such key; expected one of "type", "provider", "half_life", "explore_every"'],
    ["a half-life without a unit", source("type: latency, provider: gateway_traffic, half_life: 10"), '6: model_metrics_sources[0].half_life: is 10; expected a duration such as "30s" or "500ms"'],
    ["two prices of a model", `${BASE}model_metrics_sources: [{type: cost, provider: static, prices: {gpt-5.2: ${PRICE}, openai/gpt-5.2: ${PRICE}}}]\n`, '6: model_metrics_sources[0].prices["openai/gpt-5.2"]: is a second price of "openai/gpt-5.2"; expected one for each model'],
    ["a limit too low", `${BASE}limits: {first_token_ms: 0}\n`, "6: limits.first_token_ms: is 0; expected a whole number from 1 to 86400000"],
    ["a CA bundle that is not there", `${BASE}overrides: {upstream_tls_ca_path: no-such.pem}\n`, '6: overrides.upstream_tls_ca_path: "no-such.pem" can\'t be read; expected a PEM file with CA certificates'],
    ["a routing model that clients pay for", `${withProvider("model: openai/gpt-9, passthrough_auth: true")}overrides: {llm_routing_model: gpt-9}\n`, '7: overrides.llm_routing_model: "gpt-9" is called with the key of each client, which routing has not; expected a model with an access_key'],
    ["a routing model that is not there", `${BASE}overrides: {llm_routing_model: Plano-Orchestrator}\n`, '6: overrides.llm_routing_model: "Plano-Orchestrator" is no model of model_providers; expected an entry with its base_url there, such as model: plano/Plano-Orchestrator'],
  ])("%s", (_, text, expected) => {
    expect(mistakesOf(text).map((line) => line.replace(/^plano_config.yaml:? ?/, ""))).toEqual([expected]);
  });
});

describe("what Plano has and this gateway does not serve is refused by name, with the reason", () => {
  // biome-ignore format: a table, one key a row
  test.each<[text: string, line: string]>([
    ["agents: []", "agents: agents are another product: this gateway serves models only; expected it left out"],
    ["filters: []", "filters: filter chains are another product: this gateway serves models only; expected it left out"],
    ["prompt_targets: []", "prompt_targets: prompt targets are another product: this gateway serves models only; expected it left out"],
    ["prompt_guards: {}", "prompt_guards: prompt guards are another product: this gateway serves models only; expected it left out"],
    ["system_prompt: x", "system_prompt: system_prompt belongs to prompt targets, which are another product: this gateway serves models only; expected it left out"],
    ["state_storage: {type: memory}", "state_storage: stored conversations belong to the Responses API, which is not served yet; expected it left out"],
    ["ratelimits: []", "ratelimits: rate limits are not served yet; expected it left out"],
    ["tracing: {}", "tracing: tracing is not served yet; expected it left out"],
    ["mode: prompt", "mode: only the LLM gateway (mode: llm) is served; expected llm"],
    [
      "prompt_caching: {enabled: true}",
      "prompt_caching.inject_cache_control: missing, which stands for true, and marks for a provider's prompt cache are not put into requests yet; expected false",
    ],
    [
      "prompt_caching: {inject_cache_control: true}",
      "prompt_caching.inject_cache_control: marks for a provider's prompt cache are not put into requests yet; expected false",
    ],
    [
      "prompt_caching: {min_prefix_tokens: 5}",
      "prompt_caching.min_prefix_tokens: marks for a provider's prompt cache are not put into requests yet; expected it left out",
    ],
    [
      "routing: {routing_budget: {max_switch_spend_pct: 5}}",
      "routing.routing_budget: there are no prices to tell by what a switch costs; expected a source of type cost in model_metrics_sources",
    ],
    [
      "routing: {session_cache: {type: redis}}",
      "routing.session_cache.url: missing; expected one such as redis://redis:6379, or rediss:// for TLS",
    ],
    [
      "routing: {session_cache: {type: redis, url: 'http://user:secret@redis'}}",
      "routing.session_cache.url: is no URL of a Redis; expected one such as redis://redis:6379, or rediss:// for TLS",
    ],
    [
      "routing: {session_cache: {url: 'redis://redis'}}",
      "routing.session_cache.url: belongs to type: redis; expected type: redis, or it left out",
    ],
    ["overrides: {use_agent_orchestrator: true}", "overrides.use_agent_orchestrator: agent orchestration is another product: this gateway serves models only; expected false, or it left out"],
    ["overrides: {disable_signals: false}", "overrides.disable_signals: signal analysis of answers is not served; expected true, or it left out"],
  ])("%s", (more, expected) => {
    expect(mistakesOf(`${BASE}${more}\n`)).toEqual([`plano_config.yaml:6: ${expected}`]);
  });

  test.each([
    [
      "type: prompt, name: m",
      "listeners[0].type: only listeners of type model are served: prompt and agent listeners are another product; expected model",
    ],
    [
      "type: model, name: m, input_filters: []",
      "listeners[0].input_filters: filter chains are another product: this gateway serves models only; expected it left out",
    ],
  ])("a listener with %s", (listener, expected) => {
    expect(mistakesOf(BASE.replace("type: model, name: main, port: 0", listener))).toEqual([`plano_config.yaml:2: ${expected}`]);
  });

  test("but what asks for nothing is admitted", () => {
    const text = `${BASE}mode: llm\nprompt_caching: {enabled: false}\nrouting: {route_on_user_only: false}\noverrides: {disable_signals: true}\n`;
    expect(mistakesOf(text)).toEqual([]);
  });
});

describe("mistakes", () => {
  test("come all at once, in the file's order", () => {
    const text = `version: v9
listeners: [{type: model, name: m, prot: 1}]
agents: []
model_providers:
  - {model: gpt-4o}
  - {model: openai/gpt-5.2}
  - {model: openai/gpt-5.2, access_key: $NO_SUCH, default: yes please}
routers: [{name: r, preset: nope, fallback_models: [openai/gpt-5.2]}]
`;
    expect(mistakesOf(text).map((line) => line.split(": ").slice(0, 2).join(": "))).toEqual([
      "plano_config.yaml:1: version",
      "plano_config.yaml:2: listeners[0].prot",
      "plano_config.yaml:3: agents",
      "plano_config.yaml:5: model_providers[0].model",
      "plano_config.yaml:6: model_providers[1].access_key",
      "plano_config.yaml:7: model_providers[2].access_key",
      "plano_config.yaml:7: model_providers[2].default",
      "plano_config.yaml:7: model_providers[2].model",
      "plano_config.yaml:8: routers[0].preset",
    ]);
  });

  test("of models that a router names are told beside those of providers, unless they may be the same", () => {
    const text = `version: v0.4.0
listeners: [{type: model, name: m}]
model_providers:
  - {model: opnai/gpt-5.2, access_key: x}
  - {model: mistral/a, access_key: x}
routers: [{name: r, preset: writing, models: [openai/gpt-5.2, mistral/b], fallback_models: [kimi/c]}]
`;
    expect(mistakesOf(text).map((line) => line.split("; ")[0])).toEqual([
      'plano_config.yaml:4: model_providers[0].model: the provider "opnai" is not known',
      'plano_config.yaml:6: routers[0].models[1]: "mistral/b" is no model of model_providers',
      'plano_config.yaml:6: routers[0].fallback_models[0]: "kimi/c" is no model of model_providers',
    ]);
  });

  test("name a file that can't be read", () => {
    const loaded = loadConfig({ file: path.join(directory, "none.yaml"), env: {} });
    expect(loaded).toEqual({ ok: false, mistakes: [expect.stringContaining("none.yaml: can't be read: ENOENT")] });
  });

  test("never show a key, wherever it was put", () => {
    for (const text of [
      withProvider("model: openai/a, access_key: [sk-secret]"),
      withProvider("model: openai/a, access_key: $OPENAI_API_KEY, headers: {Authorization: sk-secret}"),
      withProvider("model: openai/a, access_key: $OPENAI_API_KEY, headers: {x-a: [sk-secret]}"),
    ]) {
      const lines = mistakesOf(text);
      expect(lines).not.toEqual([]);
      expect(lines.join("\n")).not.toMatch(/sk-/);
    }
  });
});

describe("providers", () => {
  test("entries of the same place and key share one, others get a number", () => {
    const config = loadGood(`version: v0.4.0
listeners: [{type: model, name: m}]
model_providers:
  - {model: openai/a, access_key: one}
  - {model: openai/b, access_key: one}
  - {model: openai/c, access_key: two}
  - {model: openai/d, base_url: "http://127.0.0.1:8000"}
`);
    expect(config.providers.map(({ name }) => name)).toEqual(["openai", "openai-2", "openai-3"]);
    expect(config.models.map(({ provider }) => provider)).toEqual([0, 0, 1, 2]);
  });

  test.each([
    [
      "model: openai/a, access_key: x",
      { secure: true, host: "api.openai.com", port: 443, path: "/v1/chat/completions", authority: "api.openai.com" },
    ],
    ["model: anthropic/a, access_key: x", { secure: true, host: "api.anthropic.com", path: "/v1/messages", format: "anthropic_messages" }],
    [
      'model: openai/a, base_url: "http://127.0.0.1:8000"',
      { secure: false, host: "127.0.0.1", port: 8000, path: "/v1/chat/completions", authority: "127.0.0.1:8000" },
    ],
    ['model: openai/a, base_url: "https://a.example/deep/er/"', { path: "/deep/er/chat/completions", authority: "a.example" }],
    [
      'model: acme/a, base_url: "http://[::1]:81/v2", provider_interface: claude',
      { host: "::1", port: 81, path: "/v2/messages", authority: "[::1]:81" },
    ],
    ['model: openai/a, base_url: "https://a.example", http_host: b.example', { host: "a.example", authority: "b.example" }],
    // At its own host a provider speaks all that its file says, elsewhere what comes along with its format.
    [
      'model: openai/a, access_key: x, base_url: "https://api.openai.com/eu"',
      {
        native: [
          { format: "openai_responses", path: "/eu/responses", auth: null, drop: [], rename: [] },
          { format: "openai_embeddings", path: "/eu/embeddings" },
          { format: "openai_input_tokens", path: "/eu/responses/input_tokens", drop: expect.arrayContaining(["store"]) },
        ],
      },
    ],
    ['model: openai/a, base_url: "https://a.example/v1"', { native: [{ format: "openai_embeddings", path: "/v1/embeddings" }] }],
    [
      'model: mistral/a, base_url: "https://a.example/v1"',
      { native: [{ format: "openai_embeddings", path: "/v1/embeddings", drop: ["user"], rename: [["dimensions", "output_dimension"]] }] },
    ],
    [
      'model: acme/a, base_url: "https://a.example/v1", provider_interface: claude',
      { native: [{ format: "anthropic_count_tokens", path: "/v1/messages/count_tokens" }] },
    ],
    [
      "model: gemini/a, access_key: x",
      {
        native: [
          { format: "gemini_count_tokens", path: "/v1beta/models/{model}:countTokens", auth: null },
          { format: "openai_embeddings", path: "/v1beta/openai/embeddings", auth: { header: "authorization", prefix: "Bearer " } },
        ],
      },
    ],
    ["model: openai/a, passthrough_auth: true", { accessKey: null, passthroughAuth: true, demo: false }],
    ["model: openai/a, access_key: x$$y", { accessKey: "x$y" }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the config's own variables look like that
    ["model: openai/a, access_key: 'a-${OPENAI_API_KEY}-b'", { accessKey: "a-sk-openai-b" }],
    [
      "model: anthropic/a, access_key: x, headers: {X-Org: o}",
      {
        headers: [
          ["anthropic-version", "2023-06-01"],
          ["x-org", "o"],
        ],
      },
    ],
    ["model: anthropic/a, access_key: x, headers: {Anthropic-Version: v}", { headers: [["anthropic-version", "v"]] }],
  ])("%s", (entry, expected) => {
    const config = loadGood(`version: v0.4.0\nlisteners: [{type: model, name: m}]\nmodel_providers: [{${entry}}]\n`);
    expect(config.providers[0]).toMatchObject(expected);
  });

  test("an endpoint serves the provider that names it as its host", () => {
    const config = loadGood(`version: v0.4.0
listeners: [{type: model, name: m}]
endpoints: {Local_one: {endpoint: "127.0.0.1:8001", connect_timeout: 0.005s, http_host: llm.example}}
model_providers: [{model: mine/a, base_url: "http://Local_one/v2", provider_interface: openai}]
`);
    expect(config.providers[0]).toMatchObject({
      host: "127.0.0.1",
      port: 8001,
      path: "/v2/chat/completions",
      authority: "llm.example",
      connectTimeout_ms: 5,
    });
  });

  test("demo providers stand in for those without a key, with their own format and path", () => {
    const text = `version: v0.4.0
listeners: [{type: model, name: m}]
model_providers:
  - {model: openai/a, access_key: $NO_SUCH}
  - {model: anthropic/b}
  - {model: openai/c, access_key: $OPENAI_API_KEY}
  - {model: mine/d, base_url: "http://127.0.0.1:8000", provider_interface: openai}
`;
    const { providers } = loadGood(text, "http://127.0.0.1:4000");
    const besides = providers.slice(0, 2).map(({ native }) => native.map(({ format, path: at }) => [format, at]));
    expect(besides).toEqual([
      [
        ["openai_responses", "/v1/responses"],
        ["openai_embeddings", "/v1/embeddings"],
      ],
      [["anthropic_count_tokens", "/v1/messages/count_tokens"]],
    ]);
    expect(providers.map(({ name, demo, host, port, path: at, secure }) => ({ name, demo, host, port, at, secure }))).toEqual([
      { name: "openai", demo: true, host: "127.0.0.1", port: 4000, at: "/v1/chat/completions", secure: false },
      { name: "anthropic", demo: true, host: "127.0.0.1", port: 4000, at: "/v1/messages", secure: false },
      { name: "openai-2", demo: false, host: "api.openai.com", port: 443, at: "/v1/chat/completions", secure: true },
      { name: "mine", demo: false, host: "127.0.0.1", port: 8000, at: "/v1/chat/completions", secure: false },
    ]);
  });
});

describe("names", () => {
  const config = () =>
    loadGood(`version: v0.4.0
listeners: [{type: model, name: m}]
model_providers:
  - {model: openai/same, access_key: x, name: entry-name}
  - {model: mine/same, base_url: "http://a", provider_interface: openai}
  - {model: openai/only, access_key: x, default: true}
  - {model: anthropic/*, access_key: x}
  - {model: anthropic/deep/*, access_key: y}
model_aliases: {fast: {target: only}, deep: {target: anthropic/deep/er}}
`);

  test("are aliases, entry names and bare names that are unambiguous", () => {
    expect(Object.fromEntries(config().names)).toEqual({ fast: 2, deep: 3, "entry-name": 0, only: 2, "deep/er": 3 });
  });

  test("the most specific wildcard comes first, and serves what refers to it", () => {
    const { wildcards, models, providers } = config();
    expect(wildcards.map(({ prefix }) => prefix)).toEqual(["anthropic/deep/", "anthropic/"]);
    expect(models[3]).toEqual({ id: "anthropic/deep/er", provider: wildcards[0]?.provider, model: "deep/er" });
    expect(providers[wildcards[0]?.provider ?? -1]?.accessKey).toBe("y");
  });

  test("the default is the entry that says so", () => {
    expect(config().defaultModel).toBe(2);
  });
});

describe("routers", () => {
  test("take the tasks of a preset, with models for all or for single tasks", () => {
    const { routers } = loadGood(
      `${BASE}routers: [{name: r, preset: software-engineering, models: [openai/gpt-5.2], task_models: {code-generation: [anthropic/x, gpt-5.2]}, fallback_models: [anthropic/y]}]\n`,
    );
    const tasks = routers[0]?.tasks ?? [];
    expect(tasks.length).toBeGreaterThan(2);
    for (const { name, models } of tasks)
      expect(models).toEqual(name === "code-generation" ? ["anthropic/x", "openai/gpt-5.2"] : ["openai/gpt-5.2"]);
    expect(routers[0]?.fallback).toEqual(["anthropic/y"]);
  });

  test("may pick single tasks of presets and rank by price", () => {
    const text = policy("task_slug: code-generation, models: [openai/gpt-5.2], selection_policy: {prefer: cheapest}") + PRICES;
    const { routers, metricsSources } = loadGood(text);
    expect(routers[0]?.tasks).toEqual([
      { name: "code-generation", description: expect.any(String), models: ["openai/gpt-5.2"], prefer: "cheapest" },
    ]);
    const prices = new Map([["openai/gpt-5.2", { input_usd_per_mtok: 1, cachedInput_usd_per_mtok: null, output_usd_per_mtok: 2 }]]);
    expect(metricsSources).toEqual([{ type: "cost", provider: "static", prices }, OWN_TRAFFIC]);
  });
});

describe("slugs of tasks", () => {
  const tasksOf = (...slugs: string[]) => {
    const policies = slugs.map((slug) => `{task_slug: ${slug}, models: [openai/gpt-5.2]}`);
    return loadGood(withRouter(`name: r, ${FALLBACK}, policies: [${policies.join(", ")}]`)).routers[0]?.tasks ?? [];
  };

  test("that several presets have mean the general one, and the full form any", () => {
    const [general] = tasksOf("summarization");
    expect(tasksOf("general/summarization")).toEqual([general]);
    const [writing] = tasksOf("writing/summarization");
    expect(writing).toMatchObject({ name: "summarization" });
    expect(writing?.description).not.toBe(general?.description);
    expect(tasksOf("drafting")).toEqual(tasksOf("writing/drafting"));
  });
});

describe("variants", () => {
  const variants = (text: string) =>
    loadGood(text).variants.map(({ name, tasks }) => [name, ...new Set(tasks.map(({ prefer }) => prefer))]);
  const router = (rest = "") => withRouter(`name: r, preset: writing, models: [openai/gpt-5.2], ${FALLBACK}${rest}`);

  test("are those that there is a source for: latencies always, by the gateway's own traffic", () => {
    const optimal = ["r:optimal", "ranked"];
    const fastest = ["r:fastest", "fastest"];
    expect(variants(router())).toEqual([optimal, fastest]);
    expect(variants(router(", selection_policy: {prefer: cheapest}") + PRICES)).toEqual([optimal, ["r:cheapest", "cheapest"], fastest]);
  });

  test("are chosen by the config, too", () => {
    const { routers } = loadGood(router(", selection_policy: {prefer: optimal}"));
    expect(routers[0]?.tasks.map(({ prefer }) => prefer)).toContain("ranked");
  });
});

describe("stored routers", () => {
  const stored = (name: string, model: string) => ({
    id: `id-of-${name}`,
    router: { name, policies: [{ task: { name: "t", description: "d" }, models: [model] }], fallback_models: ["gpt-5.2"] },
  });
  const withStored = (...routers: ReturnType<typeof stored>[]) => {
    const loaded = load(withRouter(`name: own, ${FALLBACK}, policies: [{${TASK}, models: [anthropic/a]}]`));
    if (!loaded.ok) throw new Error(loaded.mistakes.join("\n"));
    return loaded.withRouters(routers);
  };

  test("are served beside the config's own, which keep their places", () => {
    const { config, refused } = withStored(stored("made", "anthropic/b"));
    expect(refused.size).toBe(0);
    expect(config.routers.map(({ name, tasks }) => [name, tasks[0]?.models[0]])).toEqual([
      ["own", "anthropic/a"],
      ["made", "anthropic/b"],
    ]);
    expect(config.variants.map(({ name }) => name)).toEqual(["own:optimal", "own:fastest", "made:optimal", "made:fastest"]);
    expect(config.models.map(({ id }) => id)).toEqual(["openai/gpt-5.2", "anthropic/a", "anthropic/b"]);
  });

  test("that the config can't serve are left out and told, and nothing else changes", () => {
    const { config, refused } = withStored(stored("own", "gpt-5.2"), stored("lost", "gone/model"), stored("made", "gpt-5.2"));
    expect(config.routers.map(({ name }) => name)).toEqual(["own", "made"]);
    expect([...refused]).toEqual([
      ["id-of-own", [{ path: ["name"], wrong: '"own" is here twice', expected: "each router once" }]],
      [
        "id-of-lost",
        [expect.objectContaining({ path: ["policies", 0, "models", 0], wrong: '"gone/model" is no model of model_providers' })],
      ],
    ]);
  });
});

describe("the management API", () => {
  test("is off without a block of its own, and without its key", () => {
    expect(loadGood(BASE).admin).toBeNull();
    const loaded = load(`${BASE}admin: {key: $PLANO_ADMIN_KEY}\n`);
    expect(loaded).toMatchObject({ ok: true, warnings: ["admin.key is not set, so the management API is not served"] });
    expect(loaded.ok && loaded.config.admin).toBeNull();
  });

  test("has its own address and key", () => {
    expect(loadGood(`${BASE}admin: {key: $OPENAI_API_KEY}\n`).admin).toEqual({
      address: "127.0.0.1",
      port: 12001,
      key: "sk-openai",
      tls: null,
    });
    expect(loadGood(`${BASE}admin: {address: "::1", port: 0, key: k}\n`).admin).toEqual({ address: "::1", port: 0, key: "k", tls: null });
  });

  test.each(["0.0.0.0", "10.0.0.1", '"::"'])("without a key refuses to listen on %s", (address) => {
    expect(mistakesOf(`${BASE}admin: {address: ${address}, key: $PLANO_ADMIN_KEY}\n`)).toEqual([
      `plano_config.yaml:6: admin.key: missing or not set, and ${address.replaceAll('"', "")} can be reached from other machines; expected a key such as $PLANO_ADMIN_KEY, or address: 127.0.0.1`,
    ]);
  });

  test("tells of a wrong key without showing it", () => {
    expect(mistakesOf(`${BASE}admin: {key: 1234}\n`)).toEqual(["plano_config.yaml:6: admin.key: is a number; expected text"]);
  });
});

describe("sources of ranking data", () => {
  test("the gateway's own traffic tells latencies where nothing else does", () => {
    expect(loadGood(prefer("fastest")).metricsSources).toEqual([OWN_TRAFFIC]);
    expect(loadGood(source("type: latency, provider: gateway_traffic, half_life: 90s, explore_every: 0")).metricsSources).toEqual([
      { type: "latency", provider: "gateway_traffic", halfLife_ms: 90_000, exploreEvery_decisions: 0 },
    ]);
  });

  test("prices of one's own may differ for much input", () => {
    const longContext =
      "long_context: {above_tokens: 200000, input_usd_per_mtok: 2, cached_input_usd_per_mtok: 0.2, output_usd_per_mtok: 3}";
    const rates = `input_usd_per_mtok: 1, output_usd_per_mtok: 2, ${longContext}`;
    const [table] = loadGood(source(`type: cost, provider: static, prices: {gpt-5.2: {${rates}}}`)).metricsSources;
    expect((table as StaticPrices).prices.get("openai/gpt-5.2")).toEqual({
      input_usd_per_mtok: 1,
      cachedInput_usd_per_mtok: null,
      output_usd_per_mtok: 2,
      longContext: [{ above_tokens: 200_000, input_usd_per_mtok: 2, cachedInput_usd_per_mtok: 0.2, output_usd_per_mtok: 3 }],
    });
  });

  test("as Plano's documentation has them", () => {
    const text = `${prefer("balanced, weights: {latency: 2}")}model_metrics_sources:
  - type: cost
    provider: models.dev
    url: https://models.dev/api.json
    refresh_interval: 3600
    model_aliases:
      openai/gpt-oss-120b: gpt-5.2
  - type: latency
    provider: prometheus
    url: http://prometheus:9090
    query: avg by (model_name) (rate(plano_llm_latency_seconds_sum[5m]))
    refresh_interval: 30
`;
    const { metricsSources, routers } = loadGood(text);
    expect(metricsSources).toEqual([
      {
        type: "cost",
        provider: "models.dev",
        url: "https://models.dev/api.json",
        query: null,
        refresh_ms: 3_600_000,
        timeout_ms: 10_000,
        aliases: new Map([["openai/gpt-oss-120b", "openai/gpt-5.2"]]),
      },
      {
        type: "latency",
        provider: "prometheus",
        url: "http://prometheus:9090",
        query: "avg by (model_name) (rate(plano_llm_latency_seconds_sum[5m]))",
        refresh_ms: 30_000,
        timeout_ms: 10_000,
        aliases: new Map(),
      },
    ]);
    expect(routers[0]?.tasks[0]).toMatchObject({ prefer: "balanced", weights: { cost: 1, latency: 2 } });
  });

  test("are refreshed although nothing is said of it", () => {
    const { metricsSources } = loadGood(source("type: cost, provider: digitalocean, timeout: 3s"));
    expect(metricsSources).toMatchObject([{ url: null, refresh_ms: 3_600_000, timeout_ms: 3_000 }, OWN_TRAFFIC]);
    expect(loadGood(BASE + LATENCIES).metricsSources).toMatchObject([{ refresh_ms: 60_000 }]);
  });

  test("a weight of 0 needs no source", () => {
    expect(mistakesOf(prefer("balanced, weights: {cost: 0}") + LATENCIES)).toEqual([]);
  });
});

test("every task of a preset needs models", () => {
  const [line, ...more] = mistakesOf(
    withRouter(`name: r, ${FALLBACK}, preset: software-engineering, task_models: {code-generation: [openai/gpt-5.2]}`),
  );
  expect(line).toMatch(
    /^plano_config.yaml:7: routers\[0\].models: missing, and ("[a-z-]+", )+"[a-z-]+" have no task_models; expected models for/,
  );
  expect(line).not.toContain("code-generation");
  expect(more).toEqual([]);
});

describe("Plano's older forms", () => {
  test("llm_providers, the listeners mapping and inline routing_preferences", () => {
    const loaded = load(`version: v0.3.0
listeners: {egress_traffic: {address: 0.0.0.0, port: 9000, message_format: openai, timeout: 30s}}
llm_providers:
  - model: openai/a
    access_key: x
    routing_preferences: [{name: code, description: writing code}]
  - model: openai/b
    access_key: x
    routing_preferences: [{name: code, description: else}, {name: mail, description: writing mail}]
`);
    if (!loaded.ok) throw new Error(loaded.mistakes.join("\n"));
    expect(loaded.config.listener).toMatchObject({ address: "0.0.0.0", port: 9000, timeout_ms: 30_000 });
    expect(loaded.config.routeAll?.tasks).toEqual([
      { name: "code", description: "writing code", models: ["openai/a", "openai/b"], prefer: "ranked" },
      { name: "mail", description: "writing mail", models: ["openai/b"], prefer: "ranked" },
    ]);
    expect(loaded.warnings).toHaveLength(4);
  });

  test("both names of the providers at once are a mistake", () => {
    expect(mistakesOf(`${BASE}llm_providers: [{model: openai/b, access_key: x}]\n`)).toEqual([
      "plano_config.yaml:6: llm_providers: is the older name of model_providers, which is here too; expected one of them",
    ]);
  });
});

describe("a routing model", () => {
  test("any other model is asked in words, by its id and through the gateway", () => {
    const expected = { baseUrl: null, model: "anthropic/claude-haiku-4-5", apiKey: null, promptForm: "chat", contextLength_tokens: 4096 };
    expect(withModel("model: anthropic/claude-haiku-4-5, access_key: x", "claude-haiku-4-5")).toEqual(expected);
  });

  const withModel = (entry: string, reference: string) =>
    loadGood(`${withProvider(entry)}overrides: {llm_routing_model: ${reference}, orchestrator_model_context_length: 4096}\n`).routingModel;

  test.each([
    ["plano/katanemo/Arch-Router-1.5B", "arch-router"],
    ["plano/Plano-Orchestrator", "plano-orchestrator"],
  ])("%s is asked in the form it was trained on", (model, promptForm) => {
    const expected = { baseUrl: "http://127.0.0.1:8000/v1", model: model.slice(6), apiKey: null, promptForm, contextLength_tokens: 4096 };
    expect(withModel(`model: ${model}, base_url: "http://127.0.0.1:8000"`, model)).toEqual(expected);
  });

  test("may be named without its provider, as in Plano", () => {
    expect(withModel('model: plano/Plano-Orchestrator, base_url: "http://127.0.0.1:8000/v1"', "Plano-Orchestrator")?.model).toBe(
      "Plano-Orchestrator",
    );
  });
});

describe("the project's own files", () => {
  const examples = fs.readdirSync(path.join(CONFIG_DIR, "examples")).map((name) => path.join("examples", name));

  test.each(["plano_config.yaml", ...examples])("%s is right, with keys and with demo providers", (name) => {
    const file = path.join(CONFIG_DIR, name);
    expect(loadConfig({ file, env: ENV })).toMatchObject({ ok: true });
    expect(loadConfig({ file, env: {}, demoUrl: "http://127.0.0.1:1" })).toMatchObject({ ok: true });
  });

  test("the default config has the four presets as routers", () => {
    const loaded = loadConfig({ file: path.join(CONFIG_DIR, "plano_config.yaml"), env: ENV });
    expect(loaded.ok && loaded.config.routers.map(({ name }) => name)).toEqual([
      "software-engineering",
      "general",
      "writing",
      "knowledge-base",
    ]);
  });
});

describe("provider and preset files", () => {
  test("that are wrong are told with their own path", () => {
    const dataDir = path.join(directory, "data");
    fs.cpSync(CONFIG_DIR, dataDir, { recursive: true });
    fs.writeFileSync(
      path.join(dataDir, "providers/acme.yaml"),
      "id: other\ndisplay_name: A\nformat: openai_chat\npath: /c\nauth: {header: a, prefix: ''}\ndocs: http://a\n",
    );
    fs.writeFileSync(path.join(dataDir, "presets/odd.yaml"), "id: odd\ntitle: Costs $5\ndescription: d\ntasks: [{name: a}]\n");
    const file = path.join(directory, "plano_config.yaml");
    fs.writeFileSync(file, BASE);
    expect(loadConfig({ file, env: ENV, dataDir })).toEqual({
      ok: false,
      mistakes: [
        `${dataDir}/providers/acme.yaml:1: id: is "other"; expected the file's name, "acme"`,
        `${dataDir}/presets/odd.yaml:4: tasks[0].description: missing; expected text`,
      ],
    });
  });
});
