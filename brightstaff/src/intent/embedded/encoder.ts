import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** What the worker is started with. A text longer than both parts keeps its first and its last tokens. */
export type EncoderSettings = { readonly modelDir: string; readonly head_tokens: number; readonly tail_tokens: number };
export type EncodeRequest = { readonly id: number; readonly text: string };
export type EncodeReply = { readonly id: number; readonly embedding: Float32Array } | { readonly id: number; readonly error: string };

/** Past this, texts are refused: at some 5 ms each, the last of them would wait longer than any decision's deadline. */
const WAITING_MAX = 2000;
/** Conversations come back with every turn, and only their last message is new. 1.5 KB each. */
const CACHED_EMBEDDINGS_MAX = 4000;
/** Tokens are some four characters; more are never read of either end, so that a megabyte is not tokenised for its ends. */
const CHARACTERS_PER_TOKEN_MAX = 12;

type Waiting = {
  readonly text: string;
  readonly signal: AbortSignal;
  resolve(embedding: Float32Array): void;
  reject(reason: unknown): void;
};

/**
 * Sentence embeddings (384 dimensions, length 1) from the model that convert_model.py wrote, in a thread of its own.
 * Texts are taken one after another; those whose signal is aborted while they wait cost nothing.
 */
export class Encoder {
  readonly settings: EncoderSettings;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  readonly #waiting: Waiting[] = [];
  readonly #cache = new Map<string, Float32Array>();
  #running: Waiting | null = null;
  #runningId = 0;
  #failure: Error | null = null;

  constructor(settings: EncoderSettings) {
    this.settings = settings;
    this.#worker = new Worker(new URL("./encoder_worker.ts", import.meta.url), { workerData: settings });
    this.#ready = this.#start();
    // Whoever asks ready() or embed() learns of it; nobody asking is no reason to end the process.
    this.#ready.catch(() => {});
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  async embed(text: string, signal: AbortSignal): Promise<Float32Array> {
    const read = this.#ends(text);
    const cached = this.#cache.get(read);
    if (cached !== undefined) {
      // Deleted and set again, it is the youngest: the map's order is the order of use.
      this.#cache.delete(read);
      this.#cache.set(read, cached);
      return cached;
    }
    const embedding = await this.#enqueue(read, signal);
    this.#cache.set(read, embedding);
    if (this.#cache.size > CACHED_EMBEDDINGS_MAX) {
      for (const oldest of this.#cache.keys()) {
        this.#cache.delete(oldest);
        break;
      }
    }
    return embedding;
  }

  async close(): Promise<void> {
    this.#fail(new Error("the routing model was closed"));
    await this.#worker.terminate();
  }

  async #start(): Promise<void> {
    this.#worker.on("error", (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on("exit", (code) => this.#fail(new Error(`the routing model's thread ended with code ${code}`)));
    const [message] = await once(this.#worker, "message");
    if (message !== "ready") throw new Error("the routing model's thread did not start as expected");
    this.#worker.on("message", (reply: EncodeReply) => this.#finish(reply));
  }

  #ends(text: string): string {
    const head = this.settings.head_tokens * CHARACTERS_PER_TOKEN_MAX;
    const tail = this.settings.tail_tokens * CHARACTERS_PER_TOKEN_MAX;
    return text.length <= head + tail ? text : `${text.slice(0, head)} ${text.slice(text.length - tail)}`;
  }

  async #enqueue(text: string, signal: AbortSignal): Promise<Float32Array> {
    await this.#ready;
    signal.throwIfAborted();
    if (this.#failure !== null) throw this.#failure;
    if (this.#waiting.length >= WAITING_MAX) throw new Error(`more than ${WAITING_MAX} texts wait for the routing model`);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, signal, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#running !== null) return;
    for (let waiting = this.#waiting.shift(); waiting !== undefined; waiting = this.#waiting.shift()) {
      if (waiting.signal.aborted) {
        waiting.reject(waiting.signal.reason);
        continue;
      }
      this.#running = waiting;
      this.#runningId += 1;
      this.#worker.postMessage({ id: this.#runningId, text: waiting.text } satisfies EncodeRequest);
      return;
    }
  }

  #finish(reply: EncodeReply): void {
    const finished = this.#running;
    if (finished === null || reply.id !== this.#runningId) return;
    this.#running = null;
    if ("error" in reply) finished.reject(new Error(reply.error));
    else finished.resolve(reply.embedding);
    this.#next();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#running?.reject(this.#failure);
    this.#running = null;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
  }
}
