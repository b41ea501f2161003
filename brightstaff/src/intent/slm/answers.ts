import type { Route } from "../resolver.ts";

/** What a routing model's answer says: a route of the table, none of them, a name that is not in the table, or nothing readable. */
export type Answer = { kind: "route"; name: string } | { kind: "none" } | { kind: "unknown" } | { kind: "unreadable" };

/** Arch-Router's word for "no route"; Plano-Orchestrator says it with an empty list. */
const NO_ROUTE = "other";

/**
 * Reads `{"route": "name"}` (Arch-Router) and `{"route": ["name", …]}` (Plano-Orchestrator; the first name counts), exactly as
 * trained at first. What else models are seen to write is understood too: fences and words around the object, single
 * quotes, other letter case or separators in the name, the bare name.
 */
export function readAnswer(text: string, routes: readonly Route[]): Answer {
  const whole = readNames(parse(text.trim()));
  if (whole !== null) return choose(whole, routes);
  for (const [candidate] of text.matchAll(/\{[^{}]*\}/g)) {
    const names = readNames(parse(candidate)) ?? readNames(parse(candidate.replaceAll("'", '"')));
    if (names !== null) return choose(names, routes);
  }
  const bare = find(text.trim().replace(/^["'`]+|["'`.]+$/g, ""), routes);
  return bare ?? { kind: "unreadable" };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The names in `route`, or null when `value` is not an answer. */
function readNames(value: unknown): string[] | null {
  if (typeof value !== "object" || value === null || !("route" in value)) return null;
  const { route } = value;
  if (route === null) return [];
  if (typeof route === "string") return [route];
  return Array.isArray(route) && route.every((name) => typeof name === "string") ? route : null;
}

function choose(names: readonly string[], routes: readonly Route[]): Answer {
  const given = names.filter((name) => name.trim() !== "");
  if (given.length === 0) return { kind: "none" };
  for (const name of given) {
    const answer = find(name, routes);
    if (answer !== null) return answer;
  }
  return { kind: "unknown" };
}

function find(name: string, routes: readonly Route[]): Answer | null {
  const wanted = plain(name);
  const route = routes.find((candidate) => candidate.name === name) ?? routes.find((candidate) => plain(candidate.name) === wanted);
  if (route !== undefined) return { kind: "route", name: route.name };
  return wanted === NO_ROUTE ? { kind: "none" } : null;
}

function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, "-");
}
