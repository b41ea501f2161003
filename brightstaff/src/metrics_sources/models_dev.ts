import type { LongContextRates, Price, TokenRates } from "../config/gateway_config.ts";
import { refreshing } from "./refreshing_source.ts";
import { isAmount, isObject, UnreadableError } from "./source.ts";

const CATALOG_URL = "https://models.dev/api.json";

/**
 * The open catalog of models: `{<provider>: {models: {<model>: {cost: {input, output, cache_read}}}}}` in US dollars per million tokens
 * (https://models.dev), by `provider/model`. The bare name of a model is none of its keys: several providers serve the same model at
 * different prices.
 */
export const modelsDev = refreshing({
  type: "cost",
  provider: "models.dev",
  async read({ url }, getJson) {
    const body = await getJson(new URL(url ?? CATALOG_URL));
    if (!isObject(body)) throw new UnreadableError("the answer is no mapping of providers");
    const prices = new Map<string, Price>();
    for (const [provider, entry] of Object.entries(body)) {
      const models = isObject(entry) && isObject(entry.models) ? entry.models : {};
      for (const [model, { cost }] of Object.entries(models).filter(hasCost)) {
        const price = readPrice(cost);
        if (price !== undefined) prices.set(`${provider}/${model}`, price);
      }
    }
    if (prices.size === 0) throw new UnreadableError("no model of the catalog has a price");
    return { prices };
  },
});

type Cost = Readonly<Record<string, unknown>>;

/** Models that are not billed by tokens have none. */
function hasCost(entry: [string, unknown]): entry is [string, { readonly cost: Cost }] {
  return isObject(entry[1]) && isObject(entry[1].cost);
}

function readPrice(cost: Cost): Price | undefined {
  const rates = readRates(cost);
  const longContext = readLongContext(cost);
  return rates === undefined || longContext.length === 0 ? rates : { ...rates, longContext };
}

function readRates({ input, output, cache_read: cachedInput }: Cost): TokenRates | undefined {
  if (!isAmount(input) || !isAmount(output)) return undefined;
  return {
    input_usd_per_mtok: input,
    cachedInput_usd_per_mtok: isAmount(cachedInput) ? cachedInput : null,
    output_usd_per_mtok: output,
  };
}

/** What the older key says of, which `tiers` says anew. */
const OLDER_SIZE_TOKENS = 200_000;

/** `tiers: [{tier: {type: "context", size}, input, output, …}]`, or `context_over_200k: {input, output, …}` where there are none. */
function readLongContext({ tiers, context_over_200k: older }: Cost): LongContextRates[] {
  const sized: readonly (readonly [size: unknown, rates: unknown])[] = Array.isArray(tiers)
    ? tiers.map((tier) => [isObject(tier) && isObject(tier.tier) && tier.tier.type === "context" ? tier.tier.size : undefined, tier])
    : [[OLDER_SIZE_TOKENS, older]];
  return sized
    .flatMap(([size, cost]) => {
      const rates = isObject(cost) && isAmount(size) ? readRates(cost) : undefined;
      return rates === undefined ? [] : [{ above_tokens: size as number, ...rates }];
    })
    .toSorted((a, b) => a.above_tokens - b.above_tokens);
}
