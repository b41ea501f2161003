import type { Pool } from "undici";
import { CircuitBreaker } from "../../circuit_breaker.ts";
import { Deadline } from "../../deadline.ts";
import type { Conversation, Miss, Resolution, Resolver, Route, SlmResolverOptions } from "../resolver.ts";
import { type Answer, readAnswer } from "./answers.ts";
import { HedgeBudget, hedge } from "./hedge.ts";
import { type PromptWriter, promptWriters } from "./prompt_forms.ts";
import { countTokens, trimConversation } from "./trimming.ts";

const CONNECTIONS_MAX = 64;
/** vLLM's own default is 5 s (uvicorn's timeout_keep_alive); undici takes the server's hint when there is one. */
const KEEP_ALIVE_MS = 4_000;
/** An answer is one short JSON object. */
const ANSWER_TOKENS_MAX = 128;
/** With what a model thinks before it answers: some chat models always do. */
const CHAT_TOKENS_MAX = 2048;
/** With so many routes that less is left, the endpoint's own refusal is better than a question about nothing. */
const CONVERSATION_TOKENS_MIN = 256;
const RESPONSE_BYTES_MAX = 65_536;

/** After this share of the deadline, the same is asked once more. Routing models answer in a tenth of it; a stuck one has most of it left. */
const HEDGE_SHARE_OF_DEADLINE = 0.4;

class MissError extends Error {
  readonly miss: Miss;

  constructor(miss: Miss, cause?: unknown) {
    super(`the routing model's answer is missing: ${miss}`, { cause });
    this.miss = miss;
  }
}

/** Answered, but not with an answer: overloaded, starting, or not what serves this model. */
class StatusError extends MissError {
  readonly isRetryable: boolean;

  constructor(status: number) {
    super("status");
    this.isRetryable = status >= 500 || status === 408 || status === 429;
  }
}

/**
 * A routing model behind an OpenAI-compatible endpoint (vLLM). When it is late, down, or answers nonsense, the fallback resolver
 * answers and the resolution says why. While it stays down it is not waited for.
 */
export class SlmResolver implements Resolver {
  readonly id: string;
  /** It may be down at one time and up at another, and another model may be served under its name. */
  readonly isRepeatable = false;
  readonly #options: SlmResolverOptions;
  readonly #fallback: Resolver;
  readonly #pool: Promise<Pool>;
  readonly #path: string;
  readonly #writePrompt: PromptWriter;
  readonly #breaker: CircuitBreaker;
  readonly #hedges = new HedgeBudget();

  constructor(options: SlmResolverOptions, fallback: Resolver, now_ms: () => number = () => performance.now()) {
    const url = new URL(options.baseUrl);
    this.id = options.model;
    this.#options = options;
    this.#fallback = fallback;
    this.#path = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
    this.#pool = createPool(url.origin, options.socketPath);
    this.#writePrompt = promptWriters[options.promptForm];
    this.#breaker = new CircuitBreaker(now_ms);
  }

  /** The routing model may be down: then the fallback answers. */
  ready(): Promise<void> {
    return this.#fallback.ready();
  }

