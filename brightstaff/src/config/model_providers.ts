import { atRegion, signingOf } from "./aws_provider.ts";
import { type CredentialsContext, readCredentials } from "./credentials.ts";
import type { ModelRulesData, ProviderData } from "./data_files.ts";
import { readDuration_ms } from "./durations.ts";
import { type Address, authorityOf, readBaseUrl, readHostPort } from "./endpoint_address.ts";
import type { ModelRules, NativeEndpoint, NativeFormat, Provider, WireFormat } from "./gateway_config.ts";
import { expectedName, type Mistake, type Path } from "./mistakes.ts";
import { ModelCatalog } from "./model_catalog.ts";
import type { Located } from "./older_forms.ts";
import { atLocation } from "./provider_location.ts";
import type { RawConfig, RawEndpoint, RawModelProvider } from "./raw_config.ts";

export type ProviderContext = {
  readonly data: ReadonlyMap<string, ProviderData>;
  readonly endpoints: NonNullable<RawConfig["endpoints"]>;
  readonly connectTimeout_ms: number;
  /** Where providers without a key are pointed; undefined when a missing key is a mistake. */
  readonly demoUrl: string | undefined;
  /** Whether the value at a path, or one within it, named a variable that is not set. */
  isUnset(path: Path): boolean;
} & CredentialsContext;

/** The sidecar's own clusters, the prefix under which routers are asked for, the listener's own secret, and the gateway in its answers. */
const RESERVED_IDS: ReadonlySet<string> = new Set(["brightstaff", "token_estimator", "router", "listener_certificate", "gateway"]);

/** Letters that are safe in a cluster's name and in the name of a secret's file. */
const PROVIDER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** The base path of a custom URL that has none, as in katanemo/plano, crates/hermesllm/src/clients/endpoints.rs. */
const DEFAULT_BASE_PATH = "/v1";

export function readModelProviders(entries: readonly Located<RawModelProvider>[], context: ProviderContext): ModelCatalog {
  const catalog = new ModelCatalog();
  const providersByIdentity = new Map<string, number>();
  for (const entry of entries) {
    const provider = readProvider(entry, context, catalog.mistakes);
    if (provider === undefined) {
      catalog.addUnusable(entry.value);
      continue;
    }
    const identity = JSON.stringify(provider);
    let index = providersByIdentity.get(identity);
    if (index === undefined) {
      index = catalog.providers.push({ ...provider, name: freeName(provider.name, catalog.providers) }) - 1;
      providersByIdentity.set(identity, index);
    }
    addModel(catalog, entry, index);
  }
  refuseUnusedEndpoints(entries, context, catalog.mistakes);
  return catalog;
}

