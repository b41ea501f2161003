/** Routes whose turn is counted; a changed config may leave some behind, and the one asked for longest ago makes room. */
const ROUTES_MAX = 1_024;

/** When a model was last measured, in milliseconds since 1970; negative infinity for one that never was. */
export type MeasuredAt = (model: string) => number;

/**
 * Which model a decision should try first for the sake of measuring it: by the rule alone, models that nothing is known of come last and
 * would stay unknown, and one that was slow once would stay slow. Every n-th decision of a route tries the model that was measured, or tried so,
 * longest ago; not one of which there is a recent measurement.
 */
export class Exploration {
  readonly #every: number;
  readonly #recent_ms: number;
  readonly #turns = new Map<string, number>();
  readonly #triedAt_ms = new Map<string, number>();

  /** @param every 0 for never */
  constructor(every: number, recent_ms: number) {
    this.#every = every;
    this.#recent_ms = recent_ms;
  }

  /** @param models fit to be tried; @returns one of them, or null when this decision has none to explore */
  next(route: string, models: readonly string[], measuredAt: MeasuredAt, now_ms: number): string | null {
    if (!this.#isTurn(route)) return null;
    let chosen: string | null = null;
    let oldest_ms = now_ms - this.#recent_ms;
    for (const model of models) {
      const known_ms = Math.max(measuredAt(model), this.#triedAt_ms.get(model) ?? Number.NEGATIVE_INFINITY);
      if (known_ms >= oldest_ms) continue;
      chosen = model;
      oldest_ms = known_ms;
    }
    if (chosen !== null) this.#triedAt_ms.set(chosen, now_ms);
    return chosen;
  }

  #isTurn(route: string): boolean {
    if (this.#every === 0) return false;
    const turn = (this.#turns.get(route) ?? 0) + 1;
    this.#turns.delete(route);
    this.#turns.set(route, turn % this.#every);
    if (this.#turns.size > ROUTES_MAX) this.#turns.delete(this.#turns.keys().next().value as string);
    return turn === this.#every;
  }
}
