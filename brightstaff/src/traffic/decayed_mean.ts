/** A mean of samples that count half as much for each half-life that they are older than the latest. */
export class DecayedMean {
  readonly #halfLife_ms: number;
  #sum = 0;
  #weight = 0;
  #at_ms = Number.NEGATIVE_INFINITY;

  constructor(halfLife_ms: number) {
    this.#halfLife_ms = halfLife_ms;
  }

  /** undefined before the first sample. */
  get value(): number | undefined {
    return this.#weight === 0 ? undefined : this.#sum / this.#weight;
  }

  /** Samples may come out of their order, as when a batch was kept for a while. */
  add(value: number, at_ms: number): void {
    let weight = 1;
    if (at_ms >= this.#at_ms) {
      const left = 2 ** ((this.#at_ms - at_ms) / this.#halfLife_ms); // of what is known so far; 0 before the first
      this.#sum *= left;
      this.#weight *= left;
      this.#at_ms = at_ms;
    } else {
      weight = 2 ** ((at_ms - this.#at_ms) / this.#halfLife_ms);
    }
    this.#sum += weight * value;
    this.#weight += weight;
  }
}
