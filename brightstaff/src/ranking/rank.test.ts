import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Price, SelectionPolicy } from "../config/gateway_config.ts";
import { rank, sink } from "./rank.ts";

const price = (input: number, output: number, cachedInput: number | null = null): Price => ({
  input_usd_per_mtok: input,
  cachedInput_usd_per_mtok: cachedInput,
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
  latencies: new Map([
    ["dear", 0.4],
    ["middle", 0.8],
    ["cheap", 5],
    ["as cheap", 5],
    ["free", 20],
  ]),
};
const NOTHING = { prices: new Map(), latencies: new Map() };
const SHORT = { input_tokens: 1500, cachedInput_tokens: 0, output_tokens: 500 };

const order = (models: readonly string[], policy: SelectionPolicy, known = data, tokens = SHORT) => rank(models, policy, known, tokens);

test.each(["ranked", "none"] as const)("%s keeps the configured order", (prefer) => {
  expect(order(["dear", "unknown", "cheap"], { prefer })).toEqual(["dear", "unknown", "cheap"]);
});

describe("cheapest", () => {
  const prefer = "cheapest";

  test("puts the lowest price first", () => {
    expect(order(["dear", "cheap", "middle", "free"], { prefer })).toEqual(["free", "cheap", "middle", "dear"]);
  });

  test("counts input and output by what the request is expected to have of them", () => {
    // 7 against 7 for three tokens read and one written: a tie keeps the order, and what is read or written more decides.
    expect(order(["middle", "reads cheaply"], { prefer })).toEqual(["middle", "reads cheaply"]);
    expect(order(["middle", "reads cheaply"], { prefer }, data, { ...SHORT, input_tokens: 1600 })).toEqual(["reads cheaply", "middle"]);
    expect(order(["reads cheaply", "middle"], { prefer }, data, { ...SHORT, output_tokens: 600 })).toEqual(["middle", "reads cheaply"]);
  });

  test("counts what may come from the prompt cache at its own price, where there is one", () => {
    const prices = new Map([
      ["caches", price(3, 15, 0.3)],
      ["does not", price(1.5, 15)],
    ]);
    const known = { ...data, prices };
    const tokens = { input_tokens: 10_000, cachedInput_tokens: 0, output_tokens: 500 };
    expect(order(["caches", "does not"], { prefer }, known, tokens)).toEqual(["does not", "caches"]);
    expect(order(["does not", "caches"], { prefer }, known, { ...tokens, cachedInput_tokens: 8_000 })).toEqual(["caches", "does not"]);
  });
});

describe("cheapest with much input", () => {
  const longContext = [
    { above_tokens: 128_000, ...price(2, 2) },
    { above_tokens: 200_000, ...price(8, 8, 0.1) },
  ];
  const prices = new Map([
    ["flat", price(3, 3)],
    ["tiered", { ...price(1, 1), longContext }],
  ]);
  const first = (input_tokens: number, cachedInput_tokens = 0) =>
    order(["flat", "tiered"], { prefer: "cheapest" }, { ...data, prices }, { input_tokens, cachedInput_tokens, output_tokens: 500 })[0];

  test("goes by the rates of the largest size that is passed, for all tokens", () => {
    expect([10_000, 128_000, 128_001, 200_000, 200_001].map((input) => first(input))).toEqual([
      "tiered",
      "tiered",
      "tiered",
      "tiered",
      "flat",
    ]);
    expect(first(300_000, 290_000)).toBe("tiered");
  });
});

describe("fastest", () => {
  test("puts the lowest latency first", () => {
    expect(order(["cheap", "free", "middle", "dear"], { prefer: "fastest" })).toEqual(["dear", "middle", "cheap", "free"]);
  });
});

describe("balanced", () => {
  const prefer = "balanced";
  const known = {
    prices: new Map([
      ["base", price(1, 1)],
      ["twice as dear", price(2, 2)],
      ["thrice as dear", price(3, 3)],
    ]),
    latencies: new Map([
      ["base", 900],
      ["twice as dear", 400],
      ["thrice as dear", 310],
    ]),
  };
  const all = ["base", "twice as dear", "thrice as dear"];

  test("weighs relations: more than twice as fast is worth twice the price", () => {
    expect(order(all, { prefer }, known)).toEqual(["twice as dear", "base", "thrice as dear"]);
  });

  test("goes by the weights", () => {
    expect(order(all, { prefer, weights: { cost: 3, latency: 1 } }, known)).toEqual(["base", "twice as dear", "thrice as dear"]);
    expect(order(all, { prefer, weights: { cost: 1, latency: 3 } }, known)).toEqual(["thrice as dear", "twice as dear", "base"]);
    expect(order(all, { prefer, weights: { cost: 0, latency: 1 } }, known)).toEqual(order(all, { prefer: "fastest" }, known));
  });

  test("goes by what is known while the other source has given nothing yet", () => {
    expect(order(["dear", "cheap"], { prefer }, { ...data, latencies: new Map() })).toEqual(["cheap", "dear"]);
    expect(order(["cheap", "dear"], { prefer }, { ...data, prices: new Map() })).toEqual(["dear", "cheap"]);
  });

  test("a model of which one of the two is not known comes last", () => {
    expect(order(["reads cheaply", "dear"], { prefer })).toEqual(["dear", "reads cheaply"]);
  });

  test("no unit and no other candidate turns two models around", () => {
    const positive = fc.double({ min: 0.01, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(positive, positive), { minLength: 2, maxLength: 6 }), fc.constantFrom(1, 60, 1000), (values, unit) => {
        const names = values.map((_, index) => `m${index}`);
        const prices = new Map(values.map(([cost], index) => [`m${index}`, price(cost, cost)]));
        const latencies = new Map(values.map(([, latency], index) => [`m${index}`, latency * unit]));
        const ranked = order(names, { prefer }, { prices, latencies });
        const [first = "", second = ""] = ranked;
        const pair = order([first, second], { prefer }, { prices, latencies: new Map(values.map(([, l], i) => [`m${i}`, l])) });
        // Rounding may make a tie of what was none; then the two are as good as each other.
        const score = (name: string) => Math.log(prices.get(name)?.input_usd_per_mtok ?? 0) + Math.log(latencies.get(name) ?? 0);
        if (Math.abs(score(first) - score(second)) > 1e-9) expect(pair).toEqual([first, second]);
      }),
    );
  });
});

