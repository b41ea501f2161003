import { beforeEach, expect, test } from "vitest";
import type { GatewayConfig } from "../config/gateway_config.ts";
import { Cooldowns } from "./cooldowns.ts";
import type { AttemptEvent } from "./gateway_event.ts";
import { answered, failed } from "./test_events.ts";

const START_MS = Date.parse("2026-11-23T12:00:00Z");
const config = {
  providers: [{ passthroughAuth: false }, { passthroughAuth: true }],
  models: [
    { id: "m", provider: 0 },
    { id: "clients-key/m", provider: 1 },
  ],
  wildcards: [{ prefix: "clients-key/", provider: 1 }],
} as unknown as GatewayConfig;
let now_ms: number;
let cooldowns: Cooldowns;

beforeEach(() => {
  now_ms = START_MS;
  cooldowns = new Cooldowns(
    () => config,
    () => now_ms,
  );
});

const tell = (...attempts: Omit<AttemptEvent, "duration_ms">[]) =>
  cooldowns.consume({ events: [failed(attempts, now_ms)], dropped: 0, unreadable: 0 });
const answer = (model: string) => cooldowns.consume({ events: [answered(model, { at_ms: now_ms })], dropped: 0, unreadable: 0 });
const isCooling = (model: string, after_ms: number) => {
  now_ms = START_MS + after_ms;
  const cooling = cooldowns.active.has(model);
  now_ms = START_MS;
  return cooling;
};

test.each([
  ["seconds", "20", 20_000],
  ["fractions of a second", "0.5", 500],
  ["a date", "Mon, 23 Nov 2026 12:00:30 GMT", 30_000],
  ["a date that is over", "Mon, 23 Nov 2026 11:00:00 GMT", 0],
  ["no time at all", "0", 0],
  ["nothing that can be read", "soon", 10_000],
  ["nothing", undefined, 10_000],
  ["more than there is patience for", "86400", 300_000],
])("a model that answers 429 and says %s is left alone for that long", (_, retry_after, wait_ms) => {
  tell({ model: "m", status: 429, ...(retry_after === undefined ? {} : { retry_after }) });
  if (wait_ms > 0) expect(isCooling("m", wait_ms - 1)).toBe(true);
  expect(isCooling("m", wait_ms)).toBe(false);
  expect(isCooling("other", 0)).toBe(false);
});

test("the time counts from the attempt's end, behind the decision and the attempts before it", () => {
  const event = failed(
    [
      { model: "a", status: 500 },
      { model: "m", status: 429, retry_after: "1" },
    ],
    now_ms,
  );
  const attempts = event.attempts.map((attempt) => ({ ...attempt, duration_ms: 2_000 }));
  cooldowns.consume({ events: [{ ...event, attempts, decision_ms: 500, duration_ms: 60_000 }], dropped: 0, unreadable: 0 });
  expect(isCooling("m", 5_499)).toBe(true);
  expect(isCooling("m", 5_500)).toBe(false);
});

test("an answer in between does not shorten what the provider asked for, and a shorter wait does not either", () => {
  tell({ model: "m", status: 429, retry_after: "60" });
  tell({ model: "m", status: 429, retry_after: "1" });
  answer("m");
  expect(isCooling("m", 59_999)).toBe(true);
});

test.each(["connect-failure", "timeout", "reset", "stream-error"] as const)("three times %s in a row is enough", (error) => {
  tell({ model: "m", error }, { model: "other", error });
  tell({ model: "m", error });
  expect(isCooling("m", 0)).toBe(false);
  tell({ model: "m", error });
  expect(isCooling("m", 14_999)).toBe(true);
  expect(isCooling("m", 15_000)).toBe(false);
  expect(isCooling("other", 0)).toBe(false);
});

test("when the time is over one failure is enough, until an answer ends the row", () => {
  for (let i = 0; i < 3; i++) tell({ model: "m", status: 503 });
  now_ms = START_MS + 20_000;
  expect(cooldowns.active.has("m")).toBe(false);
  tell({ model: "m", status: 503 });
  expect(cooldowns.active.has("m")).toBe(true);
  answer("m");
  expect(cooldowns.active.has("m")).toBe(false);
  tell({ model: "m", status: 503 });
  expect(cooldowns.active.has("m")).toBe(false);
});

test("a retry-after with another status counts at once", () => {
  tell({ model: "m", status: 503, retry_after: "7" });
  expect(isCooling("m", 6_999)).toBe(true);
  expect(isCooling("m", 7_000)).toBe(false);
});

test("what is the request's fault, or the client's, is no failure", () => {
  for (let i = 0; i < 5; i++) tell({ model: "m", status: 400 }, { model: "n" });
  expect(cooldowns.active.size).toBe(0);
});

test("what is wrong with a client's own key concerns no other client", () => {
  for (const status of [401, 403, 429])
    for (const model of ["clients-key/m", "clients-key/any"]) tell({ model, status, retry_after: "60" });
  expect(cooldowns.active.size).toBe(0);
  for (let i = 0; i < 3; i++) tell({ model: "clients-key/m", error: "timeout" });
  expect(isCooling("clients-key/m", 0)).toBe(true);
});

test("what is kept of models is bounded", () => {
  for (let i = 0; i < 3_000; i++) tell({ model: `any/${i}`, status: 429 });
  expect(cooldowns.active.size).toBeLessThan(2_000);
  expect(cooldowns.active.has("any/2999")).toBe(true);
});
