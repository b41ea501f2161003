import type { GatewayConfig } from "../config/gateway_config.ts";

/** OpenAI's form of a list of models: https://platform.openai.com/docs/api-reference/models/list. */
export type ModelList = {
  readonly object: "list";
  readonly data: readonly { readonly id: string; readonly object: "model"; readonly created: number; readonly owned_by: string }[];
};

/** Everything that a client may put into `model` and that has a name: models, aliases, and routers. What only a wildcard admits has none. */
export function listModels(config: GatewayConfig): ModelList {
  const ownerOf = (index: number) => config.providers[config.models[index]?.provider ?? -1]?.name ?? "";
  const entry = (id: string, owned_by: string) => ({ id, object: "model" as const, created: config.changed_s, owned_by });
  return {
    object: "list",
    data: [
      ...config.routers.map(({ name }) => entry(`router:${name}`, "gateway")),
      ...config.models.map(({ id }, index) => entry(id, ownerOf(index))),
      ...config.aliases.map((alias) => entry(alias, ownerOf(config.names.get(alias) ?? -1))),
    ],
  };
}