function freeName(name: string, providers: readonly Provider[]): string {
  const taken = new Set(providers.map((provider) => provider.name));
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}-${count}`;
  return free;
}

function addModel(catalog: ModelCatalog, { path, value }: Located<RawModelProvider>, provider: number): void {
  const id = value.model as string;
  const at = [...path, "model"];
  if (!id.endsWith("/*")) {
    if (id.includes("*")) catalog.mistakes.push({ path: at, wrong: "has a * inside a name", expected: `"provider/model" or "provider/*"` });
    else if (catalog.models.some((model) => model.id === id)) {
      catalog.mistakes.push({ path: at, wrong: `${JSON.stringify(id)} is here twice`, expected: "each model once" });
    } else {
      const index = catalog.add(id, provider);
      if (value.name !== undefined && value.name !== id) addEntryName(catalog, [...path, "name"], value.name, index);
    }
    return;
  }
  const prefix = id.slice(0, -1);
  if (catalog.wildcards.some((wildcard) => wildcard.prefix === prefix)) {
    catalog.mistakes.push({ path: at, wrong: `${JSON.stringify(id)} is here twice`, expected: "each wildcard once" });
  } else catalog.addWildcard(prefix, provider);
  if (value.default === true) {
    catalog.mistakes.push({
      path: [...path, "default"],
      wrong: "is set on a wildcard, which names no model",
      expected: "default on an entry with one model",
    });
  }
  if (value.routing_preferences !== undefined) {
    catalog.mistakes.push({
      path: [...path, "routing_preferences"],
      wrong: "is set on a wildcard, which names no model",
      expected: "top-level routing_preferences with models",
    });
  }
}

function addEntryName(catalog: ModelCatalog, path: Path, name: string, index: number): void {
  if (catalog.entryNames.has(name))
    catalog.mistakes.push({ path, wrong: `${JSON.stringify(name)} is here twice`, expected: "each name once" });
  else catalog.entryNames.set(name, index);
}

function readProvider({ path, value }: Located<RawModelProvider>, context: ProviderContext, mistakes: Mistake[]): Provider | undefined {
  if (value.model === undefined) return undefined;
  const id = value.model.slice(0, value.model.indexOf("/"));
  const ownData = findData(id, value, path, context, mistakes);
  const inRegion = ownData === undefined ? undefined : atRegion(ownData, value, path, mistakes);
  const data = inRegion === undefined ? undefined : atLocation(inRegion, value, path, mistakes);
  if (data === undefined) return undefined;
  const place = findPlace(value, data, path, context, mistakes);
  if (place === undefined) return undefined;
  const headers = readHeaders(value, data, path, mistakes);
  const key = readKey(value, path, data, context, mistakes);
  const provider: Provider = {
    name: id,
    displayName: id === data.id ? data.display_name : id,
    format: data.format,
    baseUrl: `${place.address.secure ? "https" : "http"}://${authorityOf(place.address)}${place.basePath}`,
    ...place.address,
    path: place.basePath + data.path,
    streamPath: data.stream_path === undefined ? null : place.basePath + data.stream_path,
    // A token goes into the same header everywhere.
    native: readNative(data, place).map((endpoint) => (key.credentials === null ? endpoint : { ...endpoint, auth: null })),
    authority: value.http_host ?? place.httpHost ?? authorityOf(place.address),
    headers,
    auth: key.credentials === null || key.credentials.type === "aws" ? data.auth : BEARER,
    accessKey: key.accessKey,
    credentials: key.credentials,
    passthroughAuth: value.passthrough_auth === true,
    signing: key.signing,
    drop: data.drop ?? [],
    rename: Object.entries(data.rename ?? {}),
    models: readModelRules(data.models),
    add: Object.entries(data.add ?? {}),
    messageDrop: data.message_drop ?? [],
    messageRoles: Object.entries(data.message_roles ?? {}),
    toolIdLength: data.tool_id_length ?? null,
    takesToolIds: data.tool_ids !== false,
    connectTimeout_ms: place.connectTimeout_ms ?? context.connectTimeout_ms,
    demo: false,
  };
  return key.demoUrl === undefined ? provider : toDemo(provider, data, key.demoUrl);
}

/** What comes along with a format wherever it is spoken. Where it does not after all, the answer is a 404. */
const COMPANIONS: Readonly<Record<WireFormat, readonly NativeFormat[]>> = {
  openai_chat: ["openai_embeddings"],
  anthropic_messages: ["anthropic_count_tokens"],
  openai_responses: [],
  gemini: ["gemini_count_tokens", "openai_embeddings"],
  bedrock_converse: [],
};

/** All at the provider's own host; what else speaks its main format seldom speaks all others. */
function readNative(data: ProviderData, { address, basePath }: Place): NativeEndpoint[] {
  const isOwnHost = data.base_url !== undefined && new URL(data.base_url).hostname === address.host;
  const endpoints = nativeEndpoints(data, basePath);
  return isOwnHost ? endpoints : endpoints.filter(({ format }) => COMPANIONS[data.format].includes(format));
}

function nativeEndpoints(data: ProviderData, basePath: string): NativeEndpoint[] {
  return Object.entries(data.native ?? {}).map(([format, native]) => {
    const { path, auth, drop, rename, models } = typeof native === "string" ? { path: native } : native;
    return {
      format: format as NativeFormat,
      path: basePath + path,
      auth: auth ?? null,
      drop: drop ?? [],
      rename: Object.entries(rename ?? {}),
      models: readModelRules(models),
    };
  });
}

function readModelRules(models: readonly ModelRulesData[] = []): ModelRules[] {
  return models.map(({ match, drop = [], rename = {}, message_drop: messageDrop = [] }) => ({
    match,
    drop,
    rename: Object.entries(rename),
    messageDrop,
  }));
}

/** What demo providers speak besides a provider's own format. */
const DEMO_APIS: ReadonlySet<NativeFormat> = new Set([
  "openai_responses",
  "openai_embeddings",
  "anthropic_count_tokens",
  "gemini_count_tokens",
]);

/** The formats for which the demo server has OpenAI's own paths, not every compatible provider's. */
const AT_OPENAIS_PATHS: ReadonlySet<WireFormat> = new Set(["openai_chat", "openai_responses"]);

