import { describe, expect, test } from "vitest";
import { OUTPUT_TOKENS } from "../ranking/expected_tokens.ts";
import { DecayedMean } from "./decayed_mean.ts";
import { ModelSpeeds } from "./model_speeds.ts";
import { answered, failed } from "./test_events.ts";

const HALF_LIFE_MS = 60_000;
const NOW_MS = 1_800_000_000_000;

describe("a decayed mean", () => {
  test("counts a sample half as much for each half-life that it is older", () => {
    const mean = new DecayedMean(HALF_LIFE_MS);
    expect(mean.value).toBeUndefined();
    mean.add(10, 0);
    mean.add(40, HALF_LIFE_MS);
    expect(mean.value).toBeCloseTo((10 * 0.5 + 40) / 1.5, 9);
    mean.add(0, 3 * HALF_LIFE_MS);
    expect(mean.value).toBeCloseTo((10 / 8 + 40 / 4) / (1 + 1 / 8 + 1 / 4), 9);
  });

  test("is the same in whatever order samples come", () => {
    const samples: [value: number, at_ms: number][] = [
      [5, 0],
      [7, 30_000],
      [100, 90_000],
      [1, 20_000],
    ];
    const means = [samples, samples.toReversed(), samples.toSorted(([a], [b]) => a - b)].map((ordered) => {
      const mean = new DecayedMean(HALF_LIFE_MS);
      for (const [value, at_ms] of ordered) mean.add(value, at_ms);
      return mean.value as number;
    });
    for (const mean of means) expect(mean).toBeCloseTo(means[0] as number, 9);
  });
});

describe("the speed of a model", () => {
  const at_ms = NOW_MS;
  const latency = (...events: Parameters<ModelSpeeds["add"]>[0][]) => {
    const speeds = new ModelSpeeds(HALF_LIFE_MS);
    for (const event of events) speeds.add(event);
    return speeds.latencies(NOW_MS).get("m");
  };

  test("is the time to its first token and those for all of an answer's", () => {
    const stream = answered("m", { firstToken_ms: 400, outputTokens: 11, duration_ms: 500, at_ms });
    expect(latency(stream)).toBeCloseTo(0.4 + OUTPUT_TOKENS * 0.01, 9);
  });

  test("of a stream that broke off or was left is known up to there", () => {
    const stream = answered("m", { firstToken_ms: 400, outputTokens: 11, duration_ms: 9_000, at_ms });
    expect(latency({ ...stream, end: "client_left" })).toBeCloseTo(0.4, 9);
    expect(latency({ ...stream, end: "broken" })).toBeCloseTo(0.4, 9);
  });

  test("of whole answers goes by their length", () => {
    expect(latency(answered("m", { outputTokens: 8, duration_ms: 300, at_ms }))).toBeCloseTo(0.3, 9);
    expect(latency(answered("m", { outputTokens: 100, duration_ms: 2_000, at_ms }))).toBeCloseTo(OUTPUT_TOKENS * 0.02, 9);
    const both = [
      answered("m", { outputTokens: 8, duration_ms: 300, at_ms }),
      answered("m", { outputTokens: 100, duration_ms: 2_300, at_ms }),
    ];
    expect(latency(...both)).toBeCloseTo(0.3 + OUTPUT_TOKENS * 0.02, 9);
    const { output_tokens: _, ...uncounted } = answered("m", { at_ms });
    expect(latency(uncounted)).toBeUndefined();
  });

  test("is not that of the request: what other attempts took is not its fault", () => {
    const event = answered("m", { firstToken_ms: 100, outputTokens: 1, at_ms });
    const attempts = [{ model: "slow", error: "connect-failure", duration_ms: 5_000 } as const, ...event.attempts];
    expect(latency({ ...event, attempts, first_token_ms: 5_100, duration_ms: 6_000 })).toBeCloseTo(0.1, 9);
  });

  test("is told by no failure but a deadline that has passed", () => {
    expect(
      latency(
        failed(
          [
            { model: "m", status: 500 },
            { model: "m", error: "reset" },
          ],
          at_ms,
        ),
      ),
    ).toBeUndefined();
    expect(latency({ ...failed([{ model: "m", status: 400 }], at_ms), answered_by: "m" })).toBeUndefined();
  });

  test("is forgotten when it is old", () => {
    const speeds = new ModelSpeeds(HALF_LIFE_MS);
    speeds.add(answered("m", { firstToken_ms: 1, at_ms }));
    expect(speeds.latencies(NOW_MS + 6 * HALF_LIFE_MS).has("m")).toBe(true);
    expect(speeds.latencies(NOW_MS + 6 * HALF_LIFE_MS + 1).has("m")).toBe(false);
    expect(speeds.measuredAt_ms("m")).toBe(NOW_MS);
    expect(speeds.measuredAt_ms("nobody")).toBe(Number.NEGATIVE_INFINITY);
  });

  test("is kept for a bounded number of models, those measured last", () => {
    const speeds = new ModelSpeeds(HALF_LIFE_MS);
    for (let i = 0; i < 3_000; i++) {
      speeds.add(answered(`any/${i}`, { firstToken_ms: 1, at_ms }));
      speeds.add(answered("any/kept", { firstToken_ms: 1, at_ms }));
    }
    const { size } = speeds.latencies(NOW_MS);
    expect(size).toBeLessThan(2_000);
    expect(speeds.latencies(NOW_MS).has("any/kept")).toBe(true);
    expect(speeds.latencies(NOW_MS).has("any/0")).toBe(false);
  });
});
