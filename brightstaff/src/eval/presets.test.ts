import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createResolver, defaultModelDir, type Resolver } from "../intent/index.ts";
import { OTHER } from "./dataset.ts";
import { accuracy, evaluate } from "./evaluate.ts";
import { readLabelledPresets } from "./presets.ts";

/** What is reached, less a prompt or two: the model gives other machines the same embeddings but for rounding. */
const ACCURACY_MIN: Record<string, number> = { "software-engineering": 0.85, general: 0.88, writing: 0.9, "knowledge-base": 0.88 };

const presets = await readLabelledPresets();

let resolver: Resolver;
beforeAll(async () => {
  resolver = createResolver({ kind: "embedded", modelDir: defaultModelDir() });
  await resolver.ready();
});
afterAll(() => resolver.close());

describe.each(presets)("$id", ({ id, tasks, items }) => {
  it("has prompts for each of its tasks and for none", () => {
    expect(items.length).toBeGreaterThanOrEqual(40);
    expect(new Set(items.map(({ expected }) => expected))).toEqual(new Set([...tasks.map(({ name }) => name), OTHER]));
  });

  it("routes them", async () => {
    expect(accuracy(await evaluate(resolver, items))).toBeGreaterThanOrEqual(ACCURACY_MIN[id] ?? 1);
  });
});