/** The same format at another place, without a credential. */
function toDemo(provider: Provider, data: ProviderData, demoUrl: string): Provider {
  const url = new URL(demoUrl);
  const address = readHostPort(url.host, url.protocol === "https:") as Address;
  const ownBasePath = new URL(provider.baseUrl).pathname.replace(/\/+$/, "");
  const basePath = AT_OPENAIS_PATHS.has(data.format) ? DEFAULT_BASE_PATH : ownBasePath;
  return {
    ...provider,
    ...address,
    baseUrl: `${url.origin}${basePath}`,
    path: basePath + data.path,
    native: nativeEndpoints(data, basePath).flatMap((endpoint) => (DEMO_APIS.has(endpoint.format) ? [{ ...endpoint, auth: null }] : [])),
    authority: authorityOf(address),
    accessKey: null,
    credentials: null,
    signing: null,
    demo: true,
  };
}

function findData(
  id: string,
  value: RawModelProvider,
  path: Path,
  context: ProviderContext,
  mistakes: Mistake[],
): ProviderData | undefined {
  if (!PROVIDER_ID.test(id) || RESERVED_IDS.has(id)) {
    const wrong = RESERVED_IDS.has(id) ? `"${id}" is a reserved name` : `"${id}" can't be a provider's name`;
    mistakes.push({ path: [...path, "model"], wrong, expected: 'a provider of letters, digits, ".", "_" and "-" before the first "/"' });
    return undefined;
  }
  const own = context.data.get(id);
  // A place and an interface describe a provider of one's own, also under a name that is known for another.
  if (own !== undefined && (value.provider_interface === undefined || value.base_url === undefined)) {
    if (value.provider_interface === undefined || context.data.get(value.provider_interface) === own) return own;
    mistakes.push({
      path: [...path, "provider_interface"],
      wrong: `"${id}" is a known provider with an interface of its own`,
      expected: 'no such key, or another name before the first "/" of model',
    });
    return undefined;
  }
  if (value.provider_interface === undefined || value.base_url === undefined) {
    const expected = `${expectedName(id, context.data.keys())}, or base_url and provider_interface for a provider of your own`;
    mistakes.push({ path: [...path, "model"], wrong: `the provider "${id}" is not known`, expected });
    return undefined;
  }
  const data = context.data.get(value.provider_interface);
  if (data === undefined) {
    mistakes.push({
      path: [...path, "provider_interface"],
      wrong: `"${value.provider_interface}" is not served`,
      expected: expectedName(value.provider_interface, context.data.keys()),
    });
  }
  return data;
}

type Place = {
  readonly address: Address;
  readonly basePath: string;
  readonly httpHost?: string | undefined;
  readonly connectTimeout_ms?: number;
};

/** From base_url, from the endpoint whose name is base_url's host, or from the provider's own file. */
function findPlace(
  value: RawModelProvider,
  data: ProviderData,
  path: Path,
  context: ProviderContext,
  mistakes: Mistake[],
): Place | undefined {
  const at = [...path, "base_url"];
  if (value.base_url === undefined && data.base_url === undefined) {
    mistakes.push({ path: at, wrong: `missing: "${data.id}" has no common URL`, expected: 'a URL such as "http://127.0.0.1:8000/v1"' });
    return undefined;
  }
  const read = readBaseUrl(value.base_url ?? (data.base_url as string), at);
  if ("wrong" in read) {
    mistakes.push(read);
    return undefined;
  }
  const ownBasePath =
    data.base_url === undefined ? (data.base_path ?? DEFAULT_BASE_PATH) : new URL(data.base_url).pathname.replace(/\/+$/, "");
  const basePath = read.basePath === "" ? ownBasePath : read.basePath;
  const endpoint = endpointOf(value, context);
  if (endpoint === undefined) return { address: read.address, basePath };
  const secure = endpoint.protocol === undefined ? read.address.secure : endpoint.protocol === "https";
  const address = readHostPort(endpoint.endpoint ?? "", secure);
  if (address === undefined) {
    mistakes.push({
      path: ["endpoints", read.address.host, "endpoint"],
      wrong: "is no host",
      expected: 'host or host:port, such as "127.0.0.1:8001"',
    });
    return undefined;
  }
  const timeout = endpoint.connect_timeout === undefined ? {} : { connectTimeout_ms: readDuration_ms(endpoint.connect_timeout) };
  return { address, basePath, httpHost: endpoint.http_host, ...timeout };
}

/** The name stands in the raw text: a URL's own host would be lower-cased. */
function endpointName(value: RawModelProvider, context: ProviderContext): string | undefined {
  const host = /^https?:\/\/([^/:]+)\/?/.exec(value.base_url ?? "")?.[1];
  return host !== undefined && Object.hasOwn(context.endpoints, host) ? host : undefined;
}

