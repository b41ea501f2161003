import type { Route } from "../resolver.ts";
import type { ConceptModel } from "./concept_model.ts";
import type { Parts } from "./parts.ts";
import { dot } from "./vectors.ts";

// How a table's routes and the bank's concepts go together. The agreement of a route and a concept is the cosine of their closest
// descriptions; the numbers were tuned by hand on a development set of labelled requests (`npm run eval`), in coarse steps.

/** A route is for a concept from this agreement on, in full at the second. */
const SHARE_START = 0.42;
const SHARE_FULL = 0.6;
/** A concept's requests go to the route that agrees with it best and to those that are worse by no more than this. */
const SHARE_GAP = 0.15;
/** Routes whose closest concept is the same, with at least this agreement, are parts of it that it can't tell apart. */
const RIVAL_AGREEMENT = 0.3;
/** What a request counts for the routes of a broader concept when no route is for its own. */
const BROADER_SHARE = 0.7;
/** A concept is served by the table from this agreement on, in full at the second. */
const SERVED_START = 0.3;
const SERVED_FULL = 0.5;

/** A route is for an intent rather than for a concept when it agrees with one at least so much, and better than with any concept. */
const INTENT_AGREEMENT = 0.45;
/** An intent is the route's from this agreement on, in full at the second, ... */
const INTENT_START = 0.5;
const INTENT_FULL = 0.7;
/** ... when it is worse than the route's closest intent by no more than this. */
const INTENT_GAP = 0.05;

export type RouteTable = {
  readonly names: readonly string[];
  /** By route, the embedding of its description. */
  readonly embeddings: readonly Float32Array[];
  /** By route, by concept: the share of the concept's probability that counts for the route. */
  readonly shares: readonly Float32Array[];
  /** By concept, how little any of the routes is for it, 0 to 1. */
  readonly unserved: Float32Array;
  /** Null when all routes are as broad as concepts. */
  readonly intents: IntentShares | null;
};

export type IntentShares = {
  /** By route, by intent (the last is none of them): the share of the intent's probability that counts for the route; null for a route as broad as a concept. */
  readonly shares: readonly (Float32Array | null)[];
  /** By intent, how much of it is some route's. */
  readonly served: Float32Array;
};

/** A route with the embeddings of its description alone and with its name before it: names say what descriptions leave out. */
export type EmbeddedRoute = { readonly route: Route; readonly description: Float32Array; readonly titled: Float32Array };

export function createRouteTable(routes: readonly EmbeddedRoute[], model: ConceptModel, parts: Parts): RouteTable {
  const agreements = routes.map((route) => agreementsOf(route, model));
  const best = highest(agreements);
  const intents = parts.has("bank") && parts.has("intents") ? shareIntents(routes, agreements, model) : null;
  const whole = agreements.map((row, route) => {
    if (intents?.shares[route]) return new Float32Array(row.length);
    return row.map((agreement, concept) => shareOf(agreement, best[concept] as number));
  });
  const own = parts.has("rivals") ? divide(whole, agreements) : whole;
  const shares = parts.has("broader") ? addBroader(own, highest(whole), model) : own;
  const served = highest(shares);
  return {
    names: routes.map(({ route }) => route.name),
    embeddings: routes.map(({ description }) => description),
    shares,
    unserved: best.map((agreement, concept) => {
      if (!parts.has("unserved") || model.concepts[concept]?.kind === "context") return 0;
      return 1 - Math.max(served[concept] as number, ramp(agreement, SERVED_START, SERVED_FULL));
    }),
    intents,
  };
}

/** Which intents the narrow ones of the routes are for; null when none of the routes is narrow. */
function shareIntents(routes: readonly EmbeddedRoute[], concepts: readonly Float32Array[], { intents }: ConceptModel): IntentShares | null {
  const agreements = routes.map(({ description, titled }) =>
    Float32Array.from(intents.descriptions, (known) => Math.max(...known.flatMap((one) => [dot(description, one), dot(titled, one)]))),
  );
  const shares = agreements.map((row, route) => {
    const closest = Math.max(...row);
    if (closest < Math.max(INTENT_AGREEMENT, ...(concepts[route] as Float32Array))) return null;
    // One more for none of the intents.
    return Float32Array.from([...row, 0], (agreement) =>
      agreement < closest - INTENT_GAP ? 0 : ramp(agreement, INTENT_START, INTENT_FULL),
    );
  });
  const narrow = shares.filter((row) => row !== null);
  return narrow.length === 0 ? null : { shares, served: highest(narrow) };
}

function agreementsOf({ description, titled }: EmbeddedRoute, { concepts, descriptions }: ConceptModel): Float32Array {
  return Float32Array.from(concepts, ({ kind }, concept) => {
    if (kind === "context") return 0;
    return Math.max(...(descriptions[concept] ?? []).flatMap((known) => [dot(description, known), dot(titled, known)]));
  });
}

/** By concept, the highest value of all routes. */
function highest(rows: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array()] = rows;
  return first.map((_, concept) => Math.max(...rows.map((row) => row[concept] as number)));
}

function shareOf(agreement: number, best: number): number {
  return agreement < best - SHARE_GAP ? 0 : ramp(agreement, SHARE_START, SHARE_FULL);
}

function ramp(value: number, start: number, full: number): number {
  return Math.min(1, Math.max(0, (value - start) / (full - start)));
}

/** Divides a concept's shares by its rivals' number squared: with three of them little is left, and their descriptions decide. */
function divide(shares: readonly Float32Array[], agreements: readonly Float32Array[]): Float32Array[] {
  const rivals = new Map<number, number>();
  for (const row of agreements) {
    const closest = row.indexOf(Math.max(...row));
    if ((row[closest] ?? 0) >= RIVAL_AGREEMENT) rivals.set(closest, (rivals.get(closest) ?? 0) + 1);
  }
  return shares.map((row) => row.map((share, concept) => share / (rivals.get(concept) ?? 1) ** 2));
}

/** Gives what the routes leave of a concept, of which `taken` says how much they have, to the routes of its broader concepts. */
function addBroader(shares: readonly Float32Array[], taken: Float32Array, { concepts }: ConceptModel): Float32Array[] {
  const indexes = new Map(concepts.map(({ name }, index) => [name, index]));
  return shares.map((row) =>
    row.map((share, concept) => {
      const inherited = (concepts[concept]?.broader ?? []).map((name) => row[indexes.get(name) as number] as number);
      return Math.max(share, BROADER_SHARE * (1 - (taken[concept] as number)) * Math.max(0, ...inherited));
    }),
  );
}
