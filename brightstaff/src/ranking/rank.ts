import type { Preference, Price } from "../config/gateway_config.ts";

/** What models are ranked by, as it was when the decision began. */
export type RankingData = {
  /** By model id. */
  readonly prices: ReadonlyMap<string, Price>;
};

/**
 * The candidates in the order in which they are to be tried. Pure: no I/O and no clock, so that a decision can be replayed from its inputs.
 * Equal models, and those without data, keep their configured order; the latter come last but stay candidates.
 */
export function rank(models: readonly string[], prefer: Preference, data: RankingData): string[] {
  switch (prefer) {
    case "ranked":
    case "none":
      return [...models];
    case "cheapest":
      return byAscending(models, (model) => blendedPrice_usd_per_mtok(data.prices.get(model)));
  }
}

/** Input tokens counted for each output token: a chat request reads more than it writes. */
const INPUT_TOKENS_PER_OUTPUT_TOKEN = 3;

function blendedPrice_usd_per_mtok(price: Price | undefined): number | undefined {
  if (price === undefined) return undefined;
  return (INPUT_TOKENS_PER_OUTPUT_TOKEN * price.input_usd_per_mtok + price.output_usd_per_mtok) / (INPUT_TOKENS_PER_OUTPUT_TOKEN + 1);
}

function byAscending(models: readonly string[], measure: (model: string) => number | undefined): string[] {
  const measured = models.map((model) => ({ model, value: measure(model) ?? Number.POSITIVE_INFINITY }));
  // Infinity minus Infinity is no number, so equal values are told apart first; sort keeps their order.
  return measured.sort((a, b) => (a.value === b.value ? 0 : a.value - b.value)).map(({ model }) => model);
}
