import type { Parts } from "./parts.ts";
import type { RouteTable } from "./route_table.ts";
import { dot } from "./vectors.ts";

// Scores are in units of concept probability: 1 is a route whose concept is certain. The numbers below were tuned by hand on a
// development set of labelled requests (`npm run eval`), in coarse steps.

/** What similarity to the description itself counts, for each unit of cosine above an average request's. */
const LIFT_SHARE = 1.75;
/** What that loses when the request is certainly of a kind that no route is for. */
const UNSERVED_LOSS = 0.6;
/**
 * What similarity counts for a route that is for an intent: less, because all routes of a field are similar to all of its requests, and nothing when
 * the request is certainly of an intent that no route is for.
 */
const INTENT_LIFT_SHARE = 1.2;
/** A route has to score more than this to be chosen. */
export const NONE_SCORE = 0.25;

/** Turns scores into confidence: a lead of this much makes a choice e times as likely as the next, near what is found to be right. */
const SCORE_SCALE = 0.3;

/** A message of the user's as the model reads it. */
export type Turn = {
  readonly embedding: Float32Array;
  /** By concept, the probability that the message is one of its requests. */
  readonly concepts: Float32Array;
  /** By intent, the same; the last is for none of them. */
  readonly intents: Float32Array;
  /** How much the message depends on what was said before it, 0 to 1. */
  readonly dependence: number;
};

/** By route, how well it fits the last of `turns`, the earlier ones lending what the later ones leave unsaid. */
export function scoreTurns(table: RouteTable, turns: readonly Turn[], average: Float32Array, parts: Parts): number[] {
  let scores: number[] | null = null;
  for (const turn of turns) {
    const own = scoreTurn(table, turn, average, parts);
    const before: number[] | null = scores;
    const { dependence } = turn;
    scores = before === null ? own : own.map((score, route) => (1 - dependence) * score + dependence * (before[route] as number));
  }
  return scores ?? [];
}

function scoreTurn(table: RouteTable, turn: Turn, average: Float32Array, parts: Parts): number[] {
  const { intents } = table;
  const kept = 1 - UNSERVED_LOSS * dot(table.unserved, turn.concepts);
  const none = turn.intents.at(-1) ?? 0;
  const taken = intents === null ? 0 : dot(intents.served, turn.intents);
  return table.names.map((_, route) => {
    const description = table.embeddings[route] as Float32Array;
    const lift = dot(description, turn.embedding) - (parts.has("lift") ? dot(description, average) : 0);
    const narrow = intents?.shares[route] ?? null;
    if (narrow !== null) return dot(narrow, turn.intents) + INTENT_LIFT_SHARE * lift * (taken + none * kept);
    const known = parts.has("bank") ? dot(table.shares[route] as Float32Array, turn.concepts) : 0;
    return (1 - taken) * known + LIFT_SHARE * lift * kept;
  });
}

/** The route to take, null for none, and the probability that this choice is right: how far it leads the next best. */
export function choose(names: readonly string[], scores: readonly number[]): { route: string | null; confidence: number } {
  const [best = NONE_SCORE, next = Number.NEGATIVE_INFINITY] = [NONE_SCORE, ...scores].sort((left, right) => right - left);
  const route = best > NONE_SCORE ? (names[scores.indexOf(best)] ?? null) : null;
  return { route, confidence: 1 / (1 + Math.exp((next - best) / SCORE_SCALE)) };
}
