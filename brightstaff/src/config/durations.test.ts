import { expect, test } from "vitest";
import { readDuration_ms } from "./durations.ts";

test.each([
  ["500ms", 500],
  ["0.005s", 5],
  ["30s", 30_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
])("%s is %d ms", (text, ms) => {
  expect(readDuration_ms(text)).toBe(ms);
});
