import type { Conversation, EmbeddedResolverOptions, Resolution, Resolver, Route } from "../resolver.ts";
import { Encoder } from "./encoder.ts";

const HEAD_TOKENS = 48;
const TAIL_TOKENS = 16;
/** Below this similarity to every description nothing fits. */
const SIMILARITY_MIN = 0.15;

/** Compares the last user message with the routes' descriptions by sentence embeddings: no network, no key, some 5 ms. */
export class EmbeddedResolver implements Resolver {
  readonly id = "embedded";
  readonly #encoder: Encoder;

  constructor({ modelDir }: EmbeddedResolverOptions) {
    this.#encoder = new Encoder({ modelDir, head_tokens: HEAD_TOKENS, tail_tokens: TAIL_TOKENS });
  }

  ready(): Promise<void> {
    return this.#encoder.ready();
  }

  async resolve(conversation: Conversation, routes: readonly Route[], signal: AbortSignal): Promise<Resolution> {
    const asked = conversation.findLast(({ role, content }) => role === "user" && content.trim() !== "");
    if (asked === undefined) return { route: null, confidence: null, resolver: this.id };
    const question = await this.#encoder.embed(asked.content, signal);
    let best: { route: string | null; similarity: number } = { route: null, similarity: SIMILARITY_MIN };
    for (const { name, description } of routes) {
      const similarity = dot(question, await this.#encoder.embed(description, signal));
      if (similarity > best.similarity) best = { route: name, similarity };
    }
    return { route: best.route, confidence: best.route === null ? null : Math.min(1, best.similarity), resolver: this.id };
  }

  close(): Promise<void> {
    return this.#encoder.close();
  }
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (const [index, value] of left.entries()) sum += value * (right[index] ?? 0);
  return sum;
}
