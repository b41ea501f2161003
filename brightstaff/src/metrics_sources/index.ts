import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { MetricsSourceConfig } from "../config/gateway_config.ts";
import type { RankingData } from "../ranking/rank.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { EventHub } from "../traffic/event_hub.ts";
import { digitalocean } from "./digitalocean.ts";
import { gatewayTraffic } from "./gateway_traffic.ts";
import { modelsDev } from "./models_dev.ts";
import { prometheus } from "./prometheus.ts";
import type { MetricsSource, SourceKind, SourceListener } from "./source.ts";
import { staticTable } from "./static_table.ts";

const SOURCES: readonly SourceKind[] = [staticTable, digitalocean, modelsDev, prometheus, gatewayTraffic];

type Running = { readonly config: MetricsSourceConfig; readonly source: MetricsSource };

export type MetricsSourcesOptions = { readonly metrics: Metrics; readonly logger: Logger; readonly events: EventHub };

/** The sources of the config in use. What they know is there to be read at any time; how they fare is in the metrics and the log. */
export class MetricsSources {
  readonly #options: MetricsSourcesOptions;
  readonly #listener: SourceListener;
  #running: readonly Running[] = [];
  #models: readonly string[] = [];

  constructor(options: MetricsSourcesOptions) {
    this.#options = options;
    this.#listener = {
      refreshed: (source) => this.#refreshed(source),
      failed: (source, reason, age_ms) => this.#failed(source, reason, age_ms),
    };
  }

  /** What the sources know at the moment, for `rank()`. */
  get data(): RankingData {
    const { cost, latency } = Object.fromEntries(this.#running.map(({ source }) => [source.type, source.data]));
    return { prices: cost?.prices ?? new Map(), latencies: latency?.latencies ?? new Map() };
  }

  /** A model of a route that this decision should try first for the sake of measuring it; null for none. `models` are those fit for that. */
  explore(route: string, models: readonly string[]): string | null {
    const latency = this.#running.find(({ source }) => source.type === "latency")?.source;
    return latency?.explore?.(route, models) ?? null;
  }

  /** Takes up a config: sources that it leaves as they are keep what they know. `models` are the ids that are looked up. */
  use(configs: readonly MetricsSourceConfig[], models: readonly string[]): void {
    const before = this.#running;
    this.#models = models;
    this.#running = configs.map((config) => before.find((known) => isDeepStrictEqual(known.config, config)) ?? this.#create(config));
    for (const gone of before.filter((known) => !this.#running.includes(known))) this.#retire(gone);
    for (const started of this.#running.filter((known) => !before.includes(known))) started.source.start();
    for (const { source } of this.#running) this.#count(source);
  }

  close(): void {
    for (const { source } of this.#running) source.stop();
  }

  #create(config: MetricsSourceConfig): Running {
    const kind = SOURCES.find(({ provider }) => provider === config.provider);
    if (kind === undefined) throw new TypeError(`there is no source ${config.provider}`);
    return { config, source: kind.create(config, this.#listener, this.#options.events) };
  }

  #retire({ source }: Running): void {
    source.stop();
    const labels = labelsOf(source);
    this.#options.metrics.sourceRefreshedAt_seconds.remove(labels);
    this.#options.metrics.sourceModels.remove(labels);
  }

  #refreshed(source: MetricsSource): void {
    const { metrics, logger } = this.#options;
    const labels = labelsOf(source);
    metrics.sourceRefreshes.inc({ ...labels, result: "ok" });
    metrics.sourceRefreshedAt_seconds.set(labels, Date.now() / 1000);
    const models = this.#count(source);
    logger[source.isLive ? "debug" : "info"]({ source: labels, models, models_configured: this.#models.length }, "model metrics refreshed");
  }

  #failed(source: MetricsSource, reason: string, age_ms: number | null): void {
    const labels = labelsOf(source);
    this.#options.metrics.sourceRefreshes.inc({ ...labels, result: "failed" });
    const consequence = age_ms === null ? "nothing is known yet" : "the last values stay in use";
    this.#options.logger.warn({ source: labels, reason, age_ms }, `model metrics could not be refreshed: ${consequence}`);
  }

  /** How many of the configured models the source knows something about. */
  #count(source: MetricsSource): number {
    const { prices, latencies } = source.data;
    const known = this.#models.filter((model) => prices.has(model) || latencies.has(model)).length;
    this.#options.metrics.sourceModels.set(labelsOf(source), known);
    return known;
  }
}

function labelsOf({ type, provider }: MetricsSource): { type: string; provider: string } {
  return { type, provider };
}
