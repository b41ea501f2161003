import { CircuitBreaker } from "../circuit_breaker.ts";
import type { SessionBinding } from "./binding.ts";
import type { SessionStore } from "./store.ts";

/** What is told of the store that others share. */
export type SharedStoreListener = {
  readonly answered: () => void;
  readonly failed: (operation: "get" | "put", reason: string) => void;
};

/**
 * A shared store with one in memory behind it: whatever happens to the shared one, no request fails or waits for it more than once. While it
 * is out, conversations are remembered here alone; afterwards the younger of the two bindings counts.
 */
export class RedundantStore implements SessionStore {
  readonly #shared: SessionStore;
  readonly #own: SessionStore;
  readonly #listener: SharedStoreListener;
  readonly #breaker = new CircuitBreaker(() => performance.now());

  constructor(shared: SessionStore, own: SessionStore, listener: SharedStoreListener) {
    this.#shared = shared;
    this.#own = own;
    this.#listener = listener;
  }

  async get(key: string): Promise<SessionBinding | null> {
    const [shared, own] = await Promise.all([this.#ask("get", () => this.#shared.get(key), null), this.#own.get(key)]);
    if (shared === null || own === null) return shared ?? own;
    return own.lastUsed_ms > shared.lastUsed_ms ? own : shared;
  }

  async put(key: string, binding: SessionBinding, ttl_ms: number): Promise<void> {
    await Promise.all([this.#own.put(key, binding, ttl_ms), this.#ask("put", () => this.#shared.put(key, binding, ttl_ms), undefined)]);
  }

  async close(): Promise<void> {
    await this.#shared.close();
    await this.#own.close();
  }

  async #ask<T>(operation: "get" | "put", call: () => Promise<T>, otherwise: T): Promise<T> {
    if (this.#breaker.permit() === "leave") return otherwise;
    try {
      const answer = await call();
      this.#breaker.succeeded();
      this.#listener.answered();
      return answer;
    } catch (error) {
      this.#breaker.failed();
      this.#listener.failed(operation, (error as Error).message);
      return otherwise;
    }
  }
}