  async resolve(conversation: Conversation, routes: readonly Route[], signal: AbortSignal): Promise<Resolution> {
    const permission = this.#breaker.permit();
    if (permission !== "ask") {
      // Nobody waits for this one: it is to say whether the model is back.
      if (permission === "try") void this.#ask(this.#prompt(conversation, routes), routes, NEVER).catch(() => undefined);
      return this.#standIn("circuit_open", conversation, routes, signal);
    }
    try {
      const answer = await this.#ask(this.#prompt(conversation, routes), routes, signal);
      if (answer.kind === "route") return { route: answer.name, confidence: null, resolver: this.id };
      if (answer.kind === "none") return { route: null, confidence: null, resolver: this.id };
      throw new MissError(answer.kind === "unknown" ? "unknown_route" : "unreadable");
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MissError)) throw error;
      return this.#standIn(error.miss, conversation, routes, signal);
    }
  }

  /** A routing model has nothing to read ahead, and may not be there yet. */
  prepare(routes: readonly Route[], signal: AbortSignal): Promise<void> {
    return this.#fallback.prepare(routes, signal);
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.then((pool) => pool.destroy()), this.#fallback.close()]);
  }

  #prompt(conversation: Conversation, routes: readonly Route[]): string {
    const fixed_tokens = countTokens(this.#writePrompt(routes, []));
    const budget_tokens = this.#options.contextLength_tokens - ANSWER_TOKENS_MAX - fixed_tokens;
    return this.#writePrompt(routes, trimConversation(conversation, Math.max(CONVERSATION_TOKENS_MIN, budget_tokens)));
  }

  async #standIn(miss: Miss, conversation: Conversation, routes: readonly Route[], signal: AbortSignal): Promise<Resolution> {
    return { ...(await this.#fallback.resolve(conversation, routes, signal)), miss };
  }

  /** Tells the circuit breaker whether the model answers, sense or nonsense. A caller who gave up says nothing of that. */
  async #ask(prompt: string, routes: readonly Route[], signal: AbortSignal): Promise<Answer> {
    try {
      const content = readContent(await this.#request(prompt, signal));
      if (content === null) throw new MissError("unreadable");
      this.#breaker.succeeded();
      return readAnswer(content, routes);
    } catch (error) {
      if (error instanceof MissError && error.miss === "unreadable") this.#breaker.succeeded();
      else if (!signal.aborted) this.#breaker.failed();
      throw error;
    }
  }

  async #request(prompt: string, signal: AbortSignal): Promise<string> {
    const { deadline_ms } = this.#options;
    const deadline = new Deadline(deadline_ms, signal);
    this.#hedges.earn();
    try {
      return await hedge((attemptSignal) => this.#post(prompt, attemptSignal), {
        delay_ms: deadline_ms * HEDGE_SHARE_OF_DEADLINE,
        afford: () => this.#hedges.spend(),
        isRetryable: (error) => (error instanceof MissError ? error instanceof StatusError && error.isRetryable : true),
        deadline,
      });
    } catch (error) {
      if (error instanceof MissError) throw error;
      throw new MissError(deadline.hasPassed ? "deadline" : "unreachable", error);
    } finally {
      deadline.clear();
    }
  }

  async #post(prompt: string, signal: AbortSignal): Promise<string> {
    const { model, apiKey, promptForm } = this.#options;
    // Always the likeliest answer: the same conversation is to take the same route. Chat models that think refuse a temperature, and take
    // the length by its newer name, which the gateway knows to rename.
    const settings = promptForm === "chat" ? { max_completion_tokens: CHAT_TOKENS_MAX } : { temperature: 0, max_tokens: ANSWER_TOKENS_MAX };
    const pool = await this.#pool;
    const { statusCode, body } = await pool.request({
      method: "POST",
      path: this.#path,
      headers: { "content-type": "application/json", ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) },
      body: JSON.stringify({ model, messages: [{ role: "user", content: prompt }], ...settings }),
      signal,
    });
    if (statusCode !== 200) {
      // What is not read to its end keeps the connection from being used again.
      await body.dump({ limit: RESPONSE_BYTES_MAX, signal });
      throw new StatusError(statusCode);
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body) {
      length += chunk.length;
      if (length > RESPONSE_BYTES_MAX) throw new MissError("unreadable");
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  }
}

const NEVER = new AbortController().signal;

/** The text of the first choice of a chat completion, or null when there is none. */
function readContent(response: string): string | null {
  try {
    const content: unknown = JSON.parse(response)?.choices?.[0]?.message?.content;
    return typeof content === "string" ? content : null;
  } catch {
    return null;
  }
}

/** Loaded for those only who have a routing model of their own, as it takes some 10 MB. */
async function createPool(origin: string, socketPath: string | undefined): Promise<Pool> {
  const { Pool } = await import("undici");
  return new Pool(origin, {
    connections: CONNECTIONS_MAX,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    ...(socketPath === undefined ? {} : { socketPath }),
  });
}