function endpointOf(value: RawModelProvider, context: ProviderContext): RawEndpoint | undefined {
  const name = endpointName(value, context);
  return name === undefined ? undefined : context.endpoints[name];
}

function refuseUnusedEndpoints(entries: readonly Located<RawModelProvider>[], context: ProviderContext, mistakes: Mistake[]): void {
  const used = new Set(entries.map(({ value }) => endpointName(value, context)));
  for (const name of Object.keys(context.endpoints)) {
    if (used.has(name)) continue;
    mistakes.push({
      path: ["endpoints", name],
      wrong: "is used by no provider",
      expected: `base_url: http://${name} on a provider, or no such endpoint`,
    });
  }
}

type Key = Pick<Provider, "accessKey" | "credentials" | "signing"> & { readonly demoUrl?: string };

const NO_KEY: Key = { accessKey: null, credentials: null, signing: null };

/** How tokens are sent, whatever header the provider has for its keys: https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const BEARER = { header: "authorization", prefix: "Bearer " };

function readKey(value: RawModelProvider, path: Path, data: ProviderData, context: ProviderContext, mistakes: Mistake[]): Key {
  const at = [...path, "access_key"];
  if (value.passthrough_auth === true) {
    refuseUnused(value, path, mistakes);
    return NO_KEY;
  }
  const isUnset = context.isUnset(at) || context.isUnset([...path, "credentials"]);
  if (isUnset) return context.demoUrl === undefined ? NO_KEY : { ...NO_KEY, demoUrl: context.demoUrl };
  if (value.credentials !== undefined) {
    const credentials = readCredentials(value, path, data, context, mistakes) ?? null;
    return { ...NO_KEY, credentials, signing: credentials?.type === "aws" ? signingOf(data, value) : null };
  }
  if (value.access_key !== undefined) return { ...NO_KEY, accessKey: value.access_key };
  const signing = signingOf(data, value);
  if (signing !== null) return { ...NO_KEY, signing };
  const isKeyed = data.access_key_env !== undefined || data.credentials !== undefined;
  // Nothing of AWS's is asked without either, wherever it is.
  const needsKey = isKeyed && (value.base_url === undefined || data.aws_service !== undefined);
  if (!needsKey) return NO_KEY;
  if (context.demoUrl !== undefined) return { ...NO_KEY, demoUrl: context.demoUrl };
  if (data.access_key_env !== undefined)
    mistakes.push({ path: at, wrong: "missing", expected: `$${data.access_key_env}${awsToo(data)}, or passthrough_auth: true` });
  else
    mistakes.push({ path: [...path, "credentials"], wrong: "missing", expected: `a mapping with type: ${data.credentials?.join(" or ")}` });
  return NO_KEY;
}

function awsToo({ aws_service }: ProviderData): string {
  return aws_service === undefined ? "" : ", aws with the region to sign requests with the machine's AWS credentials";
}

function refuseUnused(value: RawModelProvider, path: Path, mistakes: Mistake[]): void {
  for (const key of ["access_key", "credentials"] as const) {
    if (value[key] === undefined) continue;
    const wrong = "would never be used: passthrough_auth sends the client's own credential";
    mistakes.push({ path: [...path, key], wrong, expected: "one of the two" });
  }
}

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** Headers that the gateway or the HTTP connection itself sets: a second value would break framing or routing. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "content-type",
  "transfer-encoding",
  "connection",
  "te",
  "upgrade",
  "accept-encoding",
]);

function readHeaders(value: RawModelProvider, data: ProviderData, path: Path, mistakes: Mistake[]): [string, string][] {
  const headers = new Map(Object.entries(data.headers ?? {}).map(([name, text]) => [name.toLowerCase(), text]));
  for (const [name, text] of Object.entries(value.headers ?? {})) {
    const lower = name.toLowerCase();
    const at = [...path, "headers", name];
    if (!HEADER_NAME.test(name)) mistakes.push({ path: at, wrong: "is no header name", expected: "letters, digits and -" });
    else if (OWN_HEADERS.has(lower) || lower.startsWith("x-envoy-"))
      mistakes.push({ path: at, wrong: "is set by the gateway itself", expected: "no such header" });
    else if (lower === data.auth.header || (value.credentials !== undefined && lower === BEARER.header))
      mistakes.push({ path: at, wrong: "carries the credential", expected: "the key in access_key" });
    else if (/[\r\n\0]/.test(text)) mistakes.push({ path: at, wrong: "has a line break in its value", expected: "one line" });
    else headers.set(lower, text);
  }
  return [...headers];
}
