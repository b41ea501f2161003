import { CANDIDATES_MAX, type GatewayConfig } from "../config/gateway_config.ts";
import { ANTHROPIC_VERSION_HEADER, anthropicForm, anthropicPage, openaiForm, openaiList } from "../models/forms.ts";
import { listModels } from "../models/model_list.ts";
import { CLIENT_HEADERS_KEPT_BACK, PROVIDER_FILTER_NAME } from "./llm_filter.ts";
import { BRIGHTSTAFF_CLUSTER, TOKEN_ESTIMATOR_CLUSTER } from "./options.ts";
import { any, duration, extension, type Message } from "./protobuf.ts";
import { upstreams } from "./upstreams.ts";

export const ROUTE_CONFIG_NAME = "llm";

/** The direct answer to GET /v1/models may be this long; Envoy's default of 4 KiB holds some forty models. */
const MODEL_LIST_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The gateway role decides on a request and writes its candidates and its mode into filter state, which no client can forge and no provider
 * sees; then it clears the route cache, and the request moves from the last route to one of the mode routes.
 */
export function routeConfiguration(config: GatewayConfig): Message {
  return any("envoy.config.route.v3.RouteConfiguration", {
    name: ROUTE_CONFIG_NAME,
    max_direct_response_body_size_bytes: MODEL_LIST_BYTES_MAX,
    virtual_hosts: [
      {
        name: ROUTE_CONFIG_NAME,
        domains: ["*"],
        // The attempt's number, by which the candidate is chosen.
        include_request_attempt_count: true,
        routes: [...modeRoutes(config), ...unreadRoutes(), healthRoute(), ...modelRoutes(config), ...notFoundRoutes()],
      },
    ],
  });
}

function modeRoutes(config: GatewayConfig): Message[] {
  const modes: readonly Mode[] = ["stream", "whole"];
  return [...modes.map((mode) => onceRoute(mode, config)), ...modes.map((mode) => retryRoute(mode, config))];
}

/** Where clients ask models. */
const MODEL_PATHS = ["/v1/chat/completions", "/v1/messages", "/v1/responses"];

/** Of a request whose body the filter has not read yet: found at once, where the search would pass all that follow. The filter lets none end here. */
function unreadRoutes(): Message[] {
  return MODEL_PATHS.map((path) => ({ name: "unread", match: { path }, direct_response: { status: 404 } }));
}

function healthRoute(): Message {
  return { name: "health", match: { path: "/healthz" }, route: { cluster: BRIGHTSTAFF_CLUSTER, timeout: "2s" } };
}

const IS_GET = { name: ":method", string_match: { exact: "GET" } };
/** Anthropic's clients are told by the header that their API requires. */
export const IS_ANTHROPIC = { name: ANTHROPIC_VERSION_HEADER, present_match: true };
/** A query that asks for one page of the list. */
const HAS_PAGE = { name: ":path", string_match: { safe_regex: { regex: ".*[?&](limit|after_id|before_id)=.*" } } };

/** The whole list is Envoy's own answer, there while brightstaff is not; what needs a look at the request is brightstaff's. */
function modelRoutes(config: GatewayConfig): Message[] {
  const models = listModels(config);
  const list = { path: "/v1/models" };
  const byBrightstaff = { route: { cluster: BRIGHTSTAFF_CLUSTER, timeout: "2s" } };
  const message = "This path takes GET only.";
  return [
    { name: "models_page", match: { ...list, headers: [IS_GET, IS_ANTHROPIC, HAS_PAGE] }, ...byBrightstaff },
    {
      name: "models_anthropic",
      match: { ...list, headers: [IS_GET, IS_ANTHROPIC] },
      ...jsonResponse(200, anthropicPage(models, config.changed_s, false)),
    },
    { name: "models", match: { ...list, headers: [IS_GET] }, ...jsonResponse(200, openaiList(models, config.changed_s)) },
    { name: "model", match: { prefix: "/v1/models/", headers: [IS_GET] }, ...byBrightstaff },
    ...errorRoutes("models_method", { path_separated_prefix: "/v1/models" }, 405, message),
  ];
}

function notFoundRoutes(): Message[] {
  const message =
    "There is nothing at this path. Served are POST /v1/chat/completions, /v1/messages, /v1/messages/count_tokens, /v1/responses and /v1/embeddings, and GET /v1/models and /healthz.";
  return errorRoutes("not_found", { prefix: "/" }, 404, message);
}

/** An error in the form of the client's API. */
function errorRoutes(name: string, match: Message, status: 404 | 405, message: string): Message[] {
  return [
    {
      name: `${name}_anthropic`,
      match: { ...match, headers: [IS_ANTHROPIC] },
      ...jsonResponse(status, anthropicForm.error(status, message)),
    },
    { name, match, ...jsonResponse(status, openaiForm.error(status, message)) },
  ];
}

