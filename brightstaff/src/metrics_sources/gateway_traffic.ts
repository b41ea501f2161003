import type { GatewayTraffic, MetricsSourceConfig } from "../config/gateway_config.ts";
import type { RankingData } from "../ranking/rank.ts";
import type { EventHub } from "../traffic/event_hub.ts";
import { Exploration } from "../traffic/exploration.ts";
import type { EventBatch } from "../traffic/gateway_event.ts";
import { ModelSpeeds } from "../traffic/model_speeds.ts";
import type { MetricsSource, SourceKind, SourceListener } from "./source.ts";

/** A model measured within this part of a half-life need not be explored. */
const RECENT_SHARE = 0.1;
/** How old what is read may be: measurements come in batches, once a second. */
const READ_MS_MAX = 1_000;

/** Latencies as the gateway's own requests find them: the seconds that an answer of usual length takes. */
export const gatewayTraffic: SourceKind = {
  type: "latency",
  provider: "gateway_traffic",
  create(config, listener, events) {
    return new GatewayTrafficSource(asTraffic(config), listener, events);
  },
};

function asTraffic(config: MetricsSourceConfig): GatewayTraffic {
  if (config.provider !== "gateway_traffic") throw new TypeError(`${config.provider} is not the gateway's own traffic`);
  return config;
}

class GatewayTrafficSource implements MetricsSource {
  readonly type = "latency";
  readonly provider = "gateway_traffic";
  readonly isLive = true;
  readonly #listener: SourceListener;
  readonly #events: EventHub;
  readonly #speeds: ModelSpeeds;
  readonly #exploration: Exploration;
  #unsubscribe: () => void = () => {};
  #data: RankingData = { prices: new Map(), latencies: new Map() };
  #readAt_ms = Number.NEGATIVE_INFINITY;

  constructor({ halfLife_ms, exploreEvery_decisions }: GatewayTraffic, listener: SourceListener, events: EventHub) {
    this.#listener = listener;
    this.#events = events;
    this.#speeds = new ModelSpeeds(halfLife_ms);
    this.#exploration = new Exploration(exploreEvery_decisions, RECENT_SHARE * halfLife_ms);
  }

  get data(): RankingData {
    const now_ms = Date.now();
    if (now_ms - this.#readAt_ms > READ_MS_MAX) this.#read(now_ms);
    return this.#data;
  }

  start(): void {
    this.#unsubscribe = this.#events.subscribe((batch) => this.#consume(batch));
  }

  stop(): void {
    this.#unsubscribe();
  }

  explore(route: string, models: readonly string[]): string | null {
    return this.#exploration.next(route, models, (model) => this.#speeds.measuredAt_ms(model), Date.now());
  }

  #consume({ events }: EventBatch): void {
    let hasMeasured = false;
    for (const event of events) hasMeasured = this.#speeds.add(event) || hasMeasured;
    if (!hasMeasured) return;
    this.#read(Date.now());
    this.#listener.refreshed(this);
  }

  #read(now_ms: number): void {
    this.#data = { prices: new Map(), latencies: this.#speeds.latencies(now_ms) };
    this.#readAt_ms = now_ms;
  }
}
