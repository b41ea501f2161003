import { setTimeout as sleep } from "node:timers/promises";
import type { MetricsSourceConfig, MetricsType, RemoteMetricsSource } from "../config/gateway_config.ts";
import type { RankingData } from "../ranking/rank.ts";
import { getJson } from "./get_json.ts";
import type { Feed, MetricsSource, SourceKind, SourceListener } from "./source.ts";

/** A failed refresh is tried again sooner than the interval says, first after this, then after twice the time, and so on. */
const RETRY_MS_MIN = 5_000;

/** The kind of source that is read from elsewhere, again and again. */
export function refreshing(feed: Feed): SourceKind {
  return {
    type: feed.type,
    provider: feed.provider,
    create: (config, listener) => new RefreshingSource(feed, asRemote(config), listener),
  };
}

function asRemote(config: MetricsSourceConfig): RemoteMetricsSource {
  if (config.provider === "static" || config.provider === "gateway_traffic") throw new TypeError(`${config.provider} is read from nowhere`);
  return config;
}

export class RefreshingSource implements MetricsSource {
  readonly type: MetricsType;
  readonly provider: string;
  readonly #feed: Feed;
  readonly #config: RemoteMetricsSource;
  readonly #listener: SourceListener;
  readonly #retry_ms_min: number;
  readonly #stopped = new AbortController();
  #data: RankingData = { prices: new Map(), latencies: new Map() };
  #refreshedAt_ms: number | null = null;

  constructor(feed: Feed, config: RemoteMetricsSource, listener: SourceListener, retry_ms_min: number = RETRY_MS_MIN) {
    this.type = feed.type;
    this.provider = feed.provider;
    this.#feed = feed;
    this.#config = config;
    this.#listener = listener;
    this.#retry_ms_min = retry_ms_min;
  }

  get data(): RankingData {
    return this.#data;
  }

  start(): void {
    void this.#refreshForEver();
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #refreshForEver(): Promise<void> {
    const { signal } = this.#stopped;
    const { refresh_ms } = this.#config;
    let failures = 0;
    while (!signal.aborted) {
      failures = (await this.#refresh()) ? 0 : failures + 1;
      const wait_ms = failures === 0 ? refresh_ms : Math.min(refresh_ms, this.#retry_ms_min * 2 ** (failures - 1));
      await sleep(wait_ms, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #refresh(): Promise<boolean> {
    const timeout = AbortSignal.timeout(this.#config.timeout_ms);
    const signal = AbortSignal.any([timeout, this.#stopped.signal]);
    try {
      const read = await this.#feed.read(this.#config, (url) => getJson(url, signal));
      if (this.#stopped.signal.aborted) return true;
      this.#data = { prices: this.#byModel(read.prices), latencies: this.#byModel(read.latencies) };
      this.#refreshedAt_ms = Date.now();
      this.#listener.refreshed(this);
      return true;
    } catch (error) {
      if (this.#stopped.signal.aborted) return true;
      const reason = timeout.aborted ? `no answer within ${this.#config.timeout_ms} ms` : reasonOf(error);
      this.#listener.failed(this, reason, this.#refreshedAt_ms === null ? null : Date.now() - this.#refreshedAt_ms);
      return false;
    }
  }

  /** An alias wins over a name that happens to be that of one of our models. */
  #byModel<T>(read: ReadonlyMap<string, T> = new Map()): ReadonlyMap<string, T> {
    const values = new Map(read);
    for (const [name, model] of this.#config.aliases) {
      const value = read.get(name);
      if (value !== undefined) values.set(model, value);
    }
    return values;
  }
}

/** undici says "fetch failed" and has the system's reason as the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
