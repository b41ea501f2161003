import { isIP } from "node:net";
import type { GatewayConfig, Provider } from "../config/gateway_config.ts";
import { bufferLimit_bytes } from "./buffer_limits.ts";
import { providerFilter } from "./llm_filter.ts";
import { BRIGHTSTAFF_CLUSTER, type RenderOptions, secretFile, TOKEN_ESTIMATOR_CLUSTER } from "./options.ts";
import { any, duration, extension, fileSource, type Message } from "./protobuf.ts";
import { requestSigning } from "./request_signing.ts";
import { upstreams } from "./upstreams.ts";

const CLUSTER_TYPE = "envoy.config.cluster.v3.Cluster";
const HTTP_PROTOCOL_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** One cluster per provider, and brightstaff's. Later the routes choose among them by name. */
export function clusters(config: GatewayConfig, options: RenderOptions): Message[] {
  return [
    ...upstreams(config).map((provider) => providerCluster(provider, config, options)),
    brightstaffCluster(BRIGHTSTAFF_CLUSTER, options),
    tokenEstimatorCluster(config, options),
  ];
}

/**
 * Bounds on what one cluster may have open. The defaults (1,024 requests and, above all, 3 retries at once) would refuse fallbacks under load:
 * a fallback *is* a retry, on the cluster of the next candidate, and is needed most when many come at once. No retry budget for the same reason.
 */
const CIRCUIT_BREAKERS = {
  thresholds: [{ priority: "DEFAULT", max_connections: 10_000, max_pending_requests: 10_000, max_requests: 10_000, max_retries: 10_000 }],
};

/** Providers close idle connections after a minute or more; ours go first, so that no request is sent into one that is being closed. */
const POOL_IDLE_MS = 55_000;

/** An HTTP/2 connection that does not answer a ping is dead; without it, streams on it would wait for their own deadlines. */
const HTTP2_KEEPALIVE = { interval: "30s", timeout: "10s", connection_idle_interval: "30s" };

/** DNS answers are asked for anew this often where their own time to live is not shorter. */
const DNS_REFRESH_MS = 30_000;

function providerCluster(provider: Provider, config: GatewayConfig, options: RenderOptions): Message {
  const limit_bytes = bufferLimit_bytes(config.limits);
  return any(CLUSTER_TYPE, {
    name: provider.name,
    ...resolution(provider.host),
    connect_timeout: duration(provider.connectTimeout_ms),
    per_connection_buffer_limit_bytes: limit_bytes,
    circuit_breakers: CIRCUIT_BREAKERS,
    outlier_detection: OUTLIER_DETECTION,
    load_assignment: loadAssignment(provider),
    ...(provider.secure ? { transport_socket: upstreamTls(provider, config.caFile) } : {}),
    typed_extension_protocol_options: {
      [HTTP_PROTOCOL_OPTIONS]: any(HTTP_PROTOCOL_OPTIONS, {
        ...protocol(provider, limit_bytes),
        common_http_protocol_options: { idle_timeout: duration(POOL_IDLE_MS) },
        http_filters: upstreamFilters(provider, options),
      }),
    },
  });
}

/**
 * STATIC for an IP address, else strict DNS: every address of the name is a host of its own, so that a broken one is left out. Logical DNS
 * (all addresses in a single endpoint), Envoy's advice for large services, allows that endpoint only, and `loadAssignment` needs a second.
 * V4_PREFERRED, as machines without IPv6 are common, and there AAAA records would be hosts that never answer.
 */
function resolution(host: string): Message {
  if (isIP(host) !== 0) return { type: "STATIC" };
  return {
    cluster_type: extension("envoy.cluster.dns", "envoy.extensions.clusters.dns.v3.DnsCluster", {
      dns_lookup_family: "V4_PREFERRED",
      dns_refresh_rate: duration(DNS_REFRESH_MS),
      respect_dns_ttl: true,
      all_addresses_in_single_endpoint: false,
    }),
  };
}

/** Nothing can listen on port 0, so a connection to it is refused at once, without leaving the machine. */
const REFUSING_ADDRESS = { address: "127.0.0.1", port_value: 0 };

/**
 * Envoy does not retry when a cluster has no host to offer (a name that DNS does not know, every host ejected): it answers 503 to the client
 * (`sendNoHealthyUpstreamResponse` in source/common/router/router.cc). A second priority that refuses every connection turns this into a
 * connect failure, which moves on to the next candidate. The overprovisioning factor makes one healthy host enough for all requests; with
 * Envoy's own, 1.4, some would go to the second priority as soon as a third of the hosts are ejected.
 */
function loadAssignment(provider: Provider): Message {
  return {
    cluster_name: provider.name,
    policy: { overprovisioning_factor: 10_000 },
    endpoints: [
      { priority: 0, lb_endpoints: [endpoint({ address: provider.host, port_value: provider.port }, provider.authority)] },
      { priority: 1, lb_endpoints: [endpoint(REFUSING_ADDRESS)] },
    ],
  };
}

/** @param hostname what requests to it have in their Host header */
function endpoint(socket_address: Message, hostname?: string): Message {
  return { endpoint: { address: { socket_address }, hostname } };
}

