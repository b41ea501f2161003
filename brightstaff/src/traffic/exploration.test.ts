import { expect, test } from "vitest";
import { Exploration } from "./exploration.ts";

const NOW_MS = 1_800_000_000_000;
const RECENT_MS = 60_000;
const measured =
  (ages_ms: Record<string, number>) =>
  (model: string): number =>
    NOW_MS - (ages_ms[model] ?? Number.POSITIVE_INFINITY);
const turns = (exploration: Exploration, count: number, models: string[], at = measured({}), route = "r") =>
  Array.from({ length: count }, () => exploration.next(route, models, at, NOW_MS));

test("every n-th decision of a route explores, each route by its own count", () => {
  const exploration = new Exploration(3, RECENT_MS);
  expect(turns(exploration, 2, ["a", "b"])).toEqual([null, null]);
  expect(turns(exploration, 3, ["c", "d"], measured({}), "other")).toEqual([null, null, "c"]);
  expect(turns(exploration, 4, ["a", "b"])).toEqual(["a", null, null, "b"]);
});

test("what was never measured goes first, then what was measured longest ago", () => {
  const at = measured({ old: 600_000, older: 900_000 });
  expect(turns(new Exploration(1, RECENT_MS), 3, ["old", "older", "new"], at)).toEqual(["new", "older", "old"]);
});

test("what was measured just now is left alone, and so is what was tried just now", () => {
  const exploration = new Exploration(1, RECENT_MS);
  expect(turns(exploration, 1, ["a", "b"], measured({ a: 1_000, b: RECENT_MS }))).toEqual([null]);
  expect(turns(exploration, 2, ["a", "b"], measured({ a: 1_000 }))).toEqual(["b", null]);
  expect(exploration.next("r", ["a", "b"], measured({ a: -1_000 }), NOW_MS + RECENT_MS + 1)).toBe("b");
});

test("0 is never", () => {
  expect(turns(new Exploration(0, RECENT_MS), 50, ["a"])).toEqual(Array(50).fill(null));
});
