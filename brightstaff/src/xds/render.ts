import type { GatewayConfig } from "../config/gateway_config.ts";
import { clusters } from "./clusters.ts";
import { gatewayFilter } from "./gateway_filter.ts";
import { listener, listenerCertificate } from "./listener.ts";
import { LISTENER_CERTIFICATE, type RenderOptions } from "./options.ts";
import { any, type Message } from "./protobuf.ts";
import { routeConfiguration } from "./routes.ts";

/** All that Envoy is told, as its resources. */
export type Resources = {
  /** By the name of their file. They alone hold keys. */
  readonly secrets: ReadonlyMap<string, Message>;
  readonly clusters: readonly Message[];
  readonly gatewayFilter: Message;
  readonly routes: Message;
  readonly listener: Message;
};

/** Pure: the same config and options give the same resources. */
export function render(config: GatewayConfig, options: RenderOptions): Resources {
  const secrets = new Map<string, Message>();
  for (const { name, accessKey, auth } of config.providers) {
    if (accessKey !== null) secrets.set(name, genericSecret(name, auth.prefix + accessKey));
  }
  if (config.listener.tls !== null) secrets.set(LISTENER_CERTIFICATE, listenerCertificate(config.listener.tls));
  return {
    secrets,
    clusters: clusters(config, options),
    gatewayFilter: gatewayFilter(config, options),
    routes: routeConfiguration(config),
    listener: listener(config, options),
  };
}

function genericSecret(name: string, inline_string: string): Message {
  return any("envoy.extensions.transport_sockets.tls.v3.Secret", { name, generic_secret: { secret: { inline_string } } });
}
