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
/** Before a thread that has ended is started anew; doubled when the new one ends soon, too. */
const RESTART_MS = 100;
const RESTART_MS_MAX = 30_000;
/** A thread that has lived as long did not end for what made the one before it end. */
const STEADY_MS = 60_000;

type Waiting = {
  readonly text: string;
  readonly signal: AbortSignal;
  resolve(embedding: Float32Array): void;
  reject(reason: unknown): void;
};

/**
 * Sentence embeddings (384 dimensions, length 1) from the model that convert_model.py wrote, in a thread of its own.
 * Texts are taken one after another; those whose signal is aborted while they wait cost nothing. When the thread ends, what waits for it
 * fails at once, as does what comes before a new one is ready.
 */
export class Encoder {
  readonly settings: EncoderSettings;
  #worker: Worker;
  /** Of the first thread: one that cannot be started at all is not tried again. */
  readonly #ready: Promise<void>;
  readonly #waiting: Waiting[] = [];
  readonly #cache = new Map<string, Float32Array>();
  #running: Waiting | null = null;
  #runningId = 0;
  /** Why there is no thread, null while there is one. */
  #failure: Error | null = null;
  #startedAt_ms = 0;
  #restartAfter_ms = RESTART_MS;
  #restart: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(settings: EncoderSettings) {
    this.settings = settings;
    this.#worker = this.#createWorker();
    this.#ready = this.#start(this.#worker);
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
    this.#isClosed = true;
    clearTimeout(this.#restart);
    this.#fail(new Error("the routing model was closed"));
    await this.#worker.terminate();
  }

  #createWorker(): Worker {
    return new Worker(new URL("./encoder_worker.ts", import.meta.url), { workerData: this.settings });
  }

  /** Resolves when the thread takes texts; rejects when it ends before that. */
  async #start(worker: Worker): Promise<void> {
    let error = new Error("the routing model's thread ended");
    worker.on("error", (thrown) => {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
    });
    const ended = new Promise<never>((_, reject) => {
      // After every `error` there is an `exit`.
      worker.on("exit", () => {
        this.#fail(error);
        reject(error);
      });
    });
    const [message] = await Promise.race([once(worker, "message"), ended]);
    if (message !== "ready") throw new Error("the routing model's thread did not start as expected");
    this.#failure = null;
    this.#startedAt_ms = performance.now();
    worker.on("message", (reply: EncodeReply) => this.#finish(reply));
    ended.catch(() => this.#planRestart());
  }

  #planRestart(): void {
    if (this.#isClosed) return;
    if (performance.now() - this.#startedAt_ms >= STEADY_MS) this.#restartAfter_ms = RESTART_MS;
    const restart = () => {
      this.#worker = this.#createWorker();
      this.#start(this.#worker).catch(() => this.#planRestart());
    };
    this.#restart = setTimeout(restart, this.#restartAfter_ms).unref();
    this.#restartAfter_ms = Math.min(2 * this.#restartAfter_ms, RESTART_MS_MAX);
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
