import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Resolver } from "../intent/resolver.ts";
import { readDataset } from "./dataset.ts";
import { accuracy, conversationAccuracy, evaluate, percentile } from "./evaluate.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "dataset-"));
});
afterEach(() => rm(folder, { recursive: true }));

const routes = [{ name: "code", description: "writing code" }];
const line = (changes: object = {}): string =>
  JSON.stringify({ id: "a", messages: [{ role: "user", content: "code" }], routes, expected: "code", ...changes });

async function read(...lines: string[]) {
  const file = path.join(folder, "data.jsonl");
  await writeFile(file, lines.join("\n"));
  return readDataset(file);
}

/** Takes the last message for the route's name. */
const echo: Resolver = {
  id: "echo",
  isRepeatable: true,
  ready: async () => {},
  resolve: async (conversation) => ({ route: conversation.at(-1)?.content === "code" ? "code" : null, confidence: null, resolver: "echo" }),
  prepare: async () => {},
  close: async () => {},
};

describe("readDataset", () => {
  it("skips empty lines", async () => {
    expect(await read(line(), "", line({ id: "b" }), "")).toHaveLength(2);
  });

  it.each([
    ["{", "data.jsonl:2: not JSON"],
    [line({ messages: "hi" }), "data.jsonl:2: messages: an array is expected"],
    [line({ expected: undefined }), 'data.jsonl:2: expected: a route\'s name or "other" is expected'],
    [line({ expected: "poems" }), "data.jsonl:2: expected: no route is named poems"],
  ])("names the line of a mistake: %s", async (wrong, message) => {
    await expect(read(line(), wrong)).rejects.toThrow(message);
  });
});

describe("evaluate", () => {
  it("counts decisions and whole conversations", async () => {
    const items = await read(
      line({ conv: "x" }),
      line({ conv: "x", messages: [{ role: "user", content: "what?" }] }),
      line({ conv: "y" }),
      line({ conv: "z", messages: [{ role: "user", content: "thanks" }], expected: "other" }),
    );
    const decisions = await evaluate(echo, items);
    expect(accuracy(decisions)).toBe(0.75);
    expect(conversationAccuracy(decisions)).toBeCloseTo(2 / 3);
  });
});

it.each([
  [0.5, 2],
  [0.95, 4],
  [0, 1],
])("percentile %d", (p, value) => expect(percentile([4, 1, 3, 2], p)).toBe(value));
