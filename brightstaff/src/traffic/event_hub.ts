import type { EventBatch } from "./gateway_event.ts";

/** Takes up what came of requests. Called on the event loop for every batch, so it must be brief and must not throw. */
export type EventConsumer = (batch: EventBatch) => void;

/** Where the events of all requests pass through: who wants them subscribes. */
export class EventHub {
  readonly #consumers = new Set<EventConsumer>();

  /** @returns what ends the subscription */
  subscribe(consumer: EventConsumer): () => void {
    this.#consumers.add(consumer);
    return () => void this.#consumers.delete(consumer);
  }

  publish(batch: EventBatch): void {
    for (const consume of this.#consumers) consume(batch);
  }
}
