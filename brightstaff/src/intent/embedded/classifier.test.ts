import { describe, expect, it } from "vitest";
import { classify, type Example, train } from "./classifier.ts";

const DIMENSIONS = 8;

/** Around one axis for each label, with a deterministic disturbance. */
function createExamples(counts: readonly number[]): Example[] {
  return counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, index) => {
      const embedding = Float32Array.from({ length: DIMENSIONS }, (_, axis) => 0.3 * Math.sin(index * 7 + axis * 3 + label));
      embedding[label] = (embedding[label] ?? 0) + 1;
      return { embedding, label };
    }),
  );
}

const largest = (values: Float32Array): number => values.indexOf(Math.max(...values));

describe("train", () => {
  it("tells the classes of its examples apart", () => {
    const examples = createExamples([20, 20, 20, 20]);
    const weights = train(examples, 4);
    expect(examples.filter(({ embedding, label }) => largest(classify(weights, embedding)) !== label)).toEqual([]);
  });

  it("gives probabilities", () => {
    const probabilities = classify(train(createExamples([5, 5, 5]), 3), new Float32Array(DIMENSIONS));
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    expect(probabilities.every((value) => value > 0 && value < 1)).toBe(true);
  });

  it("gives the same weights for the same examples", () => {
    expect(train(createExamples([9, 4]), 2).values).toEqual(train(createExamples([9, 4]), 2).values);
  });

  it("does not drown a small class in a large one", () => {
    const examples = createExamples([200, 6]);
    const weights = train(examples, 2);
    expect(examples.slice(200).every(({ embedding }) => largest(classify(weights, embedding)) === 1)).toBe(true);
  });
});
