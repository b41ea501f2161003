import type { Preset } from "./data_files.ts";

/** The config after all checks: what the rest of brightstaff works with. Every name in it resolves, every limit has a value. */
export type GatewayConfig = {
  /** When the file was last changed, in seconds since 1970; the age that /v1/models gives. */
  readonly changed_s: number;
  readonly listener: Listener;
  readonly providers: readonly Provider[];
  readonly models: readonly Model[];
  /** Longest prefix first, so that the first that fits is the most specific. */
  readonly wildcards: readonly Wildcard[];
  /** Further names of models: aliases, entry names, and bare model names where they are unambiguous. */
  readonly names: ReadonlyMap<string, ModelIndex>;
  /** The names of `names` that the config calls aliases, for listings. */
  readonly aliases: readonly string[];
  readonly defaultModel: ModelIndex | null;
  /** Those of the file, then those that were made through the management API. */
  readonly routers: readonly Router[];
  /** The same routers by another preference, each under the name `<router>:<variant>`. */
  readonly variants: readonly Router[];
  /** All sets of tasks that come along, whether a router uses them or not. */
  readonly presets: readonly Preset[];
  /** Made from top-level routing_preferences: every chat request goes through it. */
  readonly routeAll: Router | null;
  /** At most one of each type; of latencies always one. */
  readonly metricsSources: readonly MetricsSourceConfig[];
  /** The routing model to ask, or null for the embedded resolver. */
  readonly routingModel: RoutingModel | null;
  readonly sessions: SessionSettings;
  readonly limits: Limits;
  /** null when the management API is not served. */
  readonly admin: Admin | null;
  readonly connectTimeout_ms: number;
  /** The CA bundle that upstream certificates are checked against; null when no provider uses TLS. */
  readonly caFile: string | null;
};

/** An index into `GatewayConfig.models`. */
export type ModelIndex = number;

export type WireFormat = "openai_chat" | "anthropic_messages" | "openai_responses" | "gemini" | "bedrock_converse";

/** What a provider may speak besides: the further APIs of a client's format, and those of embeddings and of counts of tokens. */
export type NativeFormat = WireFormat | "openai_embeddings" | "anthropic_count_tokens" | "gemini_count_tokens" | "openai_input_tokens";

export type Auth = { readonly header: string; readonly prefix: string };

/** What some models do not take, besides what their provider does not. */
export type ModelRules = {
  /** Names of models, in which * stands for any characters. Of several such rules the first that matches counts. */
  readonly match: readonly string[];
  readonly drop: readonly string[];
  readonly rename: readonly (readonly [from: string, to: string])[];
  readonly messageDrop: readonly string[];
};

export type NativeEndpoint = {
  readonly format: NativeFormat;
  readonly path: string;
  /** Where the key goes, if elsewhere than in the provider's other requests. */
  readonly auth: Auth | null;
  readonly drop: readonly string[];
  readonly rename: readonly (readonly [from: string, to: string])[];
  readonly models: readonly ModelRules[];
};

export type Listener = {
  readonly name: string;
  readonly address: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** The longest a request may take in all; null for no such limit. */
  readonly timeout_ms: number | null;
  /** Candidates tried after the first. */
  readonly retriesMax: number;
  readonly tls: TlsFiles | null;
};

export type TlsFiles = { readonly certFile: string; readonly keyFile: string };

/** Where the management API listens, and the key that it asks for. */
export type Admin = {
  readonly address: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly key: string;
  readonly tls: TlsFiles | null;
};

