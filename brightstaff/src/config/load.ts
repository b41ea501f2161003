import fs from "node:fs";
import path from "node:path";
import { type DataFiles, type Preset, type ProviderData, readPresets, readProviders } from "./data_files.ts";
import { type ConfigDocument, readDocument, removeAt } from "./document.ts";
import { readDuration_ms } from "./durations.ts";
import type { GatewayConfig, Limits, RoutingModel } from "./gateway_config.ts";
import { isReadable, readAdmin, readListener } from "./listener.ts";
import { readMetricsSources } from "./metrics_sources.ts";
import { formatMistake, isUnder, type Mistake, type Path } from "./mistakes.ts";
import type { ModelCatalog } from "./model_catalog.ts";
import { readModelProviders } from "./model_providers.ts";
import { located, toCurrentForms } from "./older_forms.ts";
import type { RawConfig, RawRouter } from "./raw_config.ts";
import { type RouterContext, readRouteAll, readRouters, readStoredRouters } from "./routers.ts";
import { SchemaCheck } from "./schema_check.ts";
import { readSessions } from "./sessions.ts";
import { servedVariants, variantsOf } from "./variants.ts";

export type LoadOptions = {
  /** The config file. Messages name it as it is given here. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where providers whose key is not set are pointed; without it a missing key is a mistake. */
  readonly demoUrl?: string | undefined;
  /** The folder with schema.json, providers/ and presets/; the project's own config folder when left out. */
  readonly dataDir?: string;
};

/** A router made through the management API, as the config would have it, under its id there. */
export type StoredRouter = { readonly id: string; readonly router: RawRouter };

export type Served = {
  readonly config: GatewayConfig;
  /** By id, what is wrong with the stored routers that this config can't serve. */
  readonly refused: ReadonlyMap<string, readonly Mistake[]>;
};

export type Loaded =
  | {
      readonly ok: true;
      readonly config: GatewayConfig;
      readonly warnings: readonly string[];
      /** The config with stored routers beside its own. One that it can't serve is left out and told; it never makes the config wrong. */
      readonly withRouters: (stored: readonly StoredRouter[]) => Served;
    }
  /** One line each, ready to print. */
  | { readonly ok: false; readonly mistakes: readonly string[] };

export const PROJECT_CONFIG_DIR = path.resolve(import.meta.dirname, "../../../config");

/** Reads the config and everything that it names, and finds all that is wrong with it at once. */
export function loadConfig(options: LoadOptions): Loaded {
  let text: string;
  let changed_s: number;
  try {
    text = fs.readFileSync(options.file, "utf8");
    changed_s = Math.floor(fs.statSync(options.file).mtimeMs / 1000);
  } catch (error) {
    return { ok: false, mistakes: [`${options.file}: can't be read: ${(error as Error).message}`] };
  }
  const dataDir = options.dataDir ?? PROJECT_CONFIG_DIR;
  const providers = readProviders(path.join(dataDir, "providers"));
  const presets = readPresets(path.join(dataDir, "presets"));
  const document = readDocument(text, options.env);
  const mistakes = [...document.mistakes];
  // A check further on may stumble over what one before it found or removed; the first mistake at a place is the one to tell.
  const add = (found: readonly Mistake[]) =>
    mistakes.push(...found.filter(({ path: at }) => !mistakes.some((known) => isUnder(at, known.path))));
  const warnings: string[] = [];
  let config: GatewayConfig | undefined;
  const context = { providers, presets, changed_s, options };
  if (mistakes.length === 0) {
    const schema = new SchemaCheck(JSON.parse(fs.readFileSync(path.join(dataDir, "schema.json"), "utf8")));
    const refused = schema.checkAndPrune(document.value);
    // A misspelt key is told as that, not as a variable that is missing.
    add(unsetVariables(document, options.demoUrl).filter(({ path: at }) => !refused.some(({ path: known }) => isUnder(at, known))));
    add(refused);
    for (const { path: at } of document.unset) removeAt(document.value, at);
    if (typeof document.value === "object" && document.value !== null && !Array.isArray(document.value)) {
      const built = build(document.value as RawConfig, document, context, []);
      config = built.config;
      warnings.push(...built.warnings);
      add(built.mistakes);
    }
  }
  const withLines = mistakes.map((mistake) => ({ mistake, line: document.lineOf(mistake.path) }));
  withLines.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const lines = withLines.map(({ mistake, line }) => formatMistake(options.file, mistake, line));
  lines.push(...providers.mistakes, ...presets.mistakes);
  if (lines.length > 0 || config === undefined) return { ok: false, mistakes: lines };
  const withRouters = (stored: readonly StoredRouter[]) => {
    const built = build(document.value as RawConfig, document, context, stored);
    // The document is as it was, but files that it names may have gone.
    if (built.mistakes.length > 0) throw new Error(built.mistakes.map((mistake) => formatMistake(options.file, mistake)).join("; "));
    return built;
  };
  return { ok: true, config, warnings, withRouters };
}

