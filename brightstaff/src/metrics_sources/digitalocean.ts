import type { Price } from "../config/gateway_config.ts";
import type { GetJson } from "./get_json.ts";
import { refreshing } from "./refreshing_source.ts";
import { isAmount, isObject, UnreadableError } from "./source.ts";

/** Public, no key needed. The longest pages that it gives have 200 models. */
const CATALOG_URL = "https://api.digitalocean.com/v2/gen-ai/models/catalog?limit=200";
const PAGES_MAX = 50;

/**
 * DigitalOcean's catalog of models for inference: `{data: [{model_id, creator, pricing: {…}}], meta: {page, pages, total}}`, by `model_id`,
 * `digitalocean/model_id` and `creator/model_id` with the creator in lower case, as Plano documents it (docs/source/guides/llm_router.rst).
 */
export const digitalocean = refreshing({
  type: "cost",
  provider: "digitalocean",
  async read({ url }, getJson) {
    const prices = new Map<string, Price>();
    const catalogUrl = new URL(url ?? CATALOG_URL);
    let pages = 1;
    for (let page = 1; page <= pages; page += 1) pages = await readPage(catalogUrl, page, getJson, prices);
    if (prices.size === 0) throw new UnreadableError("no model of the catalog has a price");
    return { prices };
  },
});

/** Returns how many pages there are. */
async function readPage(catalogUrl: URL, page: number, getJson: GetJson, prices: Map<string, Price>): Promise<number> {
  const url = new URL(catalogUrl);
  // The first page is asked for as configured: an endpoint that only has the catalog's form need not know of pages.
  if (page > 1) url.searchParams.set("page", String(page));
  const body = await getJson(url);
  if (!isObject(body) || !Array.isArray(body.data)) throw new UnreadableError("the answer has no list of models in data");
  for (const model of body.data) readModel(model, prices);
  const pages = isObject(body.meta) ? Number(body.meta.pages) : 1;
  return Number.isInteger(pages) ? Math.min(pages, PAGES_MAX) : 1;
}

function readModel(model: unknown, prices: Map<string, Price>): void {
  if (!isObject(model) || typeof model.model_id !== "string" || !isObject(model.pricing)) return;
  const price = readPrice(model.pricing);
  if (price === undefined) return;
  const { model_id, creator } = model;
  prices.set(model_id, price);
  prices.set(`digitalocean/${model_id}`, price);
  if (typeof creator === "string") prices.set(`${creator.toLowerCase()}/${model_id}`, price);
}

/** Whatever the fields are called, the amounts are US dollars for one token: gpt-4o has an input_price_per_million of 0.0000025. */
const TOKENS_PER_MTOK = 1_000_000;

function readPrice(pricing: Readonly<Record<string, unknown>>): Price | undefined {
  const { input_price_per_million: input, output_price_per_million: output } = pricing;
  if (!isAmount(input) || !isAmount(output)) return undefined;
  // The catalog is on its way from one name to the other; models have either or both.
  const cachedInput = pricing.cache_read_input_price_per_million ?? pricing.input_cache_read;
  return {
    input_usd_per_mtok: input * TOKENS_PER_MTOK,
    cachedInput_usd_per_mtok: isAmount(cachedInput) ? cachedInput * TOKENS_PER_MTOK : null,
    output_usd_per_mtok: output * TOKENS_PER_MTOK,
  };
}
