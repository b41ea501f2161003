import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitUntil } from "../../../test/e2e/wait_until.ts";
import type { SessionBinding } from "./binding.ts";
import type { SessionStore } from "./store.ts";

const TTL_MS = 60_000;
const SHORT_TTL_MS = 60;

export const newKey = (): string => randomBytes(16).toString("hex");

export const binding = (model: string, more: Partial<SessionBinding> = {}): SessionBinding => ({
  model,
  route: "code",
  said: "0123456789abcdef",
  lastUsed_ms: 1_764_000_000_000,
  firstModel: "a/first",
  baseline_usd: 0.25,
  switchSpend_usd: 0.0625,
  visits: [{ model, lastUsed_ms: 1_764_000_000_000, context_tokens: 1_500 }],
  ...more,
});

/** What every store is held to. */
export function describeStore(name: string, create: () => Promise<SessionStore>): void {
  describe(name, () => {
    let store: SessionStore;
    beforeAll(async () => {
      store = await create();
    });
    afterAll(() => store?.close());

    test("gives back what was put, and nothing for what was not", async () => {
      const key = newKey();
      expect(await store.get(key)).toBeNull();
      await store.put(key, binding("a/one"), TTL_MS);
      expect(await store.get(key)).toEqual(binding("a/one"));
      expect(await store.get(newKey())).toBeNull();
    });

    test("keeps names of any characters, and a conversation without a task", async () => {
      const key = newKey();
      const odd = binding('a/"quoted"\n模型🌍', { route: null, visits: [] });
      await store.put(key, odd, TTL_MS);
      expect(await store.get(key)).toEqual(odd);
    });

    test("keeps what was put last", async () => {
      const key = newKey();
      for (const model of ["a/one", "a/two", "a/three"]) await store.put(key, binding(model), TTL_MS);
      expect((await store.get(key))?.model).toBe("a/three");
    });

    test("forgets when the time is over, which begins anew with each put", async () => {
      const [once, kept] = [newKey(), newKey()];
      await store.put(once, binding("a/one"), SHORT_TTL_MS);
      await store.put(kept, binding("a/one"), SHORT_TTL_MS);
      await store.put(kept, binding("a/one"), TTL_MS);
      await waitUntil("it is forgotten", async () => (await store.get(once)) === null);
      await sleep(SHORT_TTL_MS);
      expect(await store.get(kept)).not.toBeNull();
    });

    test("keeps many at a time apart", async () => {
      const keys = Array.from({ length: 200 }, newKey);
      await Promise.all(keys.map((key, i) => store.put(key, binding(`a/${i}`), TTL_MS)));
      const found = await Promise.all(keys.map((key) => store.get(key)));
      expect(found.map((one) => one?.model)).toEqual(keys.map((_, i) => `a/${i}`));
    });
  });
}
