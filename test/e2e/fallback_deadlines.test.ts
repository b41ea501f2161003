// A first candidate that accepts the request and then says nothing of use: the time for the first token, or for a whole reply, runs out.

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
import { HANGS } from "./faults.ts";
import { nameOf } from "./fleet.ts";

/** Long enough for the second candidate to answer on a machine that is busy with other tests, and longer than a connection may take. */
const DEADLINE_MS = 8_000;

let fallback: FallbackGateway;

beforeAll(async () => {
  fallback = await startFallbackGateway(HANGS, { first_token_ms: DEADLINE_MS, reply_ms: DEADLINE_MS });
});

afterAll(async () => fallback?.close());

test.concurrent.each(HANGS)("$name", async (fault) => {
  const cells = COMBINATIONS.map((combination, index) => ({ combination, prompt: `${fault.name} cell ${index} ends` }));
  const answers = await Promise.all(
    cells.map(({ combination, prompt }) => {
      const { client, stream } = combination;
      return ask(fallback.url, client, { model: routerOf(fault, combination), prompt, stream });
    }),
  );
  for (const [index, { combination, prompt }] of cells.entries()) {
    expectSecondAnswered(answers[index] as (typeof answers)[number], fault, combination);
    if (fault.reached) expect(timesAsked(fallback.fleet, nameOf(fault.name, combination.first), prompt)).toBe(1);
    expect(timesAsked(fallback.fleet, nameOf(GOOD, combination.second), prompt)).toBe(1);
  }
});
