import type { Conversation, EmbeddedResolverOptions, Resolution, Resolver, Route } from "../resolver.ts";
import { type ConceptModel, loadConceptModel } from "./concept_model.ts";
import { Encoder } from "./encoder.ts";
import { PARTS, type Parts } from "./parts.ts";
import { createRouteTable, type EmbeddedRoute, type RouteTable } from "./route_table.ts";
import { choose, scoreTurns } from "./scoring.ts";
import { readTurns } from "./turns.ts";

/** More tokens cost time and change nothing: the task is named at the start, or else at the end. */
const HEAD_TOKENS = 48;
const TAIL_TOKENS = 16;
/** Route tables come from the configuration; requests that bring their own must not fill the memory. */
const ROUTE_TABLES_MAX = 256;

/** The settings with which the encoder must read the bank and the requests alike. */
export function createEncoder(modelDir: string): Encoder {
  return new Encoder({ modelDir, head_tokens: HEAD_TOKENS, tail_tokens: TAIL_TOKENS });
}

const GREETING: Conversation = [{ role: "user", content: "hello" }];

/**
 * Decides by sentence embeddings (all-MiniLM-L6-v2): which kind of request is it, judged by a bank of examples, and which route is for
 * that kind, judged by its description. No network, no key, 2 to 10 ms of one core.
 */
export class EmbeddedResolver implements Resolver {
  readonly id = "embedded";
  readonly isRepeatable = true;
  readonly #encoder: Encoder;
  readonly #model: Promise<ConceptModel>;
  readonly #tables = new Map<string, Promise<RouteTable>>();
  readonly #parts: Parts;

  /** `parts` are all but in an ablation. */
  constructor({ modelDir }: Pick<EmbeddedResolverOptions, "modelDir">, parts: Parts = new Set(PARTS)) {
    this.#encoder = createEncoder(modelDir);
    this.#model = this.#encoder.ready().then(() => loadConceptModel(this.#encoder, modelDir));
    // Whoever asks ready() or resolve() learns of it; nobody asking is no reason to end the process.
    this.#model.catch(() => {});
    this.#parts = parts;
  }

  async ready(): Promise<void> {
    await this.#model;
  }

  async resolve(conversation: Conversation, routes: readonly Route[], signal: AbortSignal): Promise<Resolution> {
    const model = await this.#model;
    const messages = conversation.flatMap(({ role, content }) => (role === "user" && content.trim() !== "" ? [content] : []));
    if (messages.length === 0 || routes.length === 0) return { route: null, confidence: 1, resolver: this.id };
    const choice = choose(
      routes.map(({ name }) => name),
      await this.#score(messages, routes, model, signal),
    );
    return { ...choice, resolver: this.id };
  }

  /** Reads the descriptions, tens of milliseconds' work. */
  async prepare(routes: readonly Route[], signal: AbortSignal): Promise<void> {
    await this.resolve(GREETING, routes, signal);
  }

  /** By route, how well a request of one message fits it; what is above `NONE_SCORE` may be chosen. */
  async score(message: string, routes: readonly Route[], signal: AbortSignal): Promise<number[]> {
    return this.#score([message], routes, await this.#model, signal);
  }

  async #score(messages: readonly string[], routes: readonly Route[], model: ConceptModel, signal: AbortSignal): Promise<number[]> {
    const table = await this.#table(routes, model);
    const turns = await readTurns(messages, this.#encoder, model, this.#parts, signal);
    return scoreTurns(table, turns, model.average, this.#parts);
  }

  async close(): Promise<void> {
    await this.#encoder.close();
  }

  #table(routes: readonly Route[], model: ConceptModel): Promise<RouteTable> {
    const key = JSON.stringify(routes.map(({ name, description }) => [name, description]));
    const known = this.#tables.get(key);
    // Deleted and set again, it is the youngest: the map's order is the order of use.
    this.#tables.delete(key);
    const table = known ?? this.#createTable(routes, model);
    this.#tables.set(key, table);
    table.catch(() => this.#tables.delete(key));
    if (this.#tables.size > ROUTE_TABLES_MAX) {
      const [oldest] = this.#tables.keys();
      if (oldest !== undefined) this.#tables.delete(oldest);
    }
    return table;
  }

  /** Not bound to the request that needs it first: others wait for the same table. */
  async #createTable(routes: readonly Route[], model: ConceptModel): Promise<RouteTable> {
    const never = new AbortController().signal;
    const embedded: EmbeddedRoute[] = [];
    for (const route of routes) {
      const titled = `${route.name.replaceAll(/[_-]+/g, " ")}: ${route.description}`;
      embedded.push({
        route,
        description: await this.#encoder.embed(route.description, never),
        titled: await this.#encoder.embed(titled, never),
      });
    }
    return createRouteTable(embedded, model, this.#parts);
  }
}
