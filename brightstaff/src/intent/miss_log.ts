import type { Logger } from "pino";
import type { Conversation, Miss, Resolution, Resolver, Route } from "./resolver.ts";

/** Misses come in crowds; one line in this time tells of them all. */
const LINE_EVERY_MS = 60_000;

/** A resolver for which another stands in at times, and that says so in the log: at once, then once a minute with how often since. */
export class MissLog implements Resolver {
  readonly id: string;
  readonly isRepeatable: boolean;
  readonly #resolver: Resolver;
  readonly #logger: Pick<Logger, "warn">;
  readonly #now_ms: () => number;
  #told_ms = Number.NEGATIVE_INFINITY;
  readonly #untold = new Map<Miss, number>();

  constructor(resolver: Resolver, logger: Pick<Logger, "warn">, now_ms: () => number = () => performance.now()) {
    this.id = resolver.id;
    this.isRepeatable = resolver.isRepeatable;
    this.#resolver = resolver;
    this.#logger = logger;
    this.#now_ms = now_ms;
  }

  ready(): Promise<void> {
    return this.#resolver.ready();
  }

  async resolve(conversation: Conversation, routes: readonly Route[], signal: AbortSignal): Promise<Resolution> {
    const resolution = await this.#resolver.resolve(conversation, routes, signal);
    if (resolution.miss !== undefined) this.#tell(resolution.miss);
    return resolution;
  }

  prepare(routes: readonly Route[], signal: AbortSignal): Promise<void> {
    return this.#resolver.prepare(routes, signal);
  }

  close(): Promise<void> {
    return this.#resolver.close();
  }

  #tell(miss: Miss): void {
    this.#untold.set(miss, (this.#untold.get(miss) ?? 0) + 1);
    if (this.#now_ms() - this.#told_ms < LINE_EVERY_MS) return;
    this.#told_ms = this.#now_ms();
    this.#logger.warn(
      { model: this.id, decisions: Object.fromEntries(this.#untold) },
      "the embedded model stands in for the routing model",
    );
    this.#untold.clear();
  }
}
