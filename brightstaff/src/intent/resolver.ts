/** One message of the routing view: text only, in the order of the conversation. */
export type Message = { readonly role: "system" | "user" | "assistant" | "tool"; readonly content: string };

export type Conversation = readonly Message[];

/** A task that a router can choose. The description is what an operator wrote to say which requests belong to it. */
export type Route = { readonly name: string; readonly description: string };

/** Why the resolver that was asked did not give the answer itself. */
export type Miss = "deadline" | "unreachable" | "status" | "unreadable" | "unknown_route" | "circuit_open";

export type Resolution = {
  /** The name of one of the routes that were given, or null when none of them fits. */
  readonly route: string | null;
  /** How sure the resolver is of `route` (of "none" when it is null), 0 to 1; null when it can't say. */
  readonly confidence: number | null;
  /** The id of the resolver that gave the answer. */
  readonly resolver: string;
  /** Set when another resolver stood in for the one that was asked. */
  readonly miss?: Miss;
};

/**
 * Says which route a conversation belongs to. The last user message is what is to be routed; what came before is context.
 *
 * `resolve` rejects only when `signal` is aborted (with the signal's reason) or when the resolver is not usable at all.
 */
export interface Resolver {
  readonly id: string;
  /** Whether the same question always gets the same answer, so that it need not be asked again. */
  readonly isRepeatable: boolean;
  /** Resolves when the resolver can answer without first loading anything; rejects when it never will. */
  ready(): Promise<void>;
  resolve(conversation: Conversation, routes: readonly Route[], signal: AbortSignal): Promise<Resolution>;
  /** Does ahead what the first decision among `routes` would wait for, in this resolver and in the one that stands in for it. */
  prepare(routes: readonly Route[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export type EmbeddedResolverOptions = {
  readonly kind: "embedded";
  /** The folder that `embedded/convert_model.py` wrote. */
  readonly modelDir: string;
};

/** The trained prompt and answer forms of the published routing models, and one in words for chat models that were not trained to route. */
export type PromptForm = "arch-router" | "plano-orchestrator" | "chat";

export type SlmResolverOptions = {
  readonly kind: "slm";
  /** OpenAI-compatible base URL with its version, for example `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string;
  /** The Unix socket on which the endpoint listens, where it has no port. */
  readonly socketPath?: string;
  /** The model's name as the endpoint serves it, for example `katanemo/Arch-Router-1.5B`. */
  readonly model: string;
  readonly promptForm: PromptForm;
  readonly apiKey?: string;
  /** Past this the embedded resolver answers. */
  readonly deadline_ms: number;
  /** What the routing model can read; the conversation is trimmed to what the routes leave of it. */
  readonly contextLength_tokens: number;
  readonly fallback: EmbeddedResolverOptions;
};

export type ResolverOptions = EmbeddedResolverOptions | SlmResolverOptions;
