import type { GatewayConfig, Listener } from "../config/gateway_config.ts";
import { anthropicForm, type ModelsForm, openaiForm } from "../models/forms.ts";
import { bufferLimit_bytes } from "./buffer_limits.ts";
import { http2Windows } from "./clusters.ts";
import { GATEWAY_FILTER_NAME, gatewayFilter } from "./gateway_filter.ts";
import { filterType } from "./llm_filter.ts";
import { GATEWAY_FILTER_FILE, LISTENER_CERTIFICATE, RDS_FILE, type RenderOptions, routingSocket, secretFile } from "./options.ts";
import { any, duration, extension, fileSource, type Message } from "./protobuf.ts";
import { IS_ANTHROPIC, ROUTE_CONFIG_NAME } from "./routes.ts";

/**
 * A client that has begun a request may be silent this long, be it in the headers or in the body (how long the whole body may take, the filter sees to); what comes behind the filter has a limit of its
 * own in the routes. One timer, where limits for the headers and for the whole request would be two more: 0.03 of plain Envoy's CPU.
 */
const CLIENT_SILENCE_MS = 30_000;
/** How much longer a client may wait than a decision. */
const DECISION_MARGIN_MS = 5_000;

/** Streams that one HTTP/2 connection may have open. */
const HTTP2_STREAMS_MAX = 1000;

/**
 * The listener holds nothing that changes in everyday edits: Envoy drains a listener that changes, and cuts its streams when the drain time
 * ends. Routes and the filter's configuration therefore come by files of their own.
 */
export function listener(config: GatewayConfig, options: RenderOptions): Message {
  const limit_bytes = bufferLimit_bytes(config.limits);
  const filter = {
    name: GATEWAY_FILTER_NAME,
    config_discovery: {
      config_source: fileSource(`${options.stateDir}/${GATEWAY_FILTER_FILE}`),
      type_urls: [`type.googleapis.com/${filterType(options.filterFile)}`],
    },
  };
  const { name, address, port, tls } = config.listener;
  return any("envoy.config.listener.v3.Listener", {
    name,
    address: { socket_address: { address, port_value: port } },
    per_connection_buffer_limit_bytes: limit_bytes,
    filter_chains: [
      {
        filters: [extension("envoy.filters.network.http_connection_manager", HCM_TYPE, connectionManager(config, filter, options))],
        ...(tls === null ? {} : { transport_socket: downstreamTls(options) }),
      },
    ],
  });
}

/** The longest path of a Unix socket: sun_path of sockaddr_un has 108 bytes, one of them for the end (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107;

/**
 * Where brightstaff asks a chat model that routes. Its filter knows no routers, so that asking for a decision can never need another
 * decision. A Unix socket for the owner alone: no port that others could reach, and no client's key or certificate is asked for. Its filter is part of
 * it, as requests on it are short.
 */
export function routingListener(config: GatewayConfig, options: RenderOptions): Message {
  const path = routingSocket(options.stateDir);
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX)
    throw new Error(`${path}: a socket's path has ${SOCKET_PATH_BYTES_MAX} bytes at most; use a shorter --state-dir`);
  const limit_bytes = bufferLimit_bytes(config.limits);
  const { name, typed_config } = gatewayFilter({ ...config, routers: [], routeAll: null }, options);
  const filter = { name, typed_config };
  return any("envoy.config.listener.v3.Listener", {
    name: "routing",
    address: { pipe: { path, mode: 0o600 } },
    per_connection_buffer_limit_bytes: limit_bytes,
    filter_chains: [
      { filters: [extension("envoy.filters.network.http_connection_manager", HCM_TYPE, connectionManager(config, filter, options))] },
    ],
  });
}

const HCM_TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** Upstream could not be reached, was cut off, took too long, was asked too much or sent what is not HTTP. */
const UPSTREAM_FAILED = { response_flag_filter: { flags: ["UF", "UH", "UC", "UR", "LR", "UT", "UO", "UPE"] } };
const UPSTREAM_FAILED_MESSAGE = "This could not be answered now; try again later.";

/**
 * What Envoy says by itself where brightstaff is not there, or an answer broke off that the filter still held; in the form of the client's API.
 * Whatever else befalls a request to a model passes the filter, which says more than this.
 */
const OWN_ANSWERS = [
  { filter: { and_filter: { filters: [UPSTREAM_FAILED, { header_filter: { header: IS_ANTHROPIC } }] } }, ...ownAnswer(anthropicForm) },
  { filter: UPSTREAM_FAILED, ...ownAnswer(openaiForm) },
];

function ownAnswer(form: ModelsForm): Message {
  return { body_format_override: { json_format: form.error(503, UPSTREAM_FAILED_MESSAGE) } };
}

function connectionManager({ limits }: GatewayConfig, filter: Message, { stateDir }: RenderOptions): Message {
  return {
    stat_prefix: "llm",
    local_reply_config: { mappers: OWN_ANSWERS },
    // HTTP/1.1 or HTTP/2, by ALPN or by what the client sends first.
    codec_type: "AUTO",
    // The client's address is the connection's: what it claims in x-forwarded-for counts for nothing, and providers are not told of it.
    use_remote_address: true,
    skip_xff_append: true,
    stream_idle_timeout: duration(Math.max(CLIENT_SILENCE_MS, limits.decision_ms + DECISION_MARGIN_MS)),
    http2_protocol_options: { max_concurrent_streams: HTTP2_STREAMS_MAX, ...http2Windows(bufferLimit_bytes(limits)) },
    rds: { route_config_name: ROUTE_CONFIG_NAME, config_source: fileSource(`${stateDir}/${RDS_FILE}`) },
    http_filters: [
      filter,
      extension("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router", {
        // Neither providers nor clients need Envoy's own headers. The attempt's number is not among these: the routes ask for it.
        suppress_envoy_headers: true,
        // Counters by status of each cluster and route: brightstaff's come from the filter's events.
        dynamic_stats: false,
      }),
    ],
  };
}

function downstreamTls({ stateDir }: RenderOptions): Message {
  return extension("envoy.transport_sockets.tls", "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
    common_tls_context: {
      tls_params: { tls_minimum_protocol_version: "TLSv1_2", tls_maximum_protocol_version: "TLSv1_3" },
      alpn_protocols: ["h2", "http/1.1"],
      // By secret discovery, so that a renewed certificate is taken up without a new listener.
      tls_certificate_sds_secret_configs: [
        { name: LISTENER_CERTIFICATE, sds_config: fileSource(`${stateDir}/${secretFile(LISTENER_CERTIFICATE)}`) },
      ],
    },
  });
}

/** The listener's certificate as a secret that names its files; Envoy watches their folders and reads them again when they are replaced. */
export function listenerCertificate({ certFile, keyFile }: NonNullable<Listener["tls"]>): Message {
  return any("envoy.extensions.transport_sockets.tls.v3.Secret", {
    name: LISTENER_CERTIFICATE,
    tls_certificate: { certificate_chain: { filename: certFile }, private_key: { filename: keyFile } },
  });
}
