// What the report says of a series of rounds.

export interface Summary {
  median: number;
  min: number;
  max: number;
}

/** The value below which `fraction` (0 to 1) of the values lie, between the two nearest ones where none fits. Throws on no values. */
export function quantile(values: readonly number[], fraction: number): number {
  if (values.length === 0) throw new Error("a quantile of no values");
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

export function summarize(values: readonly number[]): Summary {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Ratios of the rounds in which both were measured, each round against itself: what slows a whole round down (another process, a
 * lower clock) falls out. `values` and `base` are by round; NaN stands for a void round.
 */
export function pairedRatios(values: readonly number[], base: readonly number[]): number[] {
  return values.flatMap((value, round) => {
    const ratio = value / (base[round] ?? Number.NaN);
    return Number.isFinite(ratio) ? [ratio] : [];
  });
}
