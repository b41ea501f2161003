import type { SessionBinding } from "./binding.ts";

/**
 * Where bindings are kept, by the conversation's key: 32 hexadecimal digits that the filter hashes. Bounded: what was used longest ago may be
 * forgotten before its time. A store may fail; who asks goes on without.
 */
export interface SessionStore {
  /** null when there is none, or its time is over. */
  get(key: string): Promise<SessionBinding | null>;
  /** Kept for `ttl_ms` from now, in place of what was there. */
  put(key: string, binding: SessionBinding, ttl_ms: number): Promise<void>;
  close(): Promise<void>;
}
