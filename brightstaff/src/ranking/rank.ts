import type { Price, SelectionPolicy, TokenRates } from "../config/gateway_config.ts";

/** What models are ranked by, as it was when the decision began. */
export type RankingData = {
  /** By model id. */
  readonly prices: ReadonlyMap<string, Price>;
  /** By model id; the unit is the source's, the same for all models. Lower is faster. */
  readonly latencies: ReadonlyMap<string, number>;
};

/** The tokens that a request is expected to be billed for. */
export type ExpectedTokens = {
  /** All of the input, what comes from the prompt cache included. */
  readonly input_tokens: number;
  /** Its part that was sent with the turn before, too, and may come from the prompt cache. */
  readonly cachedInput_tokens: number;
  readonly output_tokens: number;
};

/** What there is at the moment besides data: the clock and the counters behind it are the caller's. */
export type Conditions = {
  /** Models that are tried last, as they have asked to be left alone or keep failing. */
  readonly cooling: ReadonlySet<string>;
  /** A model that is to be tried first so that it gets measured. */
  readonly explored: string | null;
};

const CALM: Conditions = { cooling: new Set(), explored: null };

type Measure = (model: string) => number | undefined;

/**
 * The candidates in the order in which they are to be tried. Pure: no I/O and no clock, so that a decision can be replayed from its inputs.
 * Equal models, and those without data, keep their configured order; the latter come last but stay candidates, and so do those in cooldown,
 * behind them.
 */
export function rank(
  models: readonly string[],
  policy: SelectionPolicy,
  data: RankingData,
  tokens: ExpectedTokens,
  { cooling, explored }: Conditions = CALM,
): string[] {
  const ordered = order(models, policy, data, tokens);
  if (explored !== null && models.includes(explored)) ordered.unshift(...ordered.splice(ordered.indexOf(explored), 1));
  return sink(ordered, cooling);
}

/** The models in their order, those in cooldown behind the others. */
export function sink(models: readonly string[], cooling: ReadonlySet<string>): string[] {
  if (cooling.size === 0) return [...models];
  return [...models.filter((model) => !cooling.has(model)), ...models.filter((model) => cooling.has(model))];
}

function order(models: readonly string[], policy: SelectionPolicy, data: RankingData, tokens: ExpectedTokens): string[] {
  const cost: Measure = (model) => expectedCost_usd(data.prices.get(model), tokens);
  const latency: Measure = (model) => data.latencies.get(model);
  switch (policy.prefer) {
    case "ranked":
    case "none":
      return [...models];
    case "cheapest":
      return byAscending(models, cost);
    case "fastest":
      return byAscending(models, latency);
    case "balanced": {
      const { weights = EQUAL_WEIGHTS } = policy;
      return byAscending(
        models,
        weighted(models, [
          [cost, weights.cost],
          [latency, weights.latency],
        ]),
      );
    }
  }
}

const EQUAL_WEIGHTS = { cost: 1, latency: 1 };
const TOKENS_PER_MTOK = 1_000_000;

/** What a request with so much input is billed by. */
export function ratesFor(price: Price, input_tokens: number): TokenRates {
  return price.longContext?.findLast(({ above_tokens }) => input_tokens > above_tokens) ?? price;
}

function expectedCost_usd(price: Price | undefined, tokens: ExpectedTokens): number | undefined {
  if (price === undefined) return undefined;
  const rates = ratesFor(price, tokens.input_tokens);
  const cachedInput_usd_per_mtok = rates.cachedInput_usd_per_mtok ?? rates.input_usd_per_mtok;
  const cost =
    (tokens.input_tokens - tokens.cachedInput_tokens) * rates.input_usd_per_mtok +
    tokens.cachedInput_tokens * cachedInput_usd_per_mtok +
    tokens.output_tokens * rates.output_usd_per_mtok;
  return cost / TOKENS_PER_MTOK;
}

/** What is free or instant would outweigh everything else; below this, differences no longer count. */
const MEASURED_MIN = 1e-6;

/**
 * The measures multiplied, each to the power of its weight: twice as dear is made up for by half the latency, whatever their units and
 * whoever the other candidates are. The logarithm of it, to be exact, which orders alike. A measure that nobody has, as before a source's
 * first answer, is left out.
 */
function weighted(models: readonly string[], measures: readonly (readonly [Measure, weight: number])[]): Measure {
  const known = measures.filter(([measure, weight]) => weight > 0 && models.some((model) => measure(model) !== undefined));
  if (known.length === 0) return () => undefined;
  return (model) => {
    let sum = 0;
    for (const [measure, weight] of known) {
      const value = measure(model);
      if (value === undefined) return undefined;
      sum += weight * Math.log(Math.max(value, MEASURED_MIN));
    }
    return sum;
  };
}

function byAscending(models: readonly string[], measure: Measure): string[] {
  const measured = models.map((model) => ({ model, value: measure(model) ?? Number.POSITIVE_INFINITY }));
  // Infinity minus Infinity is no number, so equal values are told apart first; sort keeps their order.
  return measured.sort((a, b) => (a.value === b.value ? 0 : a.value - b.value)).map(({ model }) => model);
}
