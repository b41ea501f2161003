import { describe, expect, test } from "vitest";
import type { RoutingBudget, SessionSettings } from "../config/gateway_config.ts";
import { addVisit, type SessionBinding, VISITS_MAX } from "./binding.ts";
import { begin, type SessionRequest, settle, stay, stayReason, type TurnFacts } from "./session_policy.ts";

const NOW_MS = 1_764_000_000_000;
const MINUTE_MS = 60_000;

const SETTINGS: SessionSettings = {
  derived: true,
  ttl_ms: 10 * MINUTE_MS,
  entriesMax: 100,
  warm_ms: 5 * MINUTE_MS,
  store: { type: "memory" },
  tenantHeader: null,
  routeOnUserOnly: true,
  budget: null,
};
const BUDGET: RoutingBudget = { maxSwitchSpend_pct: 20, replenishOnRebind: true, cacheReadDiscount: 0.1 };
const REQUEST: SessionRequest = { key: "0".repeat(32), explicit: false, turn: "user", said: "0".repeat(16) };

const price = (input: number, cached: number | null = null) => ({
  input_usd_per_mtok: input,
  cachedInput_usd_per_mtok: cached,
  output_usd_per_mtok: 10 * input,
});
const PRICES = new Map([
  ["a/dear", price(10, 1)],
  ["a/middle", price(2, 0.2)],
  ["a/cheap", price(0.5, 0.05)],
]);

const CONTEXT_TOKENS = 1_000_000;
const facts = (more: Partial<TurnFacts> = {}): TurnFacts => ({
  now_ms: NOW_MS,
  settings: SETTINGS,
  prices: PRICES,
  context_tokens: CONTEXT_TOKENS,
  ...more,
});
const withBudget = (budget: Partial<RoutingBudget> = {}) => facts({ settings: { ...SETTINGS, budget: { ...BUDGET, ...budget } } });

const known = (more: Partial<SessionBinding> = {}): SessionBinding => ({
  ...begin({ route: "code", model: "a/middle" }, REQUEST, facts({ now_ms: NOW_MS - MINUTE_MS })),
  ...more,
});
const COLD = { lastUsed_ms: NOW_MS - 6 * MINUTE_MS };

describe("whether a known conversation is routed at all", () => {
  test.each<[what: string, request: Partial<SessionRequest>, settings: Partial<SessionSettings>, reason: string | null]>([
    ["a user's turn", {}, {}, null],
    ["a step of a tool loop", { turn: "continuation" }, {}, "tool_loop"],
    ["a step of a tool loop, where the config wants each routed", { turn: "continuation" }, { routeOnUserOnly: false }, null],
    ["a step of another tool loop", { turn: "continuation", said: "1".repeat(16) }, {}, null],
    ["a session by id", { explicit: true }, {}, "affinity"],
    ["a session by id at its first turn", { explicit: true, turn: "opening" }, {}, "affinity"],
    ["a session by id under a budget", { explicit: true }, { budget: BUDGET }, null],
    ["a session by id with a budget of its own", { explicit: true, max_switch_spend_pct: 5 }, {}, null],
    ["a tool loop under a budget", { turn: "continuation" }, { budget: BUDGET }, "tool_loop"],
  ])("%s", (_, request, settings, reason) => {
    expect(stayReason(known(), { ...REQUEST, ...request }, { ...SETTINGS, ...settings })).toBe(reason);
  });
});

describe("without a budget", () => {
  test.each<[what: string, route: string | null, model: string, state: string, reason: string, on: string]>([
    ["the same task stays, whatever its best model is by now", "code", "a/cheap", "pinned", "same_route", "a/middle"],
    ["no task stays", null, "a/cheap", "pinned", "no_route", "a/middle"],
    ["another task of the same model stays", "poetry", "a/middle", "pinned", "same_anchor", "a/middle"],
    ["another task goes to its model", "poetry", "a/dear", "switched", "new_route", "a/dear"],
  ])("%s", (_, route, model, state, reason, on) => {
    const settled = settle(known(), { route, model }, REQUEST, facts());
    expect(settled).toMatchObject({ state, reason, binding: { model: on, lastUsed_ms: NOW_MS } });
    expect(settled.binding.route).toBe(route === "poetry" ? "poetry" : "code");
  });

  test("another task after the cache went cold says so", () => {
    expect(settle(known(COLD), { route: "poetry", model: "a/dear" }, REQUEST, facts())).toMatchObject({
      state: "switched",
      reason: "cold",
    });
  });
});

