import { OUTPUT_TOKENS } from "../ranking/expected_tokens.ts";
import { DecayedMean } from "./decayed_mean.ts";
import { endOf, type GatewayEvent, timePerOutputToken_ms } from "./gateway_event.ts";

/** Of models behind a wildcard a client can name any number; the one measured longest ago makes room. */
const MODELS_MAX = 1_024;
/** What was measured longer ago than this many half-lives says nothing of today. */
const STALE_HALF_LIVES = 6;
/** A whole answer of fewer tokens took about as long as a first token does; one of more mostly took as long as its tokens. */
const SHORT_ANSWER_TOKENS = 32;
const MS_PER_S = 1_000;

/** What the gateway's own traffic tells of one model, in milliseconds. */
class Speed {
  readonly firstToken_ms: DecayedMean;
  readonly outputToken_ms: DecayedMean;
  measuredAt_ms: number;

  constructor(halfLife_ms: number, at_ms: number) {
    this.firstToken_ms = new DecayedMean(halfLife_ms);
    this.outputToken_ms = new DecayedMean(halfLife_ms);
    this.measuredAt_ms = at_ms;
  }

  /** How long an answer of usual length takes. */
  get answer_s(): number {
    return ((this.firstToken_ms.value ?? 0) + OUTPUT_TOKENS * (this.outputToken_ms.value ?? 0)) / MS_PER_S;
  }
}

/**
 * Times to the first token and for each further one, by model, as the gateway's own requests found them; older ones count less. Streams tell
 * both. A whole answer tells one or the other, by its length. A deadline that passed tells that a first token takes no less than that.
 */
export class ModelSpeeds {
  readonly #halfLife_ms: number;
  /** Measured longest ago first. */
  readonly #speeds = new Map<string, Speed>();

  constructor(halfLife_ms: number) {
    this.#halfLife_ms = halfLife_ms;
  }

  /** Seconds that an answer of usual length is expected to take, by model; models without a recent measurement are not in it. */
  latencies(now_ms: number): Map<string, number> {
    const fresh = [...this.#speeds].filter(([, speed]) => now_ms - speed.measuredAt_ms <= STALE_HALF_LIVES * this.#halfLife_ms);
    return new Map(fresh.map(([model, speed]) => [model, speed.answer_s]));
  }

  /** When a model was last measured; negative infinity for one that never was. */
  measuredAt_ms(model: string): number {
    return this.#speeds.get(model)?.measuredAt_ms ?? Number.NEGATIVE_INFINITY;
  }

  /** @returns whether the event has measured anything */
  add(event: GatewayEvent): boolean {
    const at_ms = endOf(event);
    let hasMeasured = false;
    for (const { model, error, duration_ms } of event.attempts) {
      if (error !== "timeout") continue;
      this.#speed(model, at_ms).firstToken_ms.add(duration_ms, at_ms);
      hasMeasured = true;
    }
    const last = event.attempts.at(-1);
    if (last?.status !== 200 || event.answered_by !== last.model) return hasMeasured;
    if (last.first_token_ms !== undefined) this.#addStream(event, last.model, last.first_token_ms, at_ms);
    else if (event.end === "complete") return this.#addWhole(event, last.model, last.duration_ms, at_ms) || hasMeasured;
    else return hasMeasured;
    return true;
  }

  #addStream(event: GatewayEvent, model: string, firstToken_ms: number, at_ms: number): void {
    const speed = this.#speed(model, at_ms);
    speed.firstToken_ms.add(firstToken_ms, at_ms);
    const outputToken_ms = timePerOutputToken_ms(event);
    if (outputToken_ms !== undefined) speed.outputToken_ms.add(outputToken_ms, at_ms);
  }

  #addWhole({ output_tokens: tokens }: GatewayEvent, model: string, duration_ms: number, at_ms: number): boolean {
    if (tokens === undefined || tokens === 0) return false;
    const speed = this.#speed(model, at_ms);
    if (tokens < SHORT_ANSWER_TOKENS) speed.firstToken_ms.add(duration_ms, at_ms);
    else speed.outputToken_ms.add(Math.max(0, duration_ms - (speed.firstToken_ms.value ?? 0)) / tokens, at_ms);
    return true;
  }

  #speed(model: string, at_ms: number): Speed {
    const speed = this.#speeds.get(model) ?? new Speed(this.#halfLife_ms, at_ms);
    speed.measuredAt_ms = Math.max(speed.measuredAt_ms, at_ms);
    this.#speeds.delete(model);
    this.#speeds.set(model, speed);
    if (this.#speeds.size > MODELS_MAX) this.#speeds.delete(this.#speeds.keys().next().value as string);
    return speed;
  }
}
