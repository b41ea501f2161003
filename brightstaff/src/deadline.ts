/**
 * An abort signal with a deadline that leaves nothing behind once what it was for is over. `AbortSignal.timeout` keeps its timer until the time is up, and
 * `AbortSignal.any` what it was made of: at 100 decisions a second that was garbage that lived for seconds, whose collection stopped decisions for 50 ms.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal | undefined;
  readonly #onOuterAbort = () => this.#controller.abort(this.#outer?.reason);
  #hasPassed = false;

  /** @param outer aborts it too */
  constructor(deadline_ms: number, outer?: AbortSignal) {
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.#hasPassed = true;
      this.#controller.abort(new DOMException(`no answer within ${deadline_ms} ms`, "TimeoutError"));
    }, deadline_ms);
    this.#timer.unref();
    if (outer?.aborted) this.#onOuterAbort();
    else outer?.addEventListener("abort", this.#onOuterAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether it was the time that ran out. */
  get hasPassed(): boolean {
    return this.#hasPassed;
  }

  /** Ends what still goes on under it. */
  abort(): void {
    this.#controller.abort();
  }

  /** To be called when what it was for is over. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#onOuterAbort);
  }
}
