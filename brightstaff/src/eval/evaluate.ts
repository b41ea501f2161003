import type { Resolver } from "../intent/resolver.ts";
import { type Item, OTHER } from "./dataset.ts";
import type { Journal } from "./journal.ts";

export type Decision = {
  readonly item: Item;
  readonly chosen: string;
  readonly confidence: number | null;
  /** Who decided: the one that was asked, or the one that stood in. */
  readonly resolver: string;
  readonly resolve_ms: number;
};

/** Resolves every item, one after another, as a single client would. What `journal` knows already is not resolved again. */
export async function evaluate(
  resolver: Resolver,
  items: readonly Item[],
  step: () => void = () => {},
  journal: Pick<Journal, "once"> = { once: (_, find) => find() },
): Promise<Decision[]> {
  const never = new AbortController().signal;
  const decisions: Decision[] = [];
  for (const [index, item] of items.entries()) {
    const decided = await journal.once(`${index}.decision`, async () => {
      const started = performance.now();
      const { route, confidence, resolver: decidedBy } = await resolver.resolve(item.messages, item.routes, never);
      return { chosen: route ?? OTHER, confidence, resolver: decidedBy, resolve_ms: performance.now() - started };
    });
    decisions.push({ item, ...decided });
    step();
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
