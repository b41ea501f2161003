import { expect, it } from "vitest";
import type { LoadResult } from "./load.ts";
import { type Load, whyVoid } from "./measure.ts";

const paced: Load = { load: "streams", api: "openai_chat", model: "m", exact: true, streams: 10, concurrent: 10, chunks: 100, paced: true };

function result(changes: Partial<LoadResult>): LoadResult {
  return {
    elapsed_ms: 1,
    replies: 10,
    reads: 1020,
    wrong: 0,
    first_wrong: null,
    latencies_ms: [],
    resolve_ms: [],
    gap_p99_ms: null,
    ...changes,
  };
}

it("takes a round with right replies at the right pace", () => {
  expect(whyVoid(paced, result({}))).toBeNull();
});

it("does not take a wrong reply", () => {
  expect(whyVoid(paced, result({ wrong: 1, first_wrong: "status 502" }))).toBe("1 of 10 replies were wrong: status 502");
});

it("does not take paced chunks that arrive in bursts, where there is a pace", () => {
  expect(whyVoid(paced, result({ reads: 800 }))).toBe("the machine is too busy for the pace: the chunks came in only 800 pieces");
  expect(whyVoid({ ...paced, paced: false }, result({ reads: 30 }))).toBeNull();
});
