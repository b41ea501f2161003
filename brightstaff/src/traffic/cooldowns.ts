import type { GatewayConfig, Provider } from "../config/gateway_config.ts";
import type { AttemptEvent, EventBatch, GatewayEvent } from "./gateway_event.ts";

/** Of models behind a wildcard a client can name any number; the one heard of longest ago makes room. */
const MODELS_MAX = 1_024;
/** After a 429 that does not say when to come back. */
const RATE_LIMIT_MS = 10_000;
/** However long a provider asks for: a model is worth another look by then. */
const COOLDOWN_MS_MAX = 300_000;
/**
 * So many failures in a row are the provider's and not a request's. Envoy's outlier detection (OUTLIER_DETECTION in xds/clusters.ts) leaves a
 * host out for as long; the attempts on it are connect failures meanwhile, so it shows here, too, and without asking each Envoy.
 */
const FAILURES_IN_A_ROW = 3;
const FAILING_MS = 15_000;

const MS_PER_S = 1_000;
const NOBODY: ReadonlySet<string> = new Set();

/** What tells of a key and not of the model: where each client brings its own, one client's must not concern the others. */
const KEY_STATUSES = [401, 403, 429];

type State = { until_ms: number; failures: number };

/**
 * Models that should not be tried first for a while: those that asked for it with a 429 or a retry-after, and those that have failed several
 * times in a row.
 */
export class Cooldowns {
  readonly #config: () => GatewayConfig | null;
  readonly #now_ms: () => number;
  /** Heard of longest ago first. Only models that fail are in it. */
  readonly #states = new Map<string, State>();

  constructor(config: () => GatewayConfig | null, now_ms: () => number = Date.now) {
    this.#config = config;
    this.#now_ms = now_ms;
  }

  /** The models in cooldown at this moment. */
  get active(): ReadonlySet<string> {
    if (this.#states.size === 0) return NOBODY;
    const now_ms = this.#now_ms();
    const active = new Set<string>();
    for (const [model, { until_ms, failures }] of this.#states) {
      if (until_ms > now_ms) active.add(model);
      else if (failures === 0) this.#states.delete(model);
    }
    return active;
  }

  /** Subscribe this to the events. */
  consume({ events }: EventBatch): void {
    for (const event of events) this.#consume(event);
  }

  #consume(event: GatewayEvent): void {
    // Attempts follow each other at once, so each ended when it and those before it had taken their time.
    let at_ms = event.started_ms + (event.decision_ms ?? 0);
    for (const attempt of event.attempts) {
      at_ms += attempt.duration_ms;
      if (this.#concernsClientOnly(attempt)) continue;
      if (isFailure(attempt)) this.#fail(attempt, at_ms);
      else if (attempt.status === 429) this.#cool(attempt.model, at_ms, retryAfter_ms(attempt, at_ms) ?? RATE_LIMIT_MS);
      else if (attempt.status !== undefined) this.#recover(attempt.model);
    }
  }

  #concernsClientOnly({ model, status }: AttemptEvent): boolean {
    return status !== undefined && KEY_STATUSES.includes(status) && providerOf(model, this.#config())?.passthroughAuth === true;
  }

  #fail(attempt: AttemptEvent, at_ms: number): void {
    const failures = (this.#states.get(attempt.model)?.failures ?? 0) + 1;
    const asked_ms = retryAfter_ms(attempt, at_ms);
    const wait_ms = asked_ms ?? (failures >= FAILURES_IN_A_ROW ? FAILING_MS : 0);
    this.#cool(attempt.model, at_ms, wait_ms, failures);
  }

  #cool(model: string, at_ms: number, wait_ms: number, failures = this.#states.get(model)?.failures ?? 0): void {
    const until_ms = Math.max(at_ms + Math.min(wait_ms, COOLDOWN_MS_MAX), this.#states.get(model)?.until_ms ?? 0);
    this.#states.delete(model);
    this.#states.set(model, { until_ms, failures });
    if (this.#states.size > MODELS_MAX) this.#states.delete(this.#states.keys().next().value as string);
  }

  /** An answer ends a row of failures; what a provider asked for stays asked for. */
  #recover(model: string): void {
    const state = this.#states.get(model);
    if (state === undefined || state.failures === 0) return;
    this.#states.delete(model);
  }
}

function providerOf(id: string, config: GatewayConfig | null): Provider | undefined {
  const model = config?.models.find((known) => known.id === id) ?? config?.wildcards.find(({ prefix }) => id.startsWith(prefix));
  return model === undefined ? undefined : config?.providers[model.provider];
}

/** What moves a request on to its next candidate, but for a rate limit (`isRetriable` in the filter's provider.ts). */
function isFailure({ status, error }: AttemptEvent): boolean {
  return error !== undefined || (status !== undefined && (status >= 500 || FAILURE_STATUSES.includes(status)));
}

const FAILURE_STATUSES = [401, 403, 404, 408];

/** Seconds or a date: RFC 9110, section 10.2.3. undefined for neither. */
function retryAfter_ms({ retry_after: text }: AttemptEvent, at_ms: number): number | undefined {
  if (text === undefined) return undefined;
  const wait_ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * MS_PER_S : Date.parse(text) - at_ms;
  return Number.isNaN(wait_ms) ? undefined : Math.max(0, wait_ms);
}
