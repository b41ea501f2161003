import type { MetricsSourceConfig, MetricsType, RemoteMetricsSource } from "../config/gateway_config.ts";
import type { RankingData } from "../ranking/rank.ts";
import type { EventHub } from "../traffic/event_hub.ts";
import type { GetJson } from "./get_json.ts";

/** A source keeps what it last learnt about models; asking it never waits. */
export interface MetricsSource {
  readonly type: MetricsType;
  readonly provider: string;
  /** By model id, or by the source's own name of a model where `model_aliases` has none. Empty until something is known. */
  readonly data: RankingData;
  /** Begins to keep `data` up to date in the background. */
  start(): void;
  /** Ends that; `data` stays. */
  stop(): void;
  /** Of a source that learns by requests alone: a model of a route that this decision should try first, to be measured; null for none. */
  explore?(route: string, models: readonly string[]): string | null;
  /** Whether it is refreshed by the second, which is too often for a log. */
  readonly isLive?: boolean;
}

/** What a source tells while it runs, for metrics and logs. */
export type SourceListener = {
  refreshed(source: MetricsSource): void;
  /** `reason` is fit for a log. `age_ms` is that of the values that stay in use, null when there are none. */
  failed(source: MetricsSource, reason: string, age_ms: number | null): void;
};

/** One kind of source as it is registered: `provider` is what the config names it by, `events` what came of the gateway's requests. */
export type SourceKind = {
  readonly type: MetricsType;
  readonly provider: MetricsSourceConfig["provider"];
  create(config: MetricsSourceConfig, listener: SourceListener, events: EventHub): MetricsSource;
};

/** How one remote source is read; all the rest, from the loop to the aliases, they have in common. */
export type Feed = {
  readonly type: MetricsType;
  readonly provider: RemoteMetricsSource["provider"];
  /** Reads everything once, by the source's own names. Throws an UnreadableError, or what `getJson` throws, when it can't. */
  read(config: RemoteMetricsSource, getJson: GetJson): Promise<Partial<RankingData>>;
};

/** The answer is not what the source is documented to give. */
export class UnreadableError extends Error {}

/** What isn't a price that can be reckoned with is none at all: a model that costs "null" must not come out cheapest. */
export function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
