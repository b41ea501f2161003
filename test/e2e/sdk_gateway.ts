// A gateway in front of the demo providers, for the tests that use an official SDK as the client.

import { startDemoProviders } from "../../brightstaff/src/demo_providers/server.ts";
import { startGateway } from "../gateway/start_gateway.ts";
import type { PacedBehaviour } from "../mock_providers/behaviours.ts";
import type { RecordedRequest } from "../mock_providers/server.ts";
import { Fleet, nameOf, WIRE_FORMATS } from "./fleet.ts";

/** With the characters that a path must not have as they are. */
const BEDROCK_MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/** Models of each wire format. OpenAI's reasoning models refuse stop sequences, so none are sent to them on another API's behalf; its responses API knows none. */
export const CHAT_MODELS = [
  { id: "openai/gpt-5.2", name: "gpt-5.2", takesStop: false },
  { id: "openai/gpt-4.1", name: "gpt-4.1", takesStop: true },
  { id: "openai_responses/gpt-5.4-mini", name: "gpt-5.4-mini", takesStop: false },
  { id: "anthropic/claude-sonnet-4-6", name: "claude-sonnet-4-6", takesStop: true },
  { id: "gemini/gemini-3.6-flash", name: "gemini-3.6-flash", takesStop: true },
  { id: "vertex/gemini-3.5-flash", name: "gemini-3.5-flash", takesStop: true },
  { id: "vertex_anthropic/claude-haiku-4-5@20251001", name: "claude-haiku-4-5@20251001", takesStop: true },
  { id: `bedrock/${BEDROCK_MODEL}`, name: BEDROCK_MODEL, takesStop: true },
] as const;

/** Another maker's model behind Anthropic's API, which signs its thinking in its own way. */
export const OTHER_MAKERS_MODEL = "kimi/kimi-k3";

/** An open model behind the responses API, as vLLM and LM Studio serve it: its reasoning itself is shown, not a summary of it. */
export const OPEN_MODEL = { id: "local/openai/gpt-oss-20b" };

/** The fewest tokens that every provider can be asked for: OpenAI's responses API takes no fewer. */
export const TOKENS_MIN = 16;

/** They reason only when they are told to, or with a budget that a client of another API names. */
export const REASONING_MODELS = CHAT_MODELS.filter(({ name }) => name !== "gpt-4.1");

export const EMBEDDING_MODELS = ["openai/text-embedding-3-small", "gemini/gemini-embedding-001"];

/** Seconds; where a provider says so. */
export const RETRY_AFTER = "7";

/** Of each wire format, a model whose provider answers every request with `status`. */
export function failingModels(status: number): string[] {
  return WIRE_FORMATS.map((format) => `${nameOf("failing", format)}/status-${status}`);
}

export const ALIAS = { name: "the-good-one", target: "anthropic/claude-sonnet-4-6" };

export const ROUTER = {
  name: "assistant",
  codeTask: "code-generation",
  codeModel: "anthropic/claude-sonnet-4-6",
  codeModelName: "claude-sonnet-4-6",
};

/** Fits `ROUTER.codeTask` beyond doubt, so that the tests stand on the mechanism and not on the resolver's judgement. */
export const CODE_PROMPT = "Write a Python function that generates code to sort a list of dictionaries by key";

/** A PNG of one transparent pixel. */
export const PIXEL_PNG_BASE64 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** What the tests' weather tool answers. */
export function weatherOf(city: string): string {
  return `${city}: 21 degrees, light wind`;
}

export interface SdkGateway {
  url: string;
  close(): Promise<void>;
}

export async function startSdkGateway(): Promise<SdkGateway> {
  const providers = await startDemoProviders({ chunkIntervalMs: 0, requireKey: true });
  const failing = await Fleet.start(
    Object.fromEntries(WIRE_FORMATS.map((format) => [nameOf("failing", format), { format, choose: failAsNamed }])),
  );
  const gateway = await startGateway({
    config: sdkConfig(providers.url, failing),
    env: {
      OPENAI_API_KEY: "key-for-openai",
      ANTHROPIC_API_KEY: "key-for-anthropic",
      GEMINI_API_KEY: "key-for-gemini",
      VERTEX_TOKEN: "token-for-vertex",
      AWS_BEARER_TOKEN_BEDROCK: "key-for-bedrock",
    },
  });
  return {
    url: gateway.url,
    async close() {
      await gateway.close();
      await failing.close();
      await providers.close();
    },
  };
}

/** By the model's name, wherever the format has it. */
function failAsNamed({ path, bodyText }: RecordedRequest): PacedBehaviour {
  const status = Number(/\bstatus-(\d+)/.exec(path + bodyText)?.[1]);
  return status === 429 ? { kind: "status", status, headers: { "retry-after": RETRY_AFTER } } : { kind: "status", status };
}

function sdkConfig(providersUrl: string, failing: Fleet<string>) {
  return {
    version: "v0.4.0",
    listeners: [{ type: "model", name: "llm", address: "127.0.0.1", port: 0 }],
    model_providers: [
      { model: "openai/gpt-5.2", base_url: providersUrl, access_key: "$OPENAI_API_KEY", default: true },
      { model: "openai/gpt-4.1", base_url: providersUrl, access_key: "$OPENAI_API_KEY" },
      { model: "openai_responses/gpt-5.4-mini", base_url: providersUrl, access_key: "$OPENAI_API_KEY" },
      { model: OPEN_MODEL.id, base_url: providersUrl, provider_interface: "openai_responses", access_key: "$OPENAI_API_KEY" },
      { model: "anthropic/claude-sonnet-4-6", base_url: providersUrl, access_key: "$ANTHROPIC_API_KEY" },
      { model: "gemini/gemini-3.6-flash", base_url: providersUrl, access_key: "$GEMINI_API_KEY" },
      { model: "vertex/gemini-3.5-flash", base_url: providersUrl, project: "p-1", location: "global", access_key: "$VERTEX_TOKEN" },
      {
        model: "vertex_anthropic/claude-haiku-4-5@20251001",
        base_url: providersUrl,
        project: "p-1",
        location: "us-east5",
        access_key: "$VERTEX_TOKEN",
      },
      { model: `bedrock/${BEDROCK_MODEL}`, base_url: providersUrl, access_key: "$AWS_BEARER_TOKEN_BEDROCK" },
      { model: OTHER_MAKERS_MODEL, base_url: `${providersUrl}/v1`, provider_interface: "anthropic", access_key: "$ANTHROPIC_API_KEY" },
      { model: EMBEDDING_MODELS[0], base_url: providersUrl, access_key: "$OPENAI_API_KEY" },
      { model: EMBEDDING_MODELS[1], base_url: `${providersUrl}/v1beta`, access_key: "$GEMINI_API_KEY" },
      ...failing.entries().map((entry) => ({ ...entry, model: String(entry.model).replace(/[^/]+$/, "*") })),
    ],
    model_aliases: { [ALIAS.name]: { target: ALIAS.target } },
    routers: [
      {
        name: ROUTER.name,
        policies: [
          { task: { name: ROUTER.codeTask, description: "Writing, generating or changing program code" }, models: [ROUTER.codeModel] },
          {
            task: { name: "translation", description: "Translating text from one human language into another" },
            models: ["openai/gpt-5.2"],
          },
        ],
        fallback_models: ["openai/gpt-5.2"],
      },
    ],
  };
}
