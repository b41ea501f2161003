import { describe, expect, it } from "vitest";
import { pairedRatios, quantile, summarize } from "./statistics.ts";

describe("quantile", () => {
  it("takes the middle of an odd count, whatever the order", () => {
    expect(quantile([9, 1, 5], 0.5)).toBe(5);
  });

  it("lies between the two nearest values", () => {
    expect(quantile([10, 20], 0.5)).toBe(15);
    expect(quantile([0, 10, 20, 30, 40], 0.99)).toBeCloseTo(39.6);
  });

  it("reaches both ends", () => {
    expect([quantile([3, 1, 2], 0), quantile([3, 1, 2], 1)]).toEqual([1, 3]);
  });

  it("has no answer for no values", () => {
    expect(() => quantile([], 0.5)).toThrow("no values");
  });
});

it("summarizes by the median and the ends", () => {
  expect(summarize([4, 100, 2, 3])).toEqual({ median: 3.5, min: 2, max: 100 });
});

describe("pairedRatios", () => {
  it("compares each round with itself", () => {
    // The second round ran at half the speed, for both.
    expect(pairedRatios([12, 24], [10, 20])).toEqual([1.2, 1.2]);
  });

  it("leaves out rounds that are void on either side", () => {
    expect(pairedRatios([Number.NaN, 30, 40], [10, Number.NaN, 20])).toEqual([2]);
    expect(pairedRatios([1, 2], [1])).toEqual([1]);
  });
});
