import { createClient } from "@redis/client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { waitUntil } from "../../../test/e2e/wait_until.ts";
import { describeWithRedis, type Redis, startRedis } from "../../../test/redis/start_redis.ts";
import { readBinding } from "./binding.ts";
import { binding, describeStore, newKey } from "./conformance.ts";
import { MemoryStore } from "./memory_store.ts";
import { RedisStore } from "./redis_store.ts";
import { RedundantStore } from "./redundant_store.ts";
import type { SessionStore } from "./store.ts";

const TTL_MS = 60_000;
const PATIENCE_MS = 5_000;
const IMPATIENCE_MS = 50;

describeStore("the store in memory", async () => new MemoryStore({ entriesMax: 1_000 }));

test("the store in memory forgets what was used longest ago, by count and by bytes", async () => {
  const byCount = new MemoryStore({ entriesMax: 2 });
  const [first, second, third] = [newKey(), newKey(), newKey()] as const;
  await byCount.put(first, binding("a/1"), TTL_MS);
  await byCount.put(second, binding("a/2"), TTL_MS);
  await byCount.get(first);
  await byCount.put(third, binding("a/3"), TTL_MS);
  expect(await byCount.get(second)).toBeNull();
  expect(await byCount.get(first)).not.toBeNull();

  const byBytes = new MemoryStore({ entriesMax: 1_000, bytesMax: 2_000 });
  const keys = Array.from({ length: 10 }, newKey);
  for (const key of keys) await byBytes.put(key, binding("a/long".padEnd(300, "x")), TTL_MS);
  const kept = await Promise.all(keys.map((key) => byBytes.get(key)));
  expect(kept[9]).not.toBeNull();
  expect(kept.filter((one) => one !== null).length).toBeLessThan(4);
});

test.each([
  "",
  "{",
  "null",
  "5",
  "[]",
  "{}",
  JSON.stringify({ ...binding("a/b"), model: 5 }),
  JSON.stringify({ ...binding("a/b"), visits: [1] }),
])("what is no binding is read as none: %s", (text) => {
  expect(readBinding(text)).toBeNull();
});

describeWithRedis("with Redis", () => {
  let redis: Redis;
  const opened: SessionStore[] = [];
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.close());
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });

  /** Where the time is not what is tested, a busy machine may take its time. */
  async function openRedis(command_ms = PATIENCE_MS): Promise<RedisStore> {
    return new Promise((resolve) => {
      const store = new RedisStore({ url: redis.url, command_ms, onConnected: (isUp) => isUp && resolve(store) });
    });
  }

  type Redundant = { store: RedundantStore; failures: string[]; answers: () => number };
  async function openRedundant(command_ms = PATIENCE_MS): Promise<Redundant> {
    const failures: string[] = [];
    let answers = 0;
    const store = new RedundantStore(await openRedis(command_ms), new MemoryStore({ entriesMax: 100 }), {
      answered: () => answers++,
      failed: (operation, reason) => failures.push(`${operation}: ${reason}`),
    });
    opened.push(store);
    return { store, failures, answers: () => answers };
  }

  describeStore("the store in Redis", () => openRedis());
  describeStore("Redis with memory behind it", async () => {
    const { store } = await openRedundant();
    opened.splice(opened.indexOf(store), 1);
    return store;
  });

  test("what one writes, another reads", async () => {
    const [one, other] = [await openRedis(), await openRedis()];
    opened.push(one, other);
    const key = newKey();
    await one.put(key, binding("a/shared"), TTL_MS);
    expect((await other.get(key))?.model).toBe("a/shared");
  });

  test("what others wrote there is no binding", async () => {
    const store = await openRedis();
    opened.push(store);
    const client = await createClient({ url: redis.url }).connect();
    const key = newKey();
    await client.set(`plano:affinity:${key}`, "something else");
    client.destroy();
    expect(await store.get(key)).toBeNull();
  });

  test("while Redis is gone memory keeps, and when it is back the younger binding counts", async () => {
    const { store, failures } = await openRedundant();
    const key = newKey();
    await store.put(key, binding("a/before", { lastUsed_ms: 1 }), TTL_MS);
    await redis.kill();
    await waitUntil("the loss is noticed", async () => {
      await store.get(key);
      return failures.length > 0;
    });
    expect((await store.get(key))?.model).toBe("a/before");
    await store.put(key, binding("a/meanwhile", { lastUsed_ms: 2 }), TTL_MS);
    expect((await store.get(key))?.model).toBe("a/meanwhile");
    await redis.restart();
    const later = newKey();
    await waitUntil("Redis is in use again", async () => {
      await store.put(later, binding("a/later"), TTL_MS);
      const other = await openRedis();
      opened.push(other);
      return (await other.get(later)) !== null;
    });
    expect((await store.get(key))?.model).toBe("a/meanwhile");
  });

  test("a Redis that hangs is waited for some milliseconds, a few times, and then left alone", async () => {
    const { store, failures, answers } = await openRedundant(IMPATIENCE_MS);
    const key = newKey();
    await store.put(key, binding("a/kept"), TTL_MS);
    redis.freeze();
    try {
      const started = performance.now();
      expect((await store.get(key))?.model).toBe("a/kept");
      expect(performance.now() - started).toBeLessThan(1_000);
      for (let i = 0; i < 20; i++) expect((await store.get(key))?.model).toBe("a/kept");
      expect(failures).toContain(`get: no answer in ${IMPATIENCE_MS} ms`);
      expect(failures.length).toBeLessThan(10);
    } finally {
      redis.thaw();
    }
    const before = answers();
    await waitUntil("it is asked again", async () => {
      await store.get(key);
      return answers() > before;
    });
  });
});
