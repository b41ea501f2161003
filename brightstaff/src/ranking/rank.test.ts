import { expect, test } from "vitest";
import type { Price } from "../config/gateway_config.ts";
import { rank } from "./rank.ts";

const price = (input: number, output: number): Price => ({
  input_usd_per_mtok: input,
  cachedInput_usd_per_mtok: null,
  output_usd_per_mtok: output,
});

const data = {
  prices: new Map([
    ["dear", price(5, 25)],
    ["middle", price(2, 8)],
    ["cheap", price(0.5, 2)],
    ["as cheap", price(0.5, 2)],
    ["free", price(0, 0)],
    ["reads cheaply", price(1, 11)],
  ]),
};

test.each(["ranked", "none"] as const)("%s keeps the configured order", (prefer) => {
  expect(rank(["dear", "unknown", "cheap"], prefer, data)).toEqual(["dear", "unknown", "cheap"]);
});

test("cheapest puts the lowest price first", () => {
  expect(rank(["dear", "cheap", "middle", "free"], "cheapest", data)).toEqual(["free", "cheap", "middle", "dear"]);
});

test("input counts for more than output", () => {
  // 3.5 against 3.5: a tie keeps the order, a cheaper input then wins.
  expect(rank(["middle", "reads cheaply"], "cheapest", data)).toEqual(["middle", "reads cheaply"]);
  const cheaperInput = { prices: new Map(data.prices).set("reads cheaply", price(0.9, 11)) };
  expect(rank(["middle", "reads cheaply"], "cheapest", cheaperInput)).toEqual(["reads cheaply", "middle"]);
});

test("equal prices keep the configured order", () => {
  expect(rank(["as cheap", "cheap"], "cheapest", data)).toEqual(["as cheap", "cheap"]);
  expect(rank(["cheap", "as cheap"], "cheapest", data)).toEqual(["cheap", "as cheap"]);
});

test("models without a price come last, in their configured order", () => {
  expect(rank(["z", "dear", "a", "cheap", "m"], "cheapest", data)).toEqual(["cheap", "dear", "z", "a", "m"]);
  expect(rank(["z", "a"], "cheapest", { prices: new Map() })).toEqual(["z", "a"]);
});

test("what was given is not changed", () => {
  const models = Object.freeze(["dear", "cheap"]);
  expect(rank(models, "cheapest", data)).toEqual(["cheap", "dear"]);
  expect(rank(models, "ranked", data)).not.toBe(models);
});
