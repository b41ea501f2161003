import type { GatewayConfig, Provider } from "../config/gateway_config.ts";

/**
 * Where requests go, each with one credential in one header: the providers, in their order, and behind them one more for each of their
 * endpoints that takes its key elsewhere.
 */
export function upstreams({ providers }: GatewayConfig): readonly Provider[] {
  return [...providers, ...providers.flatMap(furtherUpstreams)];
}

/** The name of the one that an endpoint of a provider has for itself. The plus sign is in no provider's own name. */
export function furtherName(provider: Provider, format: string): string {
  return `${provider.name}+${format}`;
}

function furtherUpstreams(provider: Provider): Provider[] {
  return provider.native.flatMap(({ format, path, auth, drop, rename, models }) =>
    auth === null
      ? []
      : [
          {
            ...provider,
            name: furtherName(provider, format),
            format,
            path,
            auth,
            drop,
            rename,
            models,
            streamPath: null,
            native: [],
            add: [],
            messageDrop: [],
            messageRoles: [],
            toolIdLength: null,
          },
        ],
  );
}
