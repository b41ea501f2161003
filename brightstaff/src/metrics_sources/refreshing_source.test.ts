import { afterEach, expect, test } from "vitest";
import { waitUntil } from "../../../test/e2e/wait_until.ts";
import type { RemoteMetricsSource } from "../config/gateway_config.ts";
import { RefreshingSource } from "./refreshing_source.ts";

const RETRY_MS = 20;
let source: RefreshingSource;
afterEach(() => source.stop());

/** A source whose `read` fails as often as it is told to, and when it was read, in milliseconds. */
function start(failures: number, refresh_ms: number): number[] {
  const read_ms: number[] = [];
  const config: RemoteMetricsSource = {
    type: "latency",
    provider: "prometheus",
    url: "http://127.0.0.1:1",
    query: "q",
    refresh_ms,
    timeout_ms: 1_000,
    aliases: new Map(),
  };
  const read = async () => {
    read_ms.push(performance.now());
    if (read_ms.length <= failures) throw new Error("not now");
    return { latencies: new Map() };
  };
  const feed = { type: "latency", provider: "prometheus", read } as const;
  source = new RefreshingSource(feed, config, { refreshed: () => {}, failed: () => {} }, RETRY_MS);
  source.start();
  return read_ms;
}

const waits = (times_ms: readonly number[]) => times_ms.slice(1).map((time, index) => time - (times_ms[index] ?? 0));

test("a failed refresh is tried again sooner than the interval, after longer and longer waits", async () => {
  const read_ms = start(4, 3_600_000);
  await waitUntil("it has been read", () => read_ms.length === 5);
  // Timers may be a millisecond early by this clock, and any time late.
  for (const [index, wait_ms] of waits(read_ms).entries()) expect(wait_ms).toBeGreaterThan(RETRY_MS * 2 ** index - 2);
  await new Promise((resolve) => setTimeout(resolve, 5 * RETRY_MS));
  expect(read_ms).toHaveLength(5);
});

test("but never less often than the interval", async () => {
  const read_ms = start(1_000, 30);
  await waitUntil("it has been read", () => read_ms.length === 8);
  expect((read_ms.at(-1) ?? 0) - (read_ms[0] ?? 0)).toBeLessThan(RETRY_MS * 2 ** 6);
});
