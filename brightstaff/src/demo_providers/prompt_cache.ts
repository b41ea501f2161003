import { createHash } from "node:crypto";
import { countTokens } from "./tokens.ts";

/** Both providers cache prefixes from 1,024 tokens on (OpenAI's and Anthropic's prompt caching guides). */
const CACHED_TOKENS_MIN = 1024;
const PREFIXES_MAX = 4096;

/** Remembers which prompt prefixes were seen, to answer with plausible cached token counts. Holds hashes, never text. */
export class PromptCache {
  readonly #seen = new Set<string>();

  /**
   * `segments` are the prompt's pieces in order; a prefix may end after each.
   * Returns the tokens of the longest prefix seen before and of the longest that is now remembered (0 where too short).
   */
  use(scope: string, segments: readonly string[]): { readTokens: number; writtenTokens: number } {
    const hash = createHash("sha256").update(scope);
    let tokens = 0;
    let readTokens = 0;
    let longestTokens = 0;
    for (const segment of segments) {
      hash.update(segment);
      tokens += countTokens(segment);
      if (tokens < CACHED_TOKENS_MIN) continue;
      const key = hash.copy().digest("base64");
      if (this.#seen.has(key)) readTokens = tokens;
      this.#remember(key);
      longestTokens = tokens;
    }
    return { readTokens, writtenTokens: longestTokens - readTokens };
  }

  #remember(key: string): void {
    this.#seen.delete(key);
    this.#seen.add(key);
    if (this.#seen.size <= PREFIXES_MAX) return;
    const oldest = this.#seen.values().next().value;
    if (oldest !== undefined) this.#seen.delete(oldest);
  }
}
