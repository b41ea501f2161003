import type { WireFormat } from "../config/gateway_config.ts";
import { anthropicEndpoint } from "./anthropic/endpoint.ts";
import { bedrockEndpoint } from "./bedrock/endpoint.ts";
import { geminiEndpoint } from "./gemini/endpoint.ts";
import { openaiEndpoint } from "./openai/endpoint.ts";
import { responsesEndpoint } from "./openai_responses/endpoint.ts";
import { StoredResponses } from "./openai_responses/stored_responses.ts";
import { PromptCache } from "./prompt_cache.ts";
import type { ProviderRequest, Reply } from "./wire.ts";

export type { WireFormat };

export interface EngineState {
  requireKey: boolean;
  /** Models that exist; null when any name is answered. */
  models: readonly string[] | null;
  cache: PromptCache;
  responses: StoredResponses;
}

/** One provider's API for one wire format. */
export interface Endpoint {
  /** Whether a path, without its query, is this API's. */
  serves(path: string): boolean;
  bodyBytesMax: number;
  respond(request: ProviderRequest, state: EngineState): Reply;
  tooLarge(): Reply;
  /** An error of the form's own for a request that no endpoint serves. */
  refuse(status: number, message: string): Reply;
  listModels(models: readonly string[]): Reply;
}

export const ENDPOINTS: Record<WireFormat, Endpoint> = {
  openai_chat: openaiEndpoint,
  openai_responses: responsesEndpoint,
  anthropic_messages: anthropicEndpoint,
  gemini: geminiEndpoint,
  bedrock_converse: bedrockEndpoint,
};

export interface EngineOptions {
  /** Refuse requests without a key with the provider's 401. Off by default: in demo mode the gateway has no key to send. */
  requireKey?: boolean;
  /** Answer 404 to any other model. By default every model name is answered. */
  models?: readonly string[];
}

const DEMO_MODELS: Record<WireFormat, readonly string[]> = {
  openai_chat: ["gpt-5.4", "gpt-5.4-mini", "gpt-4o"],
  openai_responses: ["gpt-5.4", "gpt-5.4-mini", "gpt-4o"],
  anthropic_messages: ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5"],
  gemini: ["gemini-3.6-flash", "gemini-2.5-pro"],
  bedrock_converse: ["us.anthropic.claude-sonnet-4-6", "amazon.nova-pro-v1:0"],
};

/** Answers requests in the providers' wire formats, without any I/O of its own. */
export class ProviderEngine {
  readonly #state: EngineState;

  constructor(options: EngineOptions = {}) {
    this.#state = {
      requireKey: options.requireKey ?? false,
      models: options.models ?? null,
      cache: new PromptCache(),
      responses: new StoredResponses(),
    };
  }

  /** The reply of the API that serves the request's path; GET /v1/models is answered in the form that the headers ask for. */
  respond(request: ProviderRequest): Reply {
    const path = request.path.split("?", 1)[0] ?? "";
    const format = formatOf(path, request.headers);
    const endpoint = ENDPOINTS[format];
    if (path === "/v1/models" && request.method === "GET") return endpoint.listModels(this.#state.models ?? DEMO_MODELS[format]);
    if (!endpoint.serves(path)) return endpoint.refuse(404, `Invalid URL (${request.method} ${path})`);
    if (request.method !== "POST") return endpoint.refuse(405, `Not allowed to ${request.method} on ${path}.`);
    return this.respondAs(format, request);
  }

  /** The reply of one API, whatever the path. */
  respondAs(format: WireFormat, request: ProviderRequest): Reply {
    const endpoint = ENDPOINTS[format];
    return request.body.length > endpoint.bodyBytesMax ? endpoint.tooLarge() : endpoint.respond(request, this.#state);
  }
}

/** By the path: a gateway passes headers of the client's API on to a provider of another. */
function formatOf(path: string, headers: ProviderRequest["headers"]): WireFormat {
  const served = (Object.keys(ENDPOINTS) as WireFormat[]).find((format) => ENDPOINTS[format].serves(path));
  if (served !== undefined) return served;
  // Both providers list their models at the same path; only Anthropic's clients send a version.
  return "anthropic-version" in headers ? "anthropic_messages" : "openai_chat";
}