/** One place that requests go to with one credential: an Envoy cluster. Several models usually share it. */
export type Provider = {
  /** Unique; also the name of the cluster and of its secret's file. */
  readonly name: string;
  readonly displayName: string;
  readonly format: NativeFormat;
  /** Scheme, host, port and base path, without a slash at the end. */
  readonly baseUrl: string;
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Of the chat endpoint: the base URL's path and the format's own. */
  readonly path: string;
  /** Where streams are asked for; null where that is the same path. Either may have {model} in it, for the model's name. */
  readonly streamPath: string | null;
  /** What it speaks itself besides. */
  readonly native: readonly NativeEndpoint[];
  /** The Host header, `:authority`. */
  readonly authority: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly auth: Auth;
  readonly accessKey: string | null;
  /** Where its credential comes from when that one expires; then there is no access key. */
  readonly credentials: CredentialsConfig | null;
  readonly passthroughAuth: boolean;
  /** What requests are signed for, with the credentials that Envoy finds on its machine; null where they are not. */
  readonly signing: { readonly service: string; readonly region: string } | null;
  readonly drop: readonly string[];
  readonly rename: readonly (readonly [from: string, to: string])[];
  readonly models: readonly ModelRules[];
  /** Top-level fields that it wants besides. */
  readonly add: readonly (readonly [name: string, value: string])[];
  /** Fields and roles of messages that it does not take. */
  readonly messageDrop: readonly string[];
  readonly messageRoles: readonly (readonly [from: string, to: string])[];
  /** How long tool-call ids must be; null for any length. */
  readonly toolIdLength: number | null;
  /** Whether it takes ids of tool calls at all. */
  readonly takesToolIds: boolean;
  readonly connectTimeout_ms: number;
  /** Its key is not set, so the built-in demo provider stands in for it. */
  readonly demo: boolean;
};

/** How a credential that expires is obtained, again and again. */
export type CredentialsConfig = AwsCredentials | GoogleCredentials | EntraSecret | EntraFederation | EntraManagedIdentity;

/** Of what Envoy signs with; at least one of profile and role is there. */
export type AwsCredentials = {
  readonly type: "aws";
  /** In ~/.aws/config; null for what AWS's tools find without one. */
  readonly profile: string | null;
  readonly roleArn: string | null;
  /** What the role's owner wants to hear besides: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html */
  readonly externalId: string | null;
  /** Where the role is assumed. */
  readonly region: string;
};

export type GoogleCredentials = {
  readonly type: "google";
  /** The file with the account's key or the federation's configuration; null for `key`, or for Google's application default credentials. */
  readonly keyFile: string | null;
  /** What such a file would hold. */
  readonly key: string | null;
};

/** A place in Microsoft Entra that gives out tokens for `scope`. */
export type EntraAuthority = {
  /** Scheme and host. */
  readonly authorityHost: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly scope: string;
};

export type EntraSecret = EntraAuthority & { readonly type: "azure_client_secret"; readonly clientSecret: string };

export type EntraFederation = EntraAuthority & {
  readonly type: "azure_workload_identity";
  /** Holds the token that the platform gives this workload, and a new one from time to time. */
  readonly tokenFile: string;
};

export type EntraManagedIdentity = {
  readonly type: "azure_managed_identity";
  /** Of a user-assigned identity; null for that of the machine. */
  readonly clientId: string | null;
  readonly scope: string;
};

export type Model = {
  /** `provider/model`, as clients and the config name it. */
  readonly id: string;
  /** An index into `GatewayConfig.providers`. */
  readonly provider: number;
  /** What the provider itself calls it. */
  readonly model: string;
};

export type Wildcard = { readonly prefix: string; readonly provider: number };

/** What models are ordered by. `weights` is there with `balanced` only, where one was given. */
export type SelectionPolicy = {
  readonly prefer: "ranked" | "cheapest" | "fastest" | "balanced" | "none";
  readonly weights?: { readonly cost: number; readonly latency: number };
};

export type Task = SelectionPolicy & {
  readonly name: string;
  readonly description: string;
  /** Ids of models, in the configured order. */
  readonly models: readonly string[];
};

export type Router = {
  readonly name: string;
  readonly description: string;
  /** The preset whose tasks it has; null for one with tasks of its own. */
  readonly preset: string | null;
  readonly tasks: readonly Task[];
  /** Ids of models, tried after the matched task's own. */
  readonly fallback: readonly string[];
};