describe("under a budget", () => {
  const toDear = { route: "poetry", model: "a/dear" };

  test("a switch that costs more than its share of what staying costs is refused", () => {
    // Reading all anew: 10 - 0.2 = 9.80 dollars; allowed are 20 % of one turn at 0.20.
    const settled = settle(known(), toDear, REQUEST, withBudget());
    expect(settled).toMatchObject({
      state: "pinned",
      reason: "over_cap",
      binding: { model: "a/middle", route: "code", switchSpend_usd: 0 },
    });
    expect(settled.binding.baseline_usd).toBeCloseTo(0.2);
  });

  test("one within the share is allowed, and spent", () => {
    const settled = settle(known({ baseline_usd: 48.8 }), toDear, REQUEST, withBudget());
    expect(settled).toMatchObject({ state: "switched", reason: "within_cap", binding: { model: "a/dear", firstModel: "a/middle" } });
    expect(settled.binding.switchSpend_usd).toBeCloseTo(9.8);
    expect(settled.binding.baseline_usd).toBeCloseTo(49);
  });

  test("what was spent before counts", () => {
    const settled = settle(known({ baseline_usd: 48.9, switchSpend_usd: 0.1 }), toDear, REQUEST, withBudget());
    expect(settled).toMatchObject({ state: "pinned", reason: "over_cap", binding: { switchSpend_usd: 0.1 } });
  });

  test("one that is cheaper even uncached is free, and earns nothing", () => {
    const cached = new Map([...PRICES, ["a/cheap", price(0.1)]]);
    const settled = settle(known({ switchSpend_usd: 0.1 }), { route: "poetry", model: "a/cheap" }, REQUEST, {
      ...withBudget(),
      prices: cached,
    });
    expect(settled).toMatchObject({ state: "switched", reason: "free", binding: { switchSpend_usd: 0.1 } });
  });

  test("0 percent allows what is free only", () => {
    expect(settle(known({ baseline_usd: 1e6 }), toDear, REQUEST, withBudget({ maxSwitchSpend_pct: 0 })).reason).toBe("over_cap");
  });

  test("the request's own limit counts before the config's", () => {
    const binding = known({ baseline_usd: 48.8 });
    expect(settle(binding, toDear, { ...REQUEST, max_switch_spend_pct: 1 }, withBudget()).reason).toBe("over_cap");
    expect(settle(binding, toDear, { ...REQUEST, max_switch_spend_pct: 20 }, facts()).reason).toBe("within_cap");
  });

  test("without a price there is nothing to hold against it", () => {
    expect(settle(known(), { route: "poetry", model: "a/unknown" }, REQUEST, withBudget())).toMatchObject({
      state: "switched",
      reason: "no_pricing",
    });
  });

  test("the way back to a model that is still warm costs what came since", () => {
    const visits = [{ model: "a/dear", lastUsed_ms: NOW_MS - 2 * MINUTE_MS, context_tokens: CONTEXT_TOKENS }];
    // All of it from the cache there: 1 - 0.2 = 0.80, below 20 % of 4.20.
    const settled = settle(known({ baseline_usd: 4, visits }), toDear, REQUEST, withBudget());
    expect(settled.reason).toBe("within_cap");
    expect(settled.binding.switchSpend_usd).toBeCloseTo(0.8);
    const longAgo = [{ model: "a/dear", lastUsed_ms: NOW_MS - 6 * MINUTE_MS, context_tokens: CONTEXT_TOKENS }];
    expect(settle(known({ baseline_usd: 4, visits: longAgo }), toDear, REQUEST, withBudget()).reason).toBe("over_cap");
  });

  test("a source without cached prices is taken at the discount", () => {
    const prices = new Map([
      ["a/middle", price(2)],
      ["a/dear", price(10)],
    ]);
    const settled = settle(known(), toDear, REQUEST, { ...withBudget({ cacheReadDiscount: 0.5 }), prices });
    expect(settled.binding.baseline_usd).toBeCloseTo(1);
  });

  test("a cold conversation goes where it is routed, and counts anew or goes on counting", () => {
    const binding = known({ ...COLD, baseline_usd: 5, switchSpend_usd: 1 });
    expect(settle(binding, toDear, REQUEST, withBudget())).toMatchObject({
      state: "switched",
      reason: "cold",
      binding: { baseline_usd: 0, switchSpend_usd: 0, firstModel: "a/dear" },
    });
    expect(settle(binding, toDear, REQUEST, withBudget({ replenishOnRebind: false })).binding).toMatchObject({
      baseline_usd: 5,
      switchSpend_usd: 1,
      firstModel: "a/middle",
    });
  });

  test("a turn that stays is a turn of the baseline", () => {
    expect(stay(known({ baseline_usd: 1 }), REQUEST, withBudget()).baseline_usd).toBeCloseTo(1.2);
  });
});

test("visits are each model's last, the latest ones", () => {
  let visits = addVisit([], { model: "a/0", lastUsed_ms: 0, context_tokens: 1 });
  for (let i = 1; i <= 20; i++) visits = addVisit(visits, { model: `a/${i % 10}`, lastUsed_ms: i, context_tokens: i });
  expect(visits).toHaveLength(VISITS_MAX);
  expect(visits.map(({ lastUsed_ms }) => lastUsed_ms)).toEqual([20, 19, 18, 17, 16, 15, 14, 13]);
});
