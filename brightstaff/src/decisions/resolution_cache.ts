import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Router } from "../config/gateway_config.ts";
import type { Conversation, Resolution } from "../intent/resolver.ts";

/** An entry is a digest and a resolution, some 300 bytes. */
const ENTRIES_MAX = 10_000;

/** What a resolver that is sure to say the same again has said of a conversation. */
export class ResolutionCache {
  /** By router as well: a changed config brings new ones, and what was resolved for the old goes with them. */
  readonly #byRouter = new WeakMap<Router, LRUCache<string, Resolution>>();

  /** The key of a conversation: a digest, so that no text is kept. */
  static keyOf(conversation: Conversation): string {
    let text = "";
    for (const { role, content } of conversation) text += `${role}${content.length}:${content}`;
    return hash("sha256", text, "base64");
  }

  get(router: Router, key: string): Resolution | undefined {
    return this.#byRouter.get(router)?.get(key);
  }

  set(router: Router, key: string, resolution: Resolution): void {
    let resolutions = this.#byRouter.get(router);
    if (resolutions === undefined) {
      resolutions = new LRUCache({ max: ENTRIES_MAX });
      this.#byRouter.set(router, resolutions);
    }
    resolutions.set(key, resolution);
  }
}
