// Every way a first candidate can fail before its first content, in every pair of formats, streamed and whole: the second answers.

import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "./client_formats.ts";
import {
  COMBINATIONS,
  expectSecondAnswered,
  type FallbackGateway,
  GOOD,
  routerOf,
  startFallbackGateway,
  timesAsked,
} from "./fallback_gateway.ts";
import { FAULTS } from "./faults.ts";
import { nameOf } from "./fleet.ts";

let fallback: FallbackGateway;

beforeAll(async () => {
  fallback = await startFallbackGateway(FAULTS);
});

afterAll(async () => fallback?.close());

test.each(FAULTS)("$name", async (fault) => {
  const combinations = COMBINATIONS.filter(({ stream }) => fault.only === undefined || (fault.only === "stream") === stream);
  const ids = combinations.map((_, index) => `${fault.name} cell ${index} ends`);
  const answers = await Promise.all(
    combinations.map((combination, index) => {
      const { client, stream } = combination;
      return ask(fallback.url, client, { model: routerOf(fault, combination), prompt: ids[index] as string, stream });
    }),
  );
  for (const [index, answer] of answers.entries()) {
    const combination = combinations[index] as (typeof combinations)[number];
    expectSecondAnswered(answer, fault, combination);
    if (fault.reached) expect(timesAsked(fallback.fleet, nameOf(fault.name, combination.first), ids[index] as string)).toBe(1);
    expect(timesAsked(fallback.fleet, nameOf(GOOD, combination.second), ids[index] as string)).toBe(1);
  }
});
