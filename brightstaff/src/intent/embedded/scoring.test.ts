import { describe, expect, it } from "vitest";
import { PARTS } from "./parts.ts";
import type { RouteTable } from "./route_table.ts";
import { choose, scoreTurns, type Turn } from "./scoring.ts";

const all = new Set(PARTS);
const average = Float32Array.of(0, 0, 1);
const table: RouteTable = {
  names: ["poems", "sums"],
  embeddings: [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)],
  shares: [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)],
  unserved: Float32Array.of(0, 0, 1),
  intents: null,
};
const turn = (concepts: number[], dependence = 0, embedding = average): Turn => ({
  embedding,
  concepts: Float32Array.from(concepts),
  intents: Float32Array.of(0, 0, 1),
  dependence,
});

describe("scoreTurns", () => {
  it("counts a concept for its route", () => {
    expect(scoreTurns(table, [turn([0.75, 0.25, 0])], average, all)).toEqual([0.75, 0.25]);
  });

  it("counts similarity to the description, less than half of it when the request is of a kind that no route is for", () => {
    const [similar] = scoreTurns(table, [turn([0, 0, 0], 0, Float32Array.of(1, 0, 0))], average, all);
    const [unserved] = scoreTurns(table, [turn([0, 0, 1], 0, Float32Array.of(1, 0, 0))], average, all);
    expect(similar).toBeGreaterThan(0);
    expect(unserved).toBeCloseTo((similar ?? 0) * 0.4);
  });

  it("ignores what came before when the last message stands on its own", () => {
    expect(scoreTurns(table, [turn([0, 1, 0]), turn([0.5, 0, 0])], average, all)).toEqual([0.5, 0]);
  });

  it("takes from the message before what the last leaves open", () => {
    expect(scoreTurns(table, [turn([0, 1, 0]), turn([0, 0, 0], 0.75)], average, all)).toEqual([0, 0.75]);
  });

  it("reaches back over several such messages", () => {
    expect(scoreTurns(table, [turn([1, 0, 0]), turn([0, 0, 0], 0.5), turn([0, 0, 0], 0.5)], average, all)).toEqual([0.25, 0]);
  });
});

describe("scoreTurns with routes that are for intents", () => {
  // "poems" is as broad as a concept, "sums" is for the first of two intents.
  const narrow: RouteTable = {
    ...table,
    shares: [Float32Array.of(1, 0, 0), Float32Array.of(0, 0, 0)],
    intents: { shares: [null, Float32Array.of(1, 0, 0)], served: Float32Array.of(1, 0, 0) },
  };
  const asked = (intents: number[], embedding = average): Turn => ({
    ...turn([1, 0, 0], 0, embedding),
    intents: Float32Array.from(intents),
  });

  it("counts the intent for its route, and takes as much from the broad ones", () => {
    expect(scoreTurns(narrow, [asked([0.75, 0, 0.25])], average, all)).toEqual([0.25, 0.75]);
  });

  it("does not count similarity when the request is of an intent that no route is for", () => {
    const similar = Float32Array.of(0, 1, 0);
    expect(scoreTurns(narrow, [asked([0, 1, 0], similar)], average, all)[1]).toBe(0);
    expect(scoreTurns(narrow, [asked([0, 0, 1], similar)], average, all)[1]).toBeGreaterThan(0.5);
  });
});

describe("choose", () => {
  it("takes the best route", () => {
    const { route, confidence } = choose(["poems", "sums"], [0.9, 0.1]);
    expect(route).toBe("poems");
    expect(confidence).toBeGreaterThan(0.85);
  });

  it("takes none when all are weak", () => {
    const { route, confidence } = choose(["poems", "sums"], [0.1, 0]);
    expect(route).toBeNull();
    expect(confidence).toBeGreaterThan(0.5);
  });

  it("is less sure of a close race", () => {
    expect(choose(["poems", "sums"], [0.8, 0.78]).confidence).toBeLessThan(choose(["poems", "sums"], [0.8, 0.2]).confidence);
  });
});