type BuildContext = {
  readonly providers: DataFiles<ProviderData>;
  readonly presets: DataFiles<Preset>;
  readonly changed_s: number;
  readonly options: LoadOptions;
};

type Built = Served & { readonly mistakes: readonly Mistake[]; readonly warnings: readonly string[] };

function build(raw: RawConfig, document: ConfigDocument, context: BuildContext, stored: readonly StoredRouter[]): Built {
  const { demoUrl } = context.options;
  const forms = toCurrentForms(raw);
  const mistakes = [...forms.mistakes];
  const warnings = [...forms.warnings];
  const connectTimeout_ms = readDuration_ms(raw.overrides?.upstream_connect_timeout ?? "5s");
  const catalog = readModelProviders(forms.providers, {
    data: context.providers.byId,
    endpoints: raw.endpoints ?? {},
    connectTimeout_ms,
    demoUrl,
    isUnset: (at) => document.unset.some(({ path: unset }) => isUnder(unset, at)),
    env: context.options.env,
    baseDir: path.dirname(context.options.file),
  });
  readAliases(raw, catalog);
  const metricsSources = readMetricsSources(located(["model_metrics_sources"], raw.model_metrics_sources), catalog);
  const routerContext: RouterContext = {
    catalog,
    presets: context.presets.byId,
    taskKey: "task",
    hasPrices: (raw.model_metrics_sources ?? []).some((source) => source?.type === "cost"),
    mistakes: catalog.mistakes,
  };
  const routers = readRouters(located(["routers"], raw.routers), routerContext);
  const routeAll = readRouteAll(forms.preferences, routerContext);
  const { routers: storedRouters, refused } = readStoredRouters(stored, routers, routerContext);
  const allRouters = [...routers, ...storedRouters];
  const baseDir = path.dirname(context.options.file);
  const config: GatewayConfig = {
    changed_s: context.changed_s,
    listener: readListener(forms.listener, baseDir, mistakes),
    providers: catalog.providers,
    models: catalog.models,
    wildcards: catalog.wildcards,
    names: catalog.names(),
    aliases: [...catalog.aliases.keys()],
    defaultModel: readDefault(forms.providers, catalog),
    routers: allRouters,
    variants: allRouters.flatMap((router) => variantsOf(router, servedVariants(routerContext.hasPrices))),
    presets: [...context.presets.byId.values()],
    routeAll,
    metricsSources,
    routingModel: readRoutingModel(raw, catalog, warnings),
    sessions: readSessions(raw, mistakes),
    limits: readLimits(raw),
    admin: readAdmin(raw.admin, baseDir, mistakes, warnings),
    connectTimeout_ms,
    caFile: findCaFile(raw, catalog, context.options, mistakes),
  };
  return { config, refused, mistakes: [...mistakes, ...catalog.mistakes], warnings };
}

/** A missing variable is a mistake wherever it stands, but for keys for which demo providers stand in, and the one that turns the management API on. */
function unsetVariables({ unset }: ConfigDocument, demoUrl: string | undefined): Mistake[] {
  const isKey = ([list, , key]: Path) =>
    (list === "model_providers" || list === "llm_providers") && (key === "access_key" || key === "credentials");
  return unset
    .filter(({ path: at }) => !(at[0] === "admin" && at[1] === "key") && (demoUrl === undefined || !isKey(at)))
    .map(({ path: at, variable }) => ({
      path: at,
      wrong: `the environment variable ${variable} is not set`,
      expected: "it to be set and not empty",
    }));
}

function readAliases(raw: RawConfig, catalog: ModelCatalog): void {
  const resolved = Object.entries(raw.model_aliases ?? {}).flatMap(([alias, { target }]) => {
    const at = ["model_aliases", alias];
    if (alias.startsWith("router:"))
      catalog.mistakes.push({ path: at, wrong: '"router:" is how routers are asked for', expected: "another name" });
    else if (catalog.models.some(({ id }) => id === alias))
      catalog.mistakes.push({ path: at, wrong: "is the name of a model itself", expected: "another name" });
    if (target === undefined) return [];
    const model = catalog.resolve(target, [...at, "target"]);
    return model === undefined ? [] : [[alias, catalog.indexOf(model)] as const];
  });
  // Only now, so that no alias is another's target: the order of the file would decide which ones work.
  for (const [alias, index] of resolved) catalog.aliases.set(alias, index);
}

