import { describe, expect, it } from "vitest";
import type { Concept, ConceptKind, Intent } from "./bank.ts";
import type { ConceptModel } from "./concept_model.ts";
import { PARTS } from "./parts.ts";
import { createRouteTable, type EmbeddedRoute } from "./route_table.ts";

/** In a plane, so that the agreement of two is the cosine of the angle between them. */
const at = (degrees: number): Float32Array => Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

const concept = (name: string, broader: string[] = [], kind: ConceptKind = "task"): Concept => ({
  name,
  kind,
  broader,
  descriptions: [name],
  examples: [],
});

const intent = (name: string): Intent => ({ name, descriptions: [name], examples: [] });

/** Intents at their degrees. */
function createModel(concepts: readonly Concept[], degrees: readonly number[], intents: Record<string, number> = {}): ConceptModel {
  const classify = () => new Float32Array(concepts.length);
  return {
    concepts,
    descriptions: degrees.map((angle) => [at(angle)]),
    average: at(0),
    classify,
    intents: {
      intents: Object.keys(intents).map(intent),
      descriptions: Object.values(intents).map((angle) => [at(angle)]),
      classify,
    },
  };
}

const route = (name: string, degrees: number, titledDegrees = degrees): EmbeddedRoute => ({
  route: { name, description: name },
  description: at(degrees),
  titled: at(titledDegrees),
});

const all = new Set(PARTS);
const without = (part: (typeof PARTS)[number]) => new Set(PARTS.filter((other) => other !== part));

describe("createRouteTable", () => {
  it("gives a concept to the route that is for it", () => {
    const table = createRouteTable(
      [route("poems", 0), route("sums", 90)],
      createModel([concept("poetry"), concept("mathematics")], [5, 80]),
      all,
    );
    expect(table.shares.map((row) => [...row])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect([...table.unserved]).toEqual([0, 0]);
  });

  it("gives it to all routes that are about as close", () => {
    const model = createModel([concept("poetry"), concept("prose")], [0, 40]);
    const [close, second, far] = createRouteTable([route("a", 10), route("b", 30), route("c", 60)], model, without("rivals")).shares;
    expect([close?.[0], second?.[0], far?.[0]]).toEqual([1, 1, 0]);
  });

  it("takes from a concept what it says of routes that are all parts of it", () => {
    const model = createModel([concept("poetry")], [0]);
    const shares = createRouteTable([route("sonnets", 10), route("ballads", -10)], model, all).shares;
    expect(shares.map(([share]) => share)).toEqual([0.25, 0.25]);
  });

  it("takes the name into account where it says more than the description", () => {
    const model = createModel([concept("poetry")], [0]);
    expect(createRouteTable([route("poems", 80, 10)], model, all).shares[0]?.[0]).toBe(1);
  });

  it("lends the requests of an unserved concept to the broader one's route", () => {
    const concepts = [concept("refactoring", ["coding"]), concept("coding")];
    const model = createModel(concepts, [90, 0]);
    expect(createRouteTable([route("code", 0)], model, all).shares[0]?.[0]).toBeCloseTo(0.7);
    expect(createRouteTable([route("code", 0), route("clean-up", 90)], model, all).shares[0]?.[0]).toBe(0);
    expect(createRouteTable([route("code", 0)], model, without("broader")).shares[0]?.[0]).toBe(0);
  });

  it("knows which concepts no route is for", () => {
    const model = createModel([concept("poetry"), concept("small talk"), concept("follow-up", [], "context")], [0, 90, 90]);
    expect([...createRouteTable([route("poems", 0)], model, all).unserved]).toEqual([0, 1, 0]);
    expect([...createRouteTable([route("poems", 0)], model, without("unserved")).unserved]).toEqual([0, 0, 0]);
  });

  it("gives an intent to the one route that is for just it, and concepts to none of the narrow routes", () => {
    const model = createModel([concept("customer-support")], [40], { refunds: 0, returns: 30, invoices: 90 });
    const { shares, intents } = createRouteTable([route("money back", 2), route("bills", 85)], model, all);
    expect(shares.map((row) => [...row])).toEqual([[0], [0]]);
    expect(intents?.shares.map((row) => row && [...row])).toEqual([
      [1, 0, 0, 0],
      [0, 0, 1, 0],
    ]);
    expect([...(intents?.served ?? [])]).toEqual([1, 0, 1, 0]);
  });

  it("leaves a route that a concept describes better to the concept", () => {
    const model = createModel([concept("customer-support")], [0], { refunds: 10 });
    const { shares, intents } = createRouteTable([route("support", 0)], model, all);
    expect(shares[0]?.[0]).toBe(1);
    expect(intents).toBeNull();
    const mixed = createRouteTable([route("support", 0), route("money back", 10)], model, all).intents;
    expect(mixed?.shares.map((row) => row && [...row])).toEqual([null, [1, 0]]);
    expect(createRouteTable([route("money back", 10)], model, without("intents")).intents).toBeNull();
  });
});
