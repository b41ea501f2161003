import type { GatewayConfig } from "../config/gateway_config.ts";

/** Something that a client may put into `model`. */
export type ListedModel = { readonly id: string; readonly owner: string };

/** Everything that a client may put into `model` and that has a name: routers and their variants, models and aliases. What only a wildcard admits has none. */
export function listModels(config: GatewayConfig): readonly ListedModel[] {
  return [
    ...[...config.routers, ...config.variants].map(({ name }) => ({ id: `router:${name}`, owner: "gateway" })),
    ...config.models.map(({ id }, index) => ({ id, owner: ownerOf(config, index) })),
    ...config.aliases.map((id) => ({ id, owner: ownerOf(config, config.names.get(id) ?? -1) })),
  ];
}

/** What a client means by `id`: as it is listed, a further name of a model, or a model that a wildcard admits. */
export function findModel(config: GatewayConfig, id: string): ListedModel | undefined {
  const models = listModels(config);
  const listed = models.find((model) => model.id === id);
  if (listed !== undefined) return listed;
  const named = config.models[config.names.get(id) ?? -1];
  if (named !== undefined) return models.find((model) => model.id === named.id);
  const wildcard = config.wildcards.find(({ prefix }) => id.startsWith(prefix) && id.length > prefix.length);
  return wildcard === undefined ? undefined : { id, owner: config.providers[wildcard.provider]?.name ?? "" };
}

function ownerOf(config: GatewayConfig, index: number): string {
  return config.providers[config.models[index]?.provider ?? -1]?.name ?? "";
}
