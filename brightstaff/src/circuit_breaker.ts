/** So many requests in a row without an answer, and the endpoint is taken to be down. */
const FAILURES_MAX = 5;
/** How long it is then left alone: first this, twice the time after each trial that fails, up to the second. */
const OPEN_MS_MIN = 1_000;
const OPEN_MS_MAX = 30_000;

/** What to do about a request: ask the endpoint; leave it alone; or leave this request to others, and ask to see whether it is back. */
export type Permission = "ask" | "leave" | "try";

/** Spares requests the wait for an endpoint that is down, and finds out when it is back. */
export class CircuitBreaker {
  readonly #now_ms: () => number;
  #failures = 0;
  /** null while the endpoint is taken to be up. */
  #open: { until_ms: number; readonly wait_ms: number } | null = null;
  #trying = false;

  constructor(now_ms: () => number) {
    this.#now_ms = now_ms;
  }

  /** A "try" has to be followed by `succeeded()` or `failed()`; there is one at a time. */
  permit(): Permission {
    if (this.#open === null) return "ask";
    if (this.#trying || this.#now_ms() < this.#open.until_ms) return "leave";
    this.#trying = true;
    return "try";
  }

  succeeded(): void {
    this.#failures = 0;
    this.#open = null;
    this.#trying = false;
  }

  failed(): void {
    this.#failures += 1;
    if (this.#open === null && this.#failures >= FAILURES_MAX) this.#leaveAlone(OPEN_MS_MIN);
    // What was asked before the circuit opened, and fails later, says nothing new.
    else if (this.#open !== null && this.#trying) this.#leaveAlone(Math.min(OPEN_MS_MAX, this.#open.wait_ms * 2));
  }

  #leaveAlone(wait_ms: number): void {
    this.#open = { until_ms: this.#now_ms() + wait_ms, wait_ms };
    this.#trying = false;
  }
}
