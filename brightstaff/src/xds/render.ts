import type { GatewayConfig, Provider } from "../config/gateway_config.ts";
import { credentialsFile } from "../credentials/aws.ts";
import { clusters } from "./clusters.ts";
import { gatewayFilter } from "./gateway_filter.ts";
import { listener, listenerCertificate, routingListener } from "./listener.ts";
import { LISTENER_CERTIFICATE, type RenderOptions } from "./options.ts";
import { any, type Message } from "./protobuf.ts";
import { routeConfiguration } from "./routes.ts";
import { upstreams } from "./upstreams.ts";

/** All that Envoy is told, as its resources. */
export type Resources = {
  /** By the name of their file. They alone hold keys. */
  readonly secrets: ReadonlyMap<string, Message>;
  /** Likewise: AWS keys as the files that Envoy signs with. */
  readonly awsCredentials: ReadonlyMap<string, string>;
  readonly clusters: readonly Message[];
  readonly gatewayFilter: Message;
  readonly routes: Message;
  readonly listener: Message;
  /** For brightstaff's own requests to a model that routes; null when there is none. */
  readonly routingListener: Message | null;
};

/** Tokens of credentials that expire, by the name of their provider. */
export type Tokens = ReadonlyMap<string, string>;

/** Pure: the same config, options and tokens give the same resources. */
export function render(config: GatewayConfig, options: RenderOptions, tokens: Tokens = new Map()): Resources {
  const secrets = new Map<string, Message>();
  const awsCredentials = new Map<string, string>();
  for (const provider of upstreams(config)) {
    if (provider.accessKey !== null) secrets.set(provider.name, keySecret(provider, provider.accessKey));
    else if (provider.credentials?.type === "aws") awsCredentials.set(provider.name, credentialsFile(tokens.get(provider.name) ?? null));
    else if (provider.credentials !== null) secrets.set(provider.name, tokenSecret(provider, tokens.get(provider.name) ?? null));
  }
  if (config.listener.tls !== null) secrets.set(LISTENER_CERTIFICATE, listenerCertificate(config.listener.tls));
  return {
    secrets,
    awsCredentials,
    clusters: clusters(config, options),
    gatewayFilter: gatewayFilter(config, options),
    routes: routeConfiguration(config),
    listener: listener(config, options),
    routingListener: config.routingModel !== null && config.routingModel.baseUrl === null ? routingListener(config, options) : null,
  };
}

/**
 * What stands for a token while there is none. The provider answers it with a 401, and that moves on to the next candidate; with an empty
 * secret Envoy itself would answer the client, or let the client's own key through.
 */
const NO_TOKEN = "no-token";

/** The secret with a provider's token, null for none. */
export function tokenSecret(provider: Provider, token: string | null): Message {
  return keySecret(provider, token ?? NO_TOKEN);
}

function keySecret({ name, auth }: Provider, key: string): Message {
  return genericSecret(name, auth.prefix + key);
}

function genericSecret(name: string, inline_string: string): Message {
  return any("envoy.extensions.transport_sockets.tls.v3.Secret", { name, generic_secret: { secret: { inline_string } } });
}
