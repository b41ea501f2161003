import { setImmediate as nextTurn } from "node:timers/promises";
import { countableOf } from "./countable.ts";

/**
 * The tokenizer takes time that grows with the square of a run without spaces: 15,000 ideographs cost a second, and a thousand some 5 ms.
 * Cut before a space where there is one, prose has the same tokens in pieces.
 */
const PIECE = /[\s\S]{1,1000}(?=\s)|[\s\S]{1,1000}/g;
/** How long decisions may be held up before they get a turn. */
const TURN_MS_MAX = 5;
/** Some 2 s of work. What is longer is taken to go on as it began. */
const CHARACTERS_MAX = 4_000_000;
/** Requests that wait for their turn, one is worked on at a time; each holds its body. */
const WAITING_MAX = 64;

export class TooManyCounts extends Error {}

/**
 * Estimates the input tokens of requests by the tokenizer of OpenAI's current models (o200k). Other models have their own, by which the
 * same text is up to a third longer or shorter.
 */
export class TokenEstimator {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws TooManyCounts when more wait than there is room for */
  async estimate(body: unknown): Promise<number> {
    if (this.#waiting >= WAITING_MAX) throw new TooManyCounts(`more than ${WAITING_MAX} counts of tokens are under way`);
    this.#waiting++;
    const { texts, tokens } = countableOf(body);
    const counted = this.#last.then(() => countTexts(texts));
    this.#last = counted.catch(() => undefined);
    try {
      return tokens + (await counted);
    } finally {
      this.#waiting--;
    }
  }
}

async function countTexts(texts: readonly string[]): Promise<number> {
  // A quarter of a second and some 50 MB, for those only who need it.
  const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
  const total = texts.reduce((sum, { length }) => sum + length, 0);
  let characters = 0;
  let tokens = 0;
  let turnStarted_ms = performance.now();
  for (const text of texts) {
    for (const [piece] of text.matchAll(PIECE)) {
      // What a model takes for an end or a role is plain text where a client has written it.
      tokens += countTokens(piece, { disallowedSpecial: new Set() });
      characters += piece.length;
      if (characters >= CHARACTERS_MAX) return Math.round((tokens * total) / characters);
      if (performance.now() - turnStarted_ms < TURN_MS_MAX) continue;
      await nextTurn();
      turnStarted_ms = performance.now();
    }
  }
  return tokens;
}