/**
 * A host that fails this often in a row is left out for a few seconds, so that requests go to the next candidate at once instead of after a
 * deadline each. Gateway failures are 502 to 504, a connection that fails or breaks (counted as 503) and a deadline that passes (504); any
 * answer of another status ends the row, and 500 tells of the request rather than of the host. Local-origin errors are not split off: a new
 * connection would end their row, and a provider that hangs accepts every connection.
 * The time is short, and grows little, as most providers are one host: a request that names the model has nowhere else to go.
 */
const OUTLIER_DETECTION = {
  consecutive_gateway_failure: 10,
  enforcing_consecutive_gateway_failure: 100,
  enforcing_consecutive_5xx: 0,
  enforcing_success_rate: 0,
  interval: "1s",
  base_ejection_time: "5s",
  max_ejection_time: "15s",
  // All but the refusing one. Were that ejected too, nothing but panic mode would be left, which is harmless: it tries the real hosts.
  max_ejection_percent: 99,
};

function upstreamTls({ host }: Provider, caFile: string | null): Message {
  const san_type = isIP(host) === 0 ? "DNS" : "IP_ADDRESS";
  return extension("envoy.transport_sockets.tls", "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
    // A server name can't be an IP address: RFC 6066, section 3.
    ...(isIP(host) === 0 ? { sni: host } : {}),
    common_tls_context: {
      tls_params: { tls_minimum_protocol_version: "TLSv1_2", tls_maximum_protocol_version: "TLSv1_3" },
      validation_context: {
        trusted_ca: { filename: caFile },
        match_typed_subject_alt_names: [{ san_type, matcher: { exact: host } }],
      },
    },
  });
}

/** Over TLS, whatever ALPN settles on, HTTP/2 first; in plain text HTTP/1.1, as there is nothing to settle it with. */
function protocol({ secure }: Provider, limit_bytes: number): Message {
  if (!secure) return { explicit_http_config: { http_protocol_options: {} } };
  return {
    auto_config: {
      http_protocol_options: {},
      http2_protocol_options: { ...http2Windows(limit_bytes), connection_keepalive: HTTP2_KEEPALIVE },
    },
  };
}

/** On HTTP/2, what a filter may buffer of a body is the stream's flow-control window, not the connection's buffer limit. */
export function http2Windows(limit_bytes: number): Message {
  return { initial_stream_window_size: limit_bytes, initial_connection_window_size: limit_bytes };
}

/** Translation first, then the credential or the signature over what was translated, so that the filter never sees it; the codec ends the chain. */
function upstreamFilters(provider: Provider, options: RenderOptions): Message[] {
  const hasKey = provider.accessKey !== null || (provider.credentials !== null && provider.credentials.type !== "aws");
  const credential = hasKey ? [credentialInjector(provider, options)] : [];
  if (provider.signing !== null) credential.push(requestSigning(provider, provider.signing, options.stateDir));
  return [providerFilter(provider, options.filterFile), ...credential, UPSTREAM_CODEC];
}

const UPSTREAM_CODEC = extension("envoy.filters.http.upstream_codec", "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec");

function credentialInjector(provider: Provider, options: RenderOptions): Message {
  return extension("envoy.filters.http.credential_injector", "envoy.extensions.filters.http.credential_injector.v3.CredentialInjector", {
    // The client's own header, or that of the attempt before, must never reach this provider.
    overwrite: true,
    credential: extension("envoy.http.injected_credentials.generic", "envoy.extensions.http.injected_credentials.generic.v3.Generic", {
      header: provider.auth.header,
      credential: { name: provider.name, sds_config: fileSource(`${options.stateDir}/${secretFile(provider.name)}`) },
    }),
  });
}

/** brightstaff as who estimates tokens: a provider like any other, which gets the client's request as it came. */
function tokenEstimatorCluster({ limits }: GatewayConfig, options: RenderOptions): Message {
  const protocolOptions = {
    common_http_protocol_options: { idle_timeout: duration(POOL_IDLE_MS), max_stream_duration: duration(ESTIMATE_MS_MAX) },
    http_filters: [providerFilter(null, options.filterFile), UPSTREAM_CODEC],
  };
  return brightstaffCluster(TOKEN_ESTIMATOR_CLUSTER, options, protocolOptions, bufferLimit_bytes(limits));
}

/** The route's own deadline is that of a whole answer of a model. */
const ESTIMATE_MS_MAX = 30_000;

function brightstaffCluster(name: string, { brightstaff }: RenderOptions, protocolOptions: Message = {}, limit_bytes?: number): Message {
  return any(CLUSTER_TYPE, {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    per_connection_buffer_limit_bytes: limit_bytes,
    circuit_breakers: CIRCUIT_BREAKERS,
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [endpoint({ address: brightstaff.host, port_value: brightstaff.port }, name)] }],
    },
    typed_extension_protocol_options: {
      [HTTP_PROTOCOL_OPTIONS]: any(HTTP_PROTOCOL_OPTIONS, {
        explicit_http_config: { http_protocol_options: {} },
        common_http_protocol_options: { idle_timeout: duration(POOL_IDLE_MS) },
        ...protocolOptions,
      }),
    },
  });
}
