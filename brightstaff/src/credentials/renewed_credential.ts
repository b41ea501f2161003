import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf, type Token, type TokenRequest, UnobtainableError } from "./source.ts";

/** How long one request for a token may take, its retries by a library included. */
const REQUEST_MS_MAX = 10_000;
/**
 * A token is renewed when this share of its life is over, at random a little sooner, so that many gateways do not ask at once. What is left,
 * twelve minutes of the usual hour, is for a token service that is out. Where one hands out the same token again until shortly before its
 * end, as Google's and Azure's machines do, the same share of what is left leads there in a few steps.
 */
const RENEWED_AT_SHARE = 0.8;
const JITTER_SHARE = 0.1;
const RENEWAL_MS_MIN = 1_000;
/** A timer's own limit is 24 days. */
const RENEWAL_MS_MAX = 24 * 3_600_000;
/** A failed request is made again after this, then after twice the time, and so on. */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 60_000;
/** Envoy's limit for all headers of a request together is 60 KiB. */
const TOKEN_CHARACTERS_MAX = 16_384;

/** What a credential tells while it is kept fresh, for Envoy's files, metrics and logs. */
export type RenewalListener = {
  renewed(token: Token): void;
  /** `reason` is fit for a log. `remaining_ms` is what is left of the token in use, null when there is none. */
  failed(reason: string, remaining_ms: number | null): void;
  /** The token in use has ended without a new one. */
  expired(): void;
};

export type RenewalTimes = { readonly request_ms_max: number; readonly renewal_ms_min: number; readonly retry_ms_min: number };

const TIMES: RenewalTimes = { request_ms_max: REQUEST_MS_MAX, renewal_ms_min: RENEWAL_MS_MIN, retry_ms_min: RETRY_MS_MIN };

/** A token that is kept fresh in the background, from `start()` to `stop()`. */
export class RenewedCredential {
  readonly #request: TokenRequest;
  readonly #listener: RenewalListener;
  readonly #times: RenewalTimes;
  readonly #stopped = new AbortController();
  readonly #firstAttempt = Promise.withResolvers<void>();
  #token: Token | null = null;

  constructor(request: TokenRequest, listener: RenewalListener, times: RenewalTimes = TIMES) {
    this.#request = request;
    this.#listener = listener;
    this.#times = times;
  }

  /** Null before the first token and from a token's end to the next. */
  get token(): Token | null {
    return this.#token;
  }

  /** Resolves when the first request for a token has succeeded, failed or been given up. */
  get firstAttempt(): Promise<void> {
    return this.#firstAttempt.promise;
  }

  start(): void {
    void this.#renewForEver();
  }

  stop(): void {
    this.#stopped.abort();
    this.#firstAttempt.resolve();
  }

  async #renewForEver(): Promise<void> {
    const { signal } = this.#stopped;
    let failures = 0;
    while (!signal.aborted) {
      failures = (await this.#renew()) ? 0 : failures + 1;
      this.#firstAttempt.resolve();
      const wait_ms = failures === 0 ? this.#untilRenewal_ms() : Math.min(RETRY_MS_MAX, this.#times.retry_ms_min * 2 ** (failures - 1));
      await sleep(wait_ms, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  #untilRenewal_ms(): number {
    const share = RENEWED_AT_SHARE - JITTER_SHARE * Math.random();
    return Math.min(RENEWAL_MS_MAX, Math.max(this.#times.renewal_ms_min, (this.#remaining_ms() ?? 0) * share));
  }

  #remaining_ms(): number | null {
    return this.#token === null ? null : Math.max(0, this.#token.expiresAt_ms - Date.now());
  }

  async #renew(): Promise<boolean> {
    const deadline = AbortSignal.timeout(this.#times.request_ms_max);
    const signal = AbortSignal.any([deadline, this.#stopped.signal]);
    try {
      const token = await Promise.race([this.#request(signal), rejectOn(signal)]);
      if (this.#stopped.signal.aborted) return true;
      check(token);
      this.#token = token;
      this.#listener.renewed(token);
      return true;
    } catch (error) {
      if (this.#stopped.signal.aborted) return true;
      this.#listener.failed(deadline.aborted ? `no answer within ${this.#times.request_ms_max} ms` : reasonOf(error), this.#remaining_ms());
      this.#dropExpired();
      return false;
    }
  }

  #dropExpired(): void {
    if (this.#remaining_ms() !== 0) return;
    this.#token = null;
    this.#listener.expired();
  }
}

/** Not every library ends what it does when it is told to. */
function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

/** It becomes a header's value: visible ASCII, without spaces. */
function check({ value, expiresAt_ms }: Token): void {
  if (!/^[\x21-\x7e]+$/.test(value)) throw new UnobtainableError("the token has characters that no header can hold");
  if (value.length > TOKEN_CHARACTERS_MAX) throw new UnobtainableError(`the token is longer than ${TOKEN_CHARACTERS_MAX} characters`);
  if (!(expiresAt_ms > Date.now())) throw new UnobtainableError("the token has ended before it came");
}