function jsonResponse(status: number, body: unknown): Message {
  return {
    direct_response: { status, body: { inline_string: JSON.stringify(body) } },
    response_headers_to_add: [{ header: { key: "content-type", value: "application/json" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" }],
  };
}

/** Statuses besides 5xx with which a candidate hands on to the next: what another provider, key or model may answer better. */
const RETRIABLE_STATUS_CODES = [401, 403, 404, 408, 424, 429];

/**
 * A request with several candidates carries the filter state `wasm.llm.dispatch`, which begins with the first candidate's cluster and a bar
 * and ends with a letter for how the answer is to be had. With one candidate it carries the header that names the cluster, and nothing more.
 */
const DISPATCH = "wasm.llm.dispatch";
const MODES = {
  stream: { letter: "s", onlyCluster: "x-envoy-llm-stream-cluster" },
  whole: { letter: "w", onlyCluster: "x-envoy-llm-whole-cluster" },
} as const;
type Mode = keyof typeof MODES;

/** The filter in the provider's cluster has nothing left to do for a request that the gateway role serves. */
const WITHOUT_PROVIDER_ROLE = { [PROVIDER_FILTER_NAME]: any("envoy.config.route.v3.FilterConfig", { disabled: true }) };

/** Beside the client's own what Envoy says of the client in each request. */
const HEADERS_KEPT_BACK = [...CLIENT_HEADERS_KEPT_BACK, "x-envoy-external-address"];

/** Cheaper by the half than the route with retries: no matcher, no request kept for another attempt. */
function onceRoute(mode: Mode, config: GatewayConfig): Message {
  const { onlyCluster } = MODES[mode];
  return {
    name: `${mode}-once`,
    match: { prefix: "/", headers: [{ name: onlyCluster, present_match: true }] },
    typed_per_filter_config: WITHOUT_PROVIDER_ROLE,
    request_headers_to_remove: [...HEADERS_KEPT_BACK, onlyCluster],
    route: { ...action(config), cluster_header: onlyCluster, retry_policy: deadline(mode, config) },
  };
}

function retryRoute(mode: Mode, config: GatewayConfig): Message {
  return {
    name: mode,
    // The header comes with the filter state, and is quicker not to be found.
    match: {
      prefix: "/",
      headers: [{ name: "x-envoy-max-retries", present_match: true }],
      filter_state: [{ key: DISPATCH, string_match: { suffix: MODES[mode].letter } }],
    },
    request_headers_to_remove: HEADERS_KEPT_BACK,
    route: {
      ...action(config),
      inline_cluster_specifier_plugin: clusterByAttempt([...upstreams(config).map(({ name }) => name), TOKEN_ESTIMATOR_CLUSTER]),
      retry_policy: { ...RETRIES, ...deadline(mode, config) },
    },
  };
}

function firstEvent_ms(mode: Mode, { limits }: GatewayConfig): number {
  return mode === "stream" ? limits.firstToken_ms : limits.reply_ms;
}

function action(config: GatewayConfig): Message {
  const { listener } = config;
  return {
    // 0 is none: a stream may go on for as long as it does go on.
    timeout: duration(listener.timeout_ms ?? 0),
    ...silence(config),
    // The Host header is the endpoint's hostname, which is the provider's authority.
    auto_host_rewrite: true,
  };
}

/**
 * A client that has stopped reading. No idle timeout, as that timer would be set anew with all that comes and goes, 2 % of a chunk's CPU time and of
 * a whole reply's: what comes before the first content has its deadlines, the filter watches for what comes after it (a client that does not read
 * stops a stream's chunks), and what is left to be read at the end has a timer that is set once.
 */
function silence({ limits }: GatewayConfig): Message {
  return { idle_timeout: duration(0), flush_timeout: duration(limits.streamIdle_ms) };
}

/**
 * It ends when the response headers come, which the filter holds back until a stream's first content: pings do not extend it. There is no
 * per_try_idle_timeout for silence in mid-stream: it sets a timer anew with every chunk, 7 % of a chunk's CPU time. The filter watches for that.
 */
function deadline(mode: Mode, config: GatewayConfig): Message {
  return { per_try_timeout: duration(firstEvent_ms(mode, config)) };
}

const RETRIES = {
  retry_on: "5xx,reset,connect-failure,refused-stream,retriable-status-codes",
  retriable_status_codes: RETRIABLE_STATUS_CODES,
  // The filter sets x-envoy-max-retries to the number of its candidates less one, which counts in place of this.
  num_retries: CANDIDATES_MAX - 1,
  refresh_cluster_on_retry: true,
  // The next candidate is another provider: there is nothing to wait for.
  retry_back_off: { base_interval: "0.001s", max_interval: "0.001s" },
};

/**
 * The cluster of the first attempt begins the filter state `wasm.llm.dispatch`; that of attempt k is the value of `wasm.llm.candidate.k`. When
 * the cluster is chosen, x-envoy-attempt-count still holds the number of the attempt before, and on the first attempt nothing.
 */
function clusterByAttempt(names: readonly string[]): Message {
  const later = Array.from({ length: CANDIDATES_MAX - 1 }, (_, index) => [String(index + 1), laterCandidate(index + 2, names)]);
  return {
    extension: extension(
      "envoy.router.cluster_specifier_plugin.matcher",
      "envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier",
      {
        cluster_matcher: {
          matcher_tree: {
            input: extension("attempt", "envoy.type.matcher.v3.HttpRequestHeaderMatchInput", { header_name: "x-envoy-attempt-count" }),
            exact_match_map: { map: Object.fromEntries(later) },
          },
          on_no_match: firstCandidate(names),
        },
      },
    ),
  };
}

function firstCandidate(names: readonly string[]): Message {
  return { matcher: { matcher_tree: { input: filterState(DISPATCH), prefix_match_map: clusterMap(names, (name) => `${name}|`) } } };
}

function laterCandidate(k: number, names: readonly string[]): Message {
  const input = filterState(`wasm.llm.candidate.${k}`);
  return { matcher: { matcher_tree: { input, exact_match_map: clusterMap(names, (name) => name) } } };
}

function filterState(key: string): Message {
  return extension("candidate", "envoy.extensions.matching.common_inputs.network.v3.FilterStateInput", { key });
}

function clusterMap(names: readonly string[], toKey: (name: string) => string): Message {
  const toCluster = (cluster: string) => ({
    action: extension(cluster, "envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction", { cluster }),
  });
  return { map: Object.fromEntries(names.map((name) => [toKey(name), toCluster(name)])) };
}