function readDefault(providers: GatewayProviders, catalog: ModelCatalog): number | null {
  const marked = providers.filter(({ value }) => value.default === true && value.model !== undefined && !value.model.endsWith("/*"));
  for (const { path: at } of marked.slice(1)) {
    catalog.mistakes.push({ path: [...at, "default"], wrong: "is a second default", expected: "one model with default: true" });
  }
  const index = catalog.models.findIndex(({ id }) => id === marked[0]?.value.model);
  return index === -1 ? null : index;
}

type GatewayProviders = ReturnType<typeof toCurrentForms>["providers"];

/**
 * The routing models with a trained form are told by their names as published: katanemo/Arch-Router-1.5B, katanemo/Plano-Orchestrator-4B and
 * others. Any other chat model is asked in words.
 */
function readRoutingModel(raw: RawConfig, catalog: ModelCatalog, warnings: string[]): RoutingModel | null {
  const key =
    raw.overrides?.llm_routing_model === undefined ? (["routing", "model"] as const) : (["overrides", "llm_routing_model"] as const);
  const reference = raw.overrides?.llm_routing_model ?? raw.routing?.model;
  if (reference === undefined) return null;
  const model = catalog.resolve(reference, key, "an entry with its base_url there, such as model: plano/Plano-Orchestrator");
  const provider = model === undefined ? undefined : catalog.providers[model.provider];
  if (model === undefined || provider === undefined) return null;
  const name = model.model.toLowerCase();
  const promptForm = name.includes("arch-router") ? "arch-router" : name.includes("orchestrator") ? "plano-orchestrator" : undefined;
  if (provider.passthroughAuth) {
    catalog.mistakes.push({
      path: key,
      wrong: `${JSON.stringify(reference)} is called with the key of each client, which routing has not`,
      expected: "a model with an access_key",
    });
    return null;
  }
  if (provider.demo) {
    warnings.push(`the routing model ${model.id} has no key, so the embedded resolver routes`);
    return null;
  }
  const contextLength_tokens = raw.overrides?.orchestrator_model_context_length ?? ROUTING_CONTEXT_TOKENS;
  if (promptForm === undefined || provider.format !== "openai_chat") {
    return { baseUrl: null, model: model.id, apiKey: null, promptForm: "chat", contextLength_tokens };
  }
  return { baseUrl: provider.baseUrl, model: model.model, apiKey: provider.accessKey, promptForm, contextLength_tokens };
}

/** Plano's own default: katanemo/plano, config/plano_config_schema.yaml, orchestrator_model_context_length. */
const ROUTING_CONTEXT_TOKENS = 8192;

function readLimits({ limits }: RawConfig): Limits {
  return {
    requestBody_bytes_max: limits?.request_body_bytes_max ?? 50 * 1024 * 1024,
    jsonDepth_max: limits?.json_depth_max ?? 128,
    firstToken_ms: limits?.first_token_ms ?? 30_000,
    reply_ms: limits?.reply_ms ?? 600_000,
    streamIdle_ms: limits?.stream_idle_ms ?? 120_000,
    decision_ms: limits?.decision_ms ?? 1_500,
  };
}

/** Where Linux distributions keep the CA bundle: the list of Go's crypto/x509/root_linux.go. */
const CA_FILES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

function findCaFile(raw: RawConfig, catalog: ModelCatalog, options: LoadOptions, mistakes: Mistake[]): string | null {
  const at = ["overrides", "upstream_tls_ca_path"];
  const configured = raw.overrides?.upstream_tls_ca_path;
  if (configured !== undefined) {
    const file = path.resolve(path.dirname(options.file), configured);
    if (!isReadable(file))
      mistakes.push({ path: at, wrong: `${JSON.stringify(configured)} can't be read`, expected: "a PEM file with CA certificates" });
    return file;
  }
  if (!catalog.providers.some(({ secure }) => secure)) return null;
  const found = [options.env.SSL_CERT_FILE, ...CA_FILES].find((file) => file !== undefined && file !== "" && isReadable(file));
  if (found === undefined)
    mistakes.push({
      path: at,
      wrong: "missing, and this system has no CA bundle in a usual place",
      expected: "a PEM file with CA certificates, or the package ca-certificates",
    });
  return found ?? null;
}
