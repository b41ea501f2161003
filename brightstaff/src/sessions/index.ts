import type { Logger } from "pino";
import type { SessionSettings } from "../config/gateway_config.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { SessionBinding } from "./binding.ts";
import { MemoryStore } from "./memory_store.ts";
import { RedisStore } from "./redis_store.ts";
import { RedundantStore } from "./redundant_store.ts";
import type { SessionStore } from "./store.ts";

export type SessionsOptions = { readonly metrics: Metrics; readonly logger: Logger };

/** The conversations that are remembered. Never rejects: what can't be remembered is routed as if it were new. */
export class Sessions {
  readonly settings: SessionSettings;
  readonly #store: SessionStore;

  constructor(settings: SessionSettings, options: SessionsOptions) {
    this.settings = settings;
    this.#store = createStore(settings, options);
  }

  /** How long the filter may answer for this conversation by itself. Half of the time: then a conversation in use is seen before it is over. */
  get pin_ms(): number {
    return this.settings.ttl_ms / 2;
  }

  recall(key: string): Promise<SessionBinding | null> {
    return this.#store.get(key);
  }

  /** Not waited for: the next turn comes after an answer, which takes longer. */
  remember(key: string, binding: SessionBinding): void {
    void this.#store.put(key, binding, this.settings.ttl_ms);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

function createStore({ store, entriesMax }: SessionSettings, { metrics, logger }: SessionsOptions): SessionStore {
  const own = new MemoryStore({ entriesMax });
  if (store.type === "memory") return own;
  let wasUp: boolean | null = null;
  const mark = (isUp: boolean, reason: string | null) => {
    metrics.sessionStoreUp.set(isUp ? 1 : 0);
    if (isUp === wasUp) return;
    wasUp = isUp;
    if (isUp) logger.info("Redis keeps the sessions");
    else logger.warn({ reason }, "Redis can't be used: sessions are kept in memory until it can");
  };
  const shared = new RedisStore({ url: store.url, onConnected: mark });
  return new RedundantStore(shared, own, {
    answered: () => mark(true, null),
    failed: (operation, reason) => {
      metrics.sessionStoreErrors.inc({ operation });
      mark(false, reason);
    },
  });
}