describe.each(["cheapest", "fastest", "balanced"] as const)("%s", (prefer) => {
  test("keeps the configured order of equal models", () => {
    expect(order(["as cheap", "cheap"], { prefer })).toEqual(["as cheap", "cheap"]);
    expect(order(["cheap", "as cheap"], { prefer })).toEqual(["cheap", "as cheap"]);
  });

  test("puts models without data last, in their configured order", () => {
    const ranked = order(["z", "dear", "a", "cheap", "m"], { prefer });
    expect(ranked.slice(0, 2).toSorted()).toEqual(["cheap", "dear"]);
    expect(ranked.slice(2)).toEqual(["z", "a", "m"]);
    expect(order(["z", "a"], { prefer }, NOTHING)).toEqual(["z", "a"]);
  });

  test("loses and invents no candidate, and leaves what it was given alone", () => {
    const models = Object.freeze(["dear", "nobody", "free", "cheap"]);
    const ranked = order(models, { prefer });
    expect(ranked.toSorted()).toEqual(models.toSorted());
    expect(ranked).not.toBe(models);
  });
});

describe("conditions of the moment", () => {
  const cooling = new Set(["cheap", "unknown"]);
  const tokens = SHORT;

  test.each([
    ["ranked", ["middle", "dear", "cheap", "unknown"]],
    ["cheapest", ["middle", "dear", "cheap", "unknown"]],
    ["fastest", ["dear", "middle", "cheap", "unknown"]],
  ] as const)("%s: models in cooldown come last, in their order", (prefer, expected) => {
    const models = ["cheap", "middle", "unknown", "dear"];
    expect(rank(models, { prefer }, data, tokens, { cooling, explored: null })).toEqual(expected);
  });

  test("an explored model comes first, unless it is in cooldown or no candidate", () => {
    const models = ["dear", "middle", "unknown"];
    const first = (explored: string, cooled: string[] = []) =>
      rank(models, { prefer: "fastest" }, data, tokens, { cooling: new Set(cooled), explored });
    expect(first("unknown")).toEqual(["unknown", "dear", "middle"]);
    expect(first("unknown", ["unknown"])).toEqual(["dear", "middle", "unknown"]);
    expect(first("free")).toEqual(["dear", "middle", "unknown"]);
  });

  test("sinking keeps all models and both orders", () => {
    expect(sink(["a", "cheap", "b", "unknown"], cooling)).toEqual(["a", "b", "cheap", "unknown"]);
    expect(sink(["cheap", "unknown"], cooling)).toEqual(["cheap", "unknown"]);
  });
});
