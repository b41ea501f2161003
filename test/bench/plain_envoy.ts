// The yardstick: an Envoy that does nothing but relay to the mock provider. Limits and timeouts are those of the gateway.

const BUFFER_BYTES_MAX = 50 * 1024 * 1024;
const CONCURRENT_MAX = 10_000;

const type = (name: string) => `type.googleapis.com/${name}`;

/** Envoy's bootstrap as an object; the admin socket is `admin.sock` in its working directory. */
export function plainBootstrap(mockPort: number): object {
  const manager = {
    "@type": type("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "plain",
    stream_idle_timeout: "0s",
    route_config: {
      name: "plain",
      virtual_hosts: [
        { name: "plain", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "provider", timeout: "0s" } }] },
      ],
    },
    http_filters: [
      { name: "envoy.filters.http.router", typed_config: { "@type": type("envoy.extensions.filters.http.router.v3.Router") } },
    ],
  };
  return {
    admin: { address: { pipe: { path: "./admin.sock" } } },
    static_resources: {
      listeners: [
        {
          name: "plain",
          per_connection_buffer_limit_bytes: BUFFER_BYTES_MAX,
          address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
          filter_chains: [{ filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] }],
        },
      ],
      clusters: [
        {
          name: "provider",
          type: "STATIC",
          connect_timeout: "5s",
          per_connection_buffer_limit_bytes: BUFFER_BYTES_MAX,
          circuit_breakers: {
            thresholds: [
              {
                max_connections: CONCURRENT_MAX,
                max_pending_requests: CONCURRENT_MAX,
                max_requests: CONCURRENT_MAX,
                max_retries: CONCURRENT_MAX,
              },
            ],
          },
          load_assignment: {
            cluster_name: "provider",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: mockPort } } } }] }],
          },
        },
      ],
    },
  };
}
