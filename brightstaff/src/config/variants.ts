import type { GatewayConfig, Router, SelectionPolicy } from "./gateway_config.ts";

/** By what follows a router's name and a colon: how all its tasks then choose among their models. */
export const VARIANTS = { optimal: "ranked", cheapest: "cheapest", fastest: "fastest" } as const satisfies Record<
  string,
  SelectionPolicy["prefer"]
>;

export type Variant = keyof typeof VARIANTS;

/** Whether a preference means nothing without prices. Latencies are always known: the gateway's own traffic tells them where nothing else does. */
export function needsPrices(prefer: SelectionPolicy["prefer"]): boolean {
  return prefer === "cheapest" || prefer === "balanced";
}

/** Those for which there is a source of what they go by: without one, a name would promise what it can't keep. */
export function servedVariants(hasPrices: boolean): Variant[] {
  return (Object.keys(VARIANTS) as Variant[]).filter((variant) => hasPrices || !needsPrices(VARIANTS[variant]));
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
