import { Pool } from "undici";
import type { Conversation, Miss, Resolution, Resolver, Route, SlmResolverOptions } from "../resolver.ts";
import { type Answer, readAnswer } from "./answers.ts";
import { type PromptWriter, promptWriters } from "./prompt_forms.ts";
import { countTokens, trimConversation } from "./trimming.ts";

const CONNECTIONS_MAX = 64;
/** vLLM's own default is 5 s (uvicorn's timeout_keep_alive); undici takes the server's hint when there is one. */
const KEEP_ALIVE_MS = 4_000;
/** An answer is one short JSON object. */
const ANSWER_TOKENS_MAX = 128;
/** With so many routes that less is left, the endpoint's own refusal is better than a question about nothing. */
const CONVERSATION_TOKENS_MIN = 256;
const RESPONSE_BYTES_MAX = 65_536;

class MissError extends Error {
  readonly miss: Miss;

  constructor(miss: Miss, cause?: unknown) {
    super(`the routing model's answer is missing: ${miss}`, { cause });
    this.miss = miss;
  }
}

/**
 * A routing model behind an OpenAI-compatible endpoint (vLLM). When it is late, down, or answers nonsense, the fallback resolver
 * answers and the resolution says why.
 */
export class SlmResolver implements Resolver {
  readonly id: string;
  readonly #options: SlmResolverOptions;
  readonly #fallback: Resolver;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #writePrompt: PromptWriter;

  constructor(options: SlmResolverOptions, fallback: Resolver) {
    const url = new URL(options.baseUrl);
    this.id = options.model;
    this.#options = options;
    this.#fallback = fallback;
    this.#path = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
    this.#pool = new Pool(url.origin, { connections: CONNECTIONS_MAX, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS });
    this.#writePrompt = promptWriters[options.promptForm];
  }

  /** The routing model may be down: then the fallback answers. */
  ready(): Promise<void> {
    return this.#fallback.ready();
  }

  async resolve(conversation: Conversation, routes: readonly Route[], signal: AbortSignal): Promise<Resolution> {
    try {
      const answer = await this.#ask(this.#prompt(conversation, routes), routes, signal);
      if (answer.kind === "route") return { route: answer.name, confidence: null, resolver: this.id };
      if (answer.kind === "none") return { route: null, confidence: null, resolver: this.id };
      throw new MissError(answer.kind === "unknown" ? "unknown_route" : "unreadable");
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof MissError)) throw error;
      return { ...(await this.#fallback.resolve(conversation, routes, signal)), miss: error.miss };
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.destroy(), this.#fallback.close()]);
  }

  #prompt(conversation: Conversation, routes: readonly Route[]): string {
    const fixed_tokens = countTokens(this.#writePrompt(routes, []));
    const budget_tokens = this.#options.contextLength_tokens - ANSWER_TOKENS_MAX - fixed_tokens;
    return this.#writePrompt(routes, trimConversation(conversation, Math.max(CONVERSATION_TOKENS_MIN, budget_tokens)));
  }

  async #ask(prompt: string, routes: readonly Route[], signal: AbortSignal): Promise<Answer> {
    const deadline = AbortSignal.timeout(this.#options.deadline_ms);
    let response: string;
    try {
      response = await this.#post(prompt, AbortSignal.any([signal, deadline]));
    } catch (error) {
      if (error instanceof MissError) throw error;
      throw new MissError(deadline.aborted ? "deadline" : "unreachable", error);
    }
    const content = readContent(response);
    if (content === null) throw new MissError("unreadable");
    return readAnswer(content, routes);
  }

  async #post(prompt: string, signal: AbortSignal): Promise<string> {
    const { model, apiKey } = this.#options;
    const { statusCode, body } = await this.#pool.request({
      method: "POST",
      path: this.#path,
      headers: { "content-type": "application/json", ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) },
      // Always the likeliest answer: the same conversation is to take the same route.
      body: JSON.stringify({ model, messages: [{ role: "user", content: prompt }], temperature: 0, max_tokens: ANSWER_TOKENS_MAX }),
      signal,
    });
    if (statusCode !== 200) {
      // What is not read to its end keeps the connection from being used again.
      await body.dump({ limit: RESPONSE_BYTES_MAX, signal });
      throw new MissError("status");
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

/** The text of the first choice of a chat completion, or null when there is none. */
function readContent(response: string): string | null {
  try {
    const content: unknown = JSON.parse(response)?.choices?.[0]?.message?.content;
    return typeof content === "string" ? content : null;
  } catch {
    return null;
  }
}
