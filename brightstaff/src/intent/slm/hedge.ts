import type { Deadline } from "../../deadline.ts";

export type HedgeOptions = {
  /** Without an answer by then, a second attempt is made beside the first. */
  readonly delay_ms: number;
  /** Whether a second attempt can be afforded; asked when one is wanted. */
  readonly afford: () => boolean;
  /** Whether another attempt may do better than one that failed so. */
  readonly isRetryable: (error: unknown) => boolean;
  /** For both. */
  readonly deadline: Deadline;
};

/**
 * The first answer of at most two attempts: the second is made when the first is slow, or at once when it has failed. Rejects with the
 * first attempt's error when neither gives an answer. The attempt that is not needed any more is aborted.
 */
export async function hedge<T>(attempt: (signal: AbortSignal) => Promise<T>, options: HedgeOptions): Promise<T> {
  const { deadline } = options;
  let timer: NodeJS.Timeout | undefined;
  let isHedged = false;
  try {
    const first = attempt(deadline.signal);
    const isOver = first.then(
      () => true,
      (error) => !options.isRetryable(error),
    );
    const slow = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, options.delay_ms, false);
      timer.unref();
    });
    if ((await Promise.race([isOver, slow])) || deadline.signal.aborted || !options.afford()) return await first;
    isHedged = true;
    return await Promise.any([first, attempt(deadline.signal)]).catch(({ errors }: AggregateError) => Promise.reject(errors[0]));
  } finally {
    clearTimeout(timer);
    if (isHedged) deadline.abort();
  }
}

/** Second attempts for each request, and how many may be saved up: an endpoint that is slow for all must not get twice the requests. */
const SECOND_SHARE = 0.1;
const SAVED_MAX = 10;

/** Keeps second attempts to a share of the requests. */
export class HedgeBudget {
  #saved = SAVED_MAX;

  /** To be called for every request. */
  earn(): void {
    this.#saved = Math.min(SAVED_MAX, this.#saved + SECOND_SHARE);
  }

  /** Whether there is a second attempt left, which is then taken. */
  spend(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
