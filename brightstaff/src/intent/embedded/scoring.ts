import type { Route } from "../resolver.ts";
import type { ConceptModel } from "./concept_model.ts";
import { dot } from "./vectors.ts";

// Scores are in units of concept probability: 1 is a route whose concept is certain. The numbers below were tuned by hand on a
// development set of labelled requests (`npm run eval`), in coarse steps.

/** A route and a concept agree from ALIGNMENT_START on, in full at ALIGNMENT_FULL: cosine of their descriptions. */
const ALIGNMENT_START = 0.42;
const ALIGNMENT_FULL = 0.6;
/** A concept's requests go to the routes that agree with it best, and to those that are worse by no more than this. */
const ALIGNMENT_GAP = 0.1;
/** What a request counts for the routes of a broader concept when its own has none. */
const BROADER_SHARE = 0.7;
/** What similarity to the description itself counts, for each unit of cosine above an average request's. */
const LIFT_SHARE = 1.75;
/** What no route gets: one has to score more to be chosen. */
const NONE_SCORE = 0.35;
/** Turns scores into confidence: a lead of this much makes a choice e times as likely as the other. */
const SCORE_SCALE = 0.15;

/** A message of the user's as the model reads it. */
export type Turn = {
  readonly embedding: Float32Array;
  /** By concept, the probability that the message is one of its requests. */
  readonly concepts: Float32Array;
  /** How much the message depends on what was said before it, 0 to 1. */
  readonly dependence: number;
  /** The probability that nothing is asked. */
  readonly closing: number;
};

/** Parts that can be left out to measure what they bring; the resolver uses all. */
export type Part = "bank" | "broader" | "lift" | "head" | "context" | "closing";
export const PARTS: readonly Part[] = ["bank", "broader", "lift", "head", "context", "closing"];

export type RouteTable = {
  readonly names: readonly string[];
  readonly embeddings: readonly Float32Array[];
  /** By route, by concept: the share of the concept's probability that counts for the route. */
  readonly shares: readonly Float32Array[];
};

/** `texts` are by route the embeddings of its description alone and with its name before it. */
export function createRouteTable(
  routes: readonly Route[],
  texts: readonly Float32Array[][],
  model: ConceptModel,
  parts: ReadonlySet<Part>,
): RouteTable {
  const agreements = texts.map((embeddings) => agreementsWith(embeddings, model));
  const shares = agreements.map((row) =>
    row.map((agreement, concept) => alignment(agreement, Math.max(...agreements.map((other) => other[concept] as number)))),
  );
  return {
    names: routes.map(({ name }) => name),
    embeddings: texts.map(([description]) => description as Float32Array),
    shares: parts.has("broader") ? addBroader(shares, model) : shares,
  };
}

function agreementsWith(embeddings: readonly Float32Array[], { concepts, descriptions }: ConceptModel): Float32Array {
  return Float32Array.from(concepts, ({ kind }, concept) => {
    if (kind === "context") return 0;
    return Math.max(...embeddings.flatMap((text) => (descriptions[concept] ?? []).map((description) => dot(text, description))));
  });
}

function alignment(agreement: number, best: number): number {
  if (agreement < best - ALIGNMENT_GAP) return 0;
  return Math.min(1, Math.max(0, (agreement - ALIGNMENT_START) / (ALIGNMENT_FULL - ALIGNMENT_START)));
}

/** Gives what a concept's own routes leave of it to the routes of its broader concepts. */
function addBroader(shares: readonly Float32Array[], { concepts }: ConceptModel): Float32Array[] {
  const indexes = new Map(concepts.map(({ name }, index) => [name, index]));
  return shares.map((row) =>
    row.map((share, concept) => {
      const left = 1 - Math.max(...shares.map((other) => other[concept] as number));
      const inherited = (concepts[concept]?.broader ?? []).map((name) => row[indexes.get(name) as number] as number);
      return Math.max(share, BROADER_SHARE * left * Math.max(0, ...inherited));
    }),
  );
}

/** By route, how well it fits the last of `turns`, the earlier ones lending what the later ones leave unsaid. */
export function scoreTurns(table: RouteTable, turns: readonly Turn[], average: Float32Array, parts: ReadonlySet<Part>): number[] {
  let scores: number[] | null = null;
  for (const turn of turns) {
    const own = scoreTurn(table, turn, average, parts);
    const before: number[] | null = scores;
    const weight = parts.has("context") ? turn.dependence * (1 - turn.closing) : 0;
    scores = before === null ? own : own.map((score, route) => (1 - weight) * score + weight * (before[route] as number));
  }
  return scores ?? [];
}

function scoreTurn(table: RouteTable, turn: Turn, average: Float32Array, parts: ReadonlySet<Part>): number[] {
  return table.names.map((_, route) => {
    const embedding = table.embeddings[route] as Float32Array;
    const known = parts.has("bank") ? dot(table.shares[route] as Float32Array, turn.concepts) : 0;
    const lift = dot(embedding, turn.embedding) - (parts.has("lift") ? dot(embedding, average) : 0);
    return known + LIFT_SHARE * lift * (parts.has("closing") ? 1 - turn.closing : 1);
  });
}

/** The route to take, null for none, and the probability that this choice is right. */
export function choose(table: RouteTable, scores: readonly number[]): { route: string | null; confidence: number } {
  const best = Math.max(NONE_SCORE, ...scores);
  const total = [NONE_SCORE, ...scores].reduce((sum, score) => sum + Math.exp((score - best) / SCORE_SCALE), 0);
  const route = best > NONE_SCORE ? (table.names[scores.indexOf(best)] ?? null) : null;
  return { route, confidence: 1 / total };
}
