import { hash } from "node:crypto";
import type { GatewayConfig, ModelRules, NativeEndpoint, Provider, Router } from "../config/gateway_config.ts";
import { RESPONSE_BODY_BYTES_MAX } from "./buffer_limits.ts";
import { llmFilter, needsOwnPlace } from "./llm_filter.ts";
import { BRIGHTSTAFF_CLUSTER, type RenderOptions, TOKEN_ESTIMATOR_CLUSTER } from "./options.ts";
import type { Message } from "./protobuf.ts";
import { SIGNATURE_HEADERS } from "./request_signing.ts";
import { furtherName, upstreams } from "./upstreams.ts";

export const GATEWAY_FILTER_NAME = "llm_gateway";

/** The longest routing view that the filter sends with a decision request. */
export const DECISION_VIEW_BYTES_MAX = 65_536;

/** The gateway filter by extension discovery: a new configuration reaches new requests while streams in flight keep theirs. */
export function gatewayFilter(config: GatewayConfig, options: RenderOptions): Message {
  return {
    "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
    ...llmFilter(GATEWAY_FILTER_NAME, "gateway", gatewayConfiguration(config), options.filterFile),
  };
}

/** What the filter reads in its role "gateway". Models and providers are referred to by their index. */
export function gatewayConfiguration(config: GatewayConfig): Message {
  const { limits, models } = config;
  const places = upstreams(config);
  const indexes = new Map(models.map(({ id }, index) => [id, index]));
  const toFilterRouter = ({ name, fallback }: Router) => ({ name, fallback: fallback.map((id) => indexes.get(id)) });
  const routers = [...config.routers, ...config.variants].map(toFilterRouter);
  if (config.routeAll !== null) routers.push(toFilterRouter(config.routeAll));
  return {
    role: "gateway",
    limits: {
      request_body_bytes_max: limits.requestBody_bytes_max,
      response_body_bytes_max: RESPONSE_BODY_BYTES_MAX,
      json_depth_max: limits.jsonDepth_max,
      attempts_max: config.listener.retriesMax + 1,
    },
    timeouts: {
      first_token_ms: limits.firstToken_ms,
      reply_ms: limits.reply_ms,
      stream_idle_ms: limits.streamIdle_ms,
      decision_ms: limits.decision_ms,
    },
    decision: {
      cluster: BRIGHTSTAFF_CLUSTER,
      authority: BRIGHTSTAFF_CLUSTER,
      path: "/v1/decisions",
      events_path: "/v1/events",
      view_bytes_max: DECISION_VIEW_BYTES_MAX,
    },
    sessions: toFilterSessions(config),
    providers: [...places.map((provider) => toFilterProvider(provider, places)), TOKEN_ESTIMATOR],
    token_estimator: places.length,
    models: models.map(({ id, provider, model }) => ({ id, provider, model })),
    wildcards: config.wildcards.map(({ prefix, provider }) => ({ prefix, provider })),
    names: [...config.names],
    default_model: config.defaultModel,
    routers,
    route_all: config.routeAll === null ? null : routers.length - 1,
  };
}

function toFilterSessions({ sessions, routers, routeAll }: GatewayConfig): Message {
  return {
    derived: sessions.derived,
    // Under a budget each of the user's turns is brightstaff's to judge.
    pin_named: sessions.budget === null,
    pin_loops: sessions.routeOnUserOnly,
    ...(sessions.tenantHeader === null ? {} : { tenant_header: sessions.tenantHeader }),
    // The filter does not read it. It makes another configuration of one whose tasks have changed, and a new one starts without pins.
    tasks: hash("sha256", JSON.stringify([routers, routeAll]), "hex").slice(0, 16),
  };
}

/** The last of the providers: what no other counts, brightstaff estimates. */
const TOKEN_ESTIMATOR = {
  name: TOKEN_ESTIMATOR_CLUSTER,
  cluster: TOKEN_ESTIMATOR_CLUSTER,
  format: "anthropic_count_tokens",
  authority: TOKEN_ESTIMATOR_CLUSTER,
  path: "/v1/messages/count_tokens",
};

function toFilterEndpoint(provider: Provider, native: NativeEndpoint, places: readonly Provider[]): Message {
  const { format, path, auth, drop, rename, models } = native;
  if (auth !== null) return { format, provider: places.findIndex(({ name }) => name === furtherName(provider, format)) };
  return {
    format,
    path,
    ...(drop.length > 0 ? { drop } : {}),
    ...(rename.length > 0 ? { rename } : {}),
    ...(models.length > 0 ? { model_rules: models.map((rules) => ({ match: rules.match, ...withModelRules(native, rules) })) } : {}),
  };
}

/** All that holds for a model: what its name says comes first, and what holds for every model of the place stays. */
function withModelRules(all: Pick<ModelRules, "drop" | "rename">, { drop, rename }: ModelRules): Pick<ModelRules, "drop" | "rename"> {
  return { drop: [...drop, ...all.drop], rename: [...rename, ...all.rename] };
}

function toFilterRules(provider: Provider): Message {
  return {
    drop: provider.drop,
    rename: provider.rename,
    add: provider.add,
    message_drop: provider.messageDrop,
    message_roles: provider.messageRoles,
    tool_id_length: provider.toolIdLength ?? 0,
    tool_ids: provider.takesToolIds,
  };
}

function toFilterProvider(provider: Provider, places: readonly Provider[]): Message {
  return {
    name: provider.name,
    cluster: provider.name,
    format: provider.format,
    authority: provider.authority,
    path: provider.path,
    ...(provider.streamPath === null ? {} : { stream_path: provider.streamPath }),
    native: provider.native.map((native) => toFilterEndpoint(provider, native, places)),
    headers: provider.headers,
    needs_own_place: needsOwnPlace(provider),
    passthrough_auth: provider.passthroughAuth,
    auth_header: provider.auth.header,
    auth_prefix: provider.auth.prefix,
    ...(provider.signing === null ? {} : { signature_headers: SIGNATURE_HEADERS }),
    ...toFilterRules(provider),
    ...(provider.models.length > 0
      ? {
          model_rules: provider.models.map((rules) => ({
            match: rules.match,
            ...toFilterRules({
              ...provider,
              ...withModelRules(provider, rules),
              messageDrop: [...rules.messageDrop, ...provider.messageDrop],
            }),
          })),
        }
      : {}),
  };
}