export type TokenRates = {
  readonly input_usd_per_mtok: number;
  readonly cachedInput_usd_per_mtok: number | null;
  readonly output_usd_per_mtok: number;
};

/** What a model costs; requests with much input may cost more for all of their tokens. */
export type Price = TokenRates & {
  /** By ascending size. */
  readonly longContext?: readonly LongContextRates[];
};

export type LongContextRates = TokenRates & {
  /** The rates are for requests with more input than this. */
  readonly above_tokens: number;
};

/** What a source tells about models. */
export type MetricsType = "cost" | "latency";

export type MetricsSourceConfig = StaticPrices | RemoteMetricsSource | GatewayTraffic;

export type StaticPrices = {
  readonly type: "cost";
  readonly provider: "static";
  /** By model id. */
  readonly prices: ReadonlyMap<string, Price>;
};

export type RemoteMetricsSource = {
  readonly type: MetricsType;
  readonly provider: "digitalocean" | "models.dev" | "prometheus";
  /** null for the provider's own public one. */
  readonly url: string | null;
  /** For Prometheus: in PromQL. */
  readonly query: string | null;
  /** From one answer to the next question. */
  readonly refresh_ms: number;
  readonly timeout_ms: number;
  /** Ids of models by what the source calls them, where that is not the id. */
  readonly aliases: ReadonlyMap<string, string>;
};

/** Latencies as the gateway's own requests find them. */
export type GatewayTraffic = {
  readonly type: "latency";
  readonly provider: "gateway_traffic";
  /** A measurement counts half when it is this old. */
  readonly halfLife_ms: number;
  /** Every so many decisions of a route one goes to the model measured longest ago; 0 for none. */
  readonly exploreEvery_decisions: number;
};

export type RoutingModel = {
  /** null for a chat model of any format, which is asked through the gateway itself: that translates, and adds the key. */
  readonly baseUrl: string | null;
  /** As the endpoint serves it; the model's id where the gateway is asked. */
  readonly model: string;
  readonly apiKey: string | null;
  readonly promptForm: "arch-router" | "plano-orchestrator" | "chat";
  readonly contextLength_tokens: number;
};

/** How conversations stay on their model. */
export type SessionSettings = {
  /** Whether conversations that name no session are known by how they begin. */
  readonly derived: boolean;
  /** How long a conversation is remembered after its last decision. */
  readonly ttl_ms: number;
  readonly entriesMax: number;
  /** How long after a request a provider is taken to have its prompt in the cache. */
  readonly warm_ms: number;
  readonly store: { readonly type: "memory" } | { readonly type: "redis"; readonly url: string };
  /** The request header that tells tenants apart, in lower case; null when only keys do. */
  readonly tenantHeader: string | null;
  /** Whether steps of a tool loop are left where the loop began. */
  readonly routeOnUserOnly: boolean;
  readonly budget: RoutingBudget | null;
};

/** What switching models in mid-conversation may cost. */
export type RoutingBudget = {
  /** In percent of what the conversation would have cost without. */
  readonly maxSwitchSpend_pct: number;
  /** Whether a conversation whose cache went cold begins to count anew. */
  readonly replenishOnRebind: boolean;
  /** A cached token's price in relation to one that is not, where the source of prices does not say. */
  readonly cacheReadDiscount: number;
};

export type Limits = {
  readonly requestBody_bytes_max: number;
  readonly jsonDepth_max: number;
  /** Until the first content of a stream. */
  readonly firstToken_ms: number;
  /** Until a whole, not streamed, reply. */
  readonly reply_ms: number;
  /** Silence in mid-stream. */
  readonly streamIdle_ms: number;
  readonly decision_ms: number;
};

/** Attempts of one request: the filter and the routes know this many candidates. */
export const CANDIDATES_MAX = 8;
