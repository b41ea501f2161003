import type { Resolver } from "../intent/resolver.ts";
import { type Item, OTHER } from "./dataset.ts";

export type Decision = { readonly item: Item; readonly chosen: string; readonly confidence: number | null; readonly resolve_ms: number };

/** Resolves every item, one after another, as a single client would; `progress` hears the number that is done. */
export async function evaluate(
  resolver: Resolver,
  items: readonly Item[],
  progress: (done: number) => void = () => {},
): Promise<Decision[]> {
  const never = new AbortController().signal;
  const decisions: Decision[] = [];
  for (const item of items) {
    const started = performance.now();
    const { route, confidence } = await resolver.resolve(item.messages, item.routes, never);
    decisions.push({ item, chosen: route ?? OTHER, confidence, resolve_ms: performance.now() - started });
    progress(decisions.length);
  }
  return decisions;
}

export function isRight({ item, chosen }: Decision): boolean {
  return chosen === item.expected;
}

/** The share of right decisions, 0 to 1; NaN for none. */
export function accuracy(decisions: readonly Decision[]): number {
  return decisions.filter(isRight).length / decisions.length;
}

/** The share of conversations of which every decision is right. */
export function conversationAccuracy(decisions: readonly Decision[]): number {
  const conversations = [...Map.groupBy(decisions, ({ item }) => item.conversation).values()];
  return conversations.filter((turns) => turns.every(isRight)).length / conversations.length;
}

/** The smallest value that at least the share `p` of `values` does not exceed. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}
