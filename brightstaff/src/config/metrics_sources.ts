import { readDuration_ms } from "./durations.ts";
import type { GatewayTraffic, MetricsSourceConfig, Price, RemoteMetricsSource, TokenRates } from "./gateway_config.ts";
import type { Path } from "./mistakes.ts";
import type { ModelCatalog } from "./model_catalog.ts";
import type { Located } from "./older_forms.ts";
import type { RawMetricsSource, RawPrice, RawRates } from "./raw_config.ts";

/** Prices change now and then, latencies by the minute. Plano reads a source without refresh_interval once and never again. */
const REFRESH_MS = { cost: 3_600_000, latency: 60_000 };
const TIMEOUT_MS = 10_000;

/** Long enough for some measurements of a model that is asked now and then, short enough for the hour of the day. */
const HALF_LIFE = "10m";
const EXPLORE_EVERY_DECISIONS = 10;

/** The sources of the config, and the gateway's own traffic where nothing else tells latencies. */
export function readMetricsSources(sources: readonly Located<RawMetricsSource>[], catalog: ModelCatalog): MetricsSourceConfig[] {
  const types = new Set<string>();
  const configured = sources.flatMap(({ path, value }) => {
    if (value.type !== undefined && types.has(value.type)) {
      catalog.mistakes.push({ path, wrong: `is a second source of type ${value.type}`, expected: "one of each type" });
    }
    types.add(value.type ?? "");
    return readSource(value, path, catalog);
  });
  return types.has("latency") ? configured : [...configured, readTraffic({})];
}

function readSource(source: RawMetricsSource, path: Path, catalog: ModelCatalog): MetricsSourceConfig[] {
  const { type, provider } = source;
  if (type === undefined || provider === undefined) return [];
  if (provider === "static") return [{ type: "cost", provider, prices: readPrices(source, [...path, "prices"], catalog) }];
  if (provider === "gateway_traffic") return [readTraffic(source)];
  return [readRemote({ ...source, type, provider }, path, catalog)];
}

function readTraffic({ half_life = HALF_LIFE, explore_every = EXPLORE_EVERY_DECISIONS }: RawMetricsSource): GatewayTraffic {
  return { type: "latency", provider: "gateway_traffic", halfLife_ms: readDuration_ms(half_life), exploreEvery_decisions: explore_every };
}

type Named = RawMetricsSource & Pick<RemoteMetricsSource, "type" | "provider">;

function readRemote({ type, provider, ...source }: Named, path: Path, catalog: ModelCatalog): RemoteMetricsSource {
  const at = [...path, "url"];
  if (source.url !== undefined && !URL.canParse(source.url))
    catalog.mistakes.push({ path: at, wrong: `${JSON.stringify(source.url)} is no URL`, expected: 'one such as "http://prometheus:9090"' });
  else if (source.url !== undefined && (new URL(source.url).username !== "" || new URL(source.url).password !== ""))
    catalog.mistakes.push({ path: at, wrong: "holds a user name or password", expected: "a URL that can be read without" });
  return {
    type,
    provider,
    url: source.url ?? null,
    query: source.query ?? null,
    refresh_ms: source.refresh_interval === undefined ? REFRESH_MS[type] : source.refresh_interval * 1000,
    timeout_ms: source.timeout === undefined ? TIMEOUT_MS : readDuration_ms(source.timeout),
    aliases: readAliases(source, [...path, "model_aliases"], catalog),
  };
}

function readAliases({ model_aliases }: RawMetricsSource, path: Path, catalog: ModelCatalog): Map<string, string> {
  const aliases = new Map<string, string>();
  for (const [name, reference] of Object.entries(model_aliases ?? {})) {
    const id = catalog.resolve(reference, [...path, name])?.id;
    if (id === undefined) continue;
    if ([...aliases.values()].includes(id))
      catalog.mistakes.push({
        path: [...path, name],
        wrong: `is a second name for ${JSON.stringify(id)}`,
        expected: "one name for each model",
      });
    aliases.set(name, id);
  }
  return aliases;
}

function readPrices(source: RawMetricsSource, path: Path, catalog: ModelCatalog): Map<string, Price> {
  const prices = new Map<string, Price>();
  for (const [reference, price] of Object.entries(source.prices ?? {})) {
    const model = catalog.resolve(reference, [...path, reference]);
    const rates = readRates(price);
    if (model === undefined || rates === undefined) continue;
    if (prices.has(model.id))
      catalog.mistakes.push({
        path: [...path, reference],
        wrong: `is a second price of ${JSON.stringify(model.id)}`,
        expected: "one for each model",
      });
    prices.set(model.id, { ...rates, ...readLongContext(price) });
  }
  return prices;
}

function readRates(raw: RawRates): TokenRates | undefined {
  const { input_usd_per_mtok, output_usd_per_mtok } = raw;
  if (input_usd_per_mtok === undefined || output_usd_per_mtok === undefined) return undefined;
  return { input_usd_per_mtok, cachedInput_usd_per_mtok: raw.cached_input_usd_per_mtok ?? null, output_usd_per_mtok };
}

function readLongContext({ long_context: raw }: RawPrice): Pick<Price, "longContext"> {
  const rates = raw === undefined ? undefined : readRates(raw);
  return rates === undefined || raw?.above_tokens === undefined ? {} : { longContext: [{ above_tokens: raw.above_tokens, ...rates }] };
}
