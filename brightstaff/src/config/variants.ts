import type { GatewayConfig, MetricsType, Router, SelectionPolicy } from "./gateway_config.ts";

/** By what follows a router's name and a colon: how all its tasks then choose among their models. */
export const VARIANTS = { optimal: "ranked", cheapest: "cheapest", fastest: "fastest" } as const satisfies Record<
  string,
  SelectionPolicy["prefer"]
>;

export type Variant = keyof typeof VARIANTS;

/** What must be known of models for a preference to mean anything. */
export const NEEDED_METRICS: Readonly<Record<SelectionPolicy["prefer"], readonly MetricsType[]>> = {
  ranked: [],
  none: [],
  cheapest: ["cost"],
  fastest: ["latency"],
  balanced: ["cost", "latency"],
};

/** Those for which there is a source of what they go by: without one, a name would promise what it can't keep. */
export function servedVariants(metrics: ReadonlySet<MetricsType | undefined>): Variant[] {
  return (Object.keys(VARIANTS) as Variant[]).filter((variant) => NEEDED_METRICS[VARIANTS[variant]].every((type) => metrics.has(type)));
}

export function variantName(router: string, variant: Variant): string {
  return `${router}:${variant}`;
}

/** The router once more for each variant. No configured name holds a colon, so none is taken twice. */
export function variantsOf(router: Router, served: readonly Variant[]): Router[] {
  return served.map((variant) => ({
    ...router,
    name: variantName(router.name, variant),
    tasks: router.tasks.map(({ name, description, models }) => ({ name, description, models, prefer: VARIANTS[variant] })),
  }));
}

/** The router, or the variant of one, that clients ask for as `router:<name>`. */
export function findRouter({ routers, variants }: GatewayConfig, name: string): Router | undefined {
  const isIt = (router: Router) => router.name === name;
  return routers.find(isIt) ?? variants.find(isIt);
}
