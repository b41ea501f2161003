import { expect, test } from "vitest";
import { MissLog } from "./miss_log.ts";
import type { Miss, Resolution, Resolver } from "./resolver.ts";

function setUp() {
  let miss: Miss | undefined;
  let now_ms = 0;
  const lines: unknown[] = [];
  const resolver: Resolver = {
    id: "Arch-Router",
    isRepeatable: false,
    ready: () => Promise.resolve(),
    resolve: (): Promise<Resolution> =>
      Promise.resolve({ route: "a", confidence: null, resolver: "embedded", ...(miss === undefined ? {} : { miss }) }),
    prepare: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const log = new MissLog(resolver, { warn: (line: unknown) => void lines.push(line) }, () => now_ms);
  return {
    lines,
    pass: (ms: number) => {
      now_ms += ms;
    },
    resolve: (why?: Miss) => {
      miss = why;
      return log.resolve([], [], new AbortController().signal);
    },
  };
}

test("an answer of the model's own is no line", async () => {
  const { lines, resolve } = setUp();
  expect(await resolve()).toEqual({ route: "a", confidence: null, resolver: "embedded" });
  expect(lines).toEqual([]);
});

test("the first miss is told at once, with the reason", async () => {
  const { lines, resolve } = setUp();
  expect(await resolve("unreachable")).toMatchObject({ miss: "unreachable" });
  expect(lines).toEqual([{ model: "Arch-Router", decisions: { unreachable: 1 } }]);
});

test("further ones are counted, and told once a minute", async () => {
  const { lines, resolve, pass } = setUp();
  await resolve("unreachable");
  await resolve("unreachable");
  pass(59_999);
  await resolve("circuit_open");
  expect(lines).toHaveLength(1);
  pass(1);
  await resolve("circuit_open");
  expect(lines.slice(1)).toEqual([{ model: "Arch-Router", decisions: { unreachable: 1, circuit_open: 2 } }]);
});
