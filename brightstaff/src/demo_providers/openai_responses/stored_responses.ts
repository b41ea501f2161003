import type { JsonObject } from "../wire.ts";

/** Of all that is kept: what came first goes first. */
const STORED_CHARS_MAX = 16 * 1024 * 1024;

/** The conversations that were not asked to be forgotten, in memory: what `previous_response_id` and references to items find. */
export class StoredResponses {
  readonly #conversations = new Map<string, { items: readonly JsonObject[]; chars: number }>();
  #chars = 0;

  /** `items`: all that was asked and answered, the answer last. */
  keep(responseId: string, items: readonly JsonObject[]): void {
    const chars = JSON.stringify(items).length;
    this.#conversations.set(responseId, { items, chars });
    this.#chars += chars;
    for (const [oldest, kept] of this.#conversations) {
      if (this.#chars <= STORED_CHARS_MAX) return;
      this.#conversations.delete(oldest);
      this.#chars -= kept.chars;
    }
  }

  conversation(responseId: string): readonly JsonObject[] | undefined {
    return this.#conversations.get(responseId)?.items;
  }

  item(id: string): JsonObject | undefined {
    for (const { items } of this.#conversations.values()) {
      const found = items.find((item) => item.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
