/** The config as it stands in the file: the shape that config/schema.json describes, in every form that it admits. */
export type RawConfig = {
  version?: string;
  listeners?: (RawListener | undefined)[] | { egress_traffic?: Omit<RawListener, "name"> };
  endpoints?: Record<string, RawEndpoint>;
  model_providers?: (RawModelProvider | undefined)[];
  llm_providers?: (RawModelProvider | undefined)[];
  model_aliases?: Record<string, { target?: string }>;
  routing_preferences?: (RawPreference | undefined)[];
  routers?: (RawRouter | undefined)[];
  model_metrics_sources?: (RawMetricsSource | undefined)[];
  routing?: RawRouting;
  prompt_caching?: RawPromptCaching;
  overrides?: {
    upstream_connect_timeout?: string;
    upstream_tls_ca_path?: string;
    llm_routing_model?: string;
    orchestrator_model_context_length?: number;
  };
  limits?: Partial<Record<LimitName, number>>;
  admin?: RawAdmin;
};

export type LimitName = "request_body_bytes_max" | "json_depth_max" | "first_token_ms" | "reply_ms" | "stream_idle_ms" | "decision_ms";

export type RawRouting = {
  model?: string;
  session_ttl_seconds?: number;
  session_max_entries?: number;
  session_cache?: { type?: "memory" | "redis"; url?: string; tenant_header?: string };
  routing_budget?: { max_switch_spend_pct?: number; replenish_on_rebind?: boolean; cache_read_discount?: number };
  route_on_user_only?: boolean;
};

export type RawPromptCaching = {
  enabled?: boolean;
  session_affinity?: boolean;
  inject_cache_control?: boolean;
  session_ttl_seconds?: number;
};

export type RawListener = {
  name?: string;
  address?: string;
  port?: number;
  timeout?: string;
  max_retries?: number;
  tls?: RawTls;
};

export type RawTls = { cert_file?: string; key_file?: string };

export type RawAdmin = { address?: string; port?: number; key?: string; tls?: RawTls };

export type RawEndpoint = { endpoint?: string; connect_timeout?: string; protocol?: "http" | "https"; http_host?: string };

export type RawModelProvider = {
  name?: string;
  model?: string;
  access_key?: string;
  credentials?: RawCredentials;
  project?: string;
  location?: string;
  default?: boolean;
  base_url?: string;
  passthrough_auth?: boolean;
  aws?: { region?: string };
  http_host?: string;
  provider_interface?: string;
  headers?: Record<string, string>;
  routing_preferences?: ({ name?: string; description?: string } | undefined)[];
};

export type RawCredentials = {
  type?: "aws" | "google" | "azure_client_secret" | "azure_workload_identity" | "azure_managed_identity";
  profile?: string;
  role_arn?: string;
  external_id?: string;
  key_file?: string;
  key?: string;
  tenant_id?: string;
  client_id?: string;
  client_secret?: string;
  token_file?: string;
  authority_host?: string;
  scope?: string;
};

export type RawSelectionPolicy = {
  prefer?: "ranked" | "optimal" | "cheapest" | "fastest" | "balanced" | "none";
  weights?: { cost?: number; latency?: number };
};

export type RawPreference = { name?: string; description?: string; models?: (string | undefined)[]; selection_policy?: RawSelectionPolicy };

export type RawPolicy = {
  task?: { name?: string; description?: string };
  task_slug?: string;
  models?: (string | undefined)[];
  selection_policy?: RawSelectionPolicy;
};

export type RawRouter = {
  name?: string;
  description?: string;
  preset?: string;
  models?: (string | undefined)[];
  task_models?: Record<string, (string | undefined)[]>;
  selection_policy?: RawSelectionPolicy;
  policies?: (RawPolicy | undefined)[];
  fallback_models?: (string | undefined)[];
};

export type RawRates = { input_usd_per_mtok?: number; cached_input_usd_per_mtok?: number; output_usd_per_mtok?: number };

export type RawPrice = RawRates & { long_context?: RawRates & { above_tokens?: number } };

export type RawMetricsSource = {
  type?: "cost" | "latency";
  provider?: "static" | "digitalocean" | "models.dev" | "prometheus" | "gateway_traffic";
  prices?: Record<string, RawPrice>;
  url?: string;
  query?: string;
  refresh_interval?: number;
  timeout?: string;
  model_aliases?: Record<string, string>;
  half_life?: string;
  explore_every?: number;
};
