import { LRUCache } from "lru-cache";
import type { SessionBinding } from "./binding.ts";
import type { SessionStore } from "./store.ts";

/** Of all bindings together: some 10,000 of the usual size take 4 MB. */
const BYTES_MAX = 32 * 1024 * 1024;
/** An entry's own, beside its names: the key, the numbers, and what the cache itself needs for it. */
const ENTRY_BYTES = 320;
const VISIT_BYTES = 64;

export type MemoryStoreOptions = { readonly entriesMax: number; readonly bytesMax?: number };

/** Bindings in this process: gone when it ends, unknown to others. */
export class MemoryStore implements SessionStore {
  readonly #bindings: LRUCache<string, SessionBinding>;

  constructor({ entriesMax, bytesMax = BYTES_MAX }: MemoryStoreOptions) {
    this.#bindings = new LRUCache({ max: entriesMax, maxSize: bytesMax, sizeCalculation: sizeOf_bytes });
  }

  async get(key: string): Promise<SessionBinding | null> {
    return this.#bindings.get(key) ?? null;
  }

  async put(key: string, binding: SessionBinding, ttl_ms: number): Promise<void> {
    this.#bindings.set(key, binding, { ttl: ttl_ms });
  }

  async close(): Promise<void> {
    this.#bindings.clear();
  }
}

function sizeOf_bytes({ model, firstModel, route, visits }: SessionBinding): number {
  const names = model.length + firstModel.length + (route?.length ?? 0);
  return visits.reduce((sum, visit) => sum + VISIT_BYTES + visit.model.length, ENTRY_BYTES + names);
}
