// What goes over the wire with each API, by the types of its official SDK, and where the wire differs from them.
import type Anthropic from "@anthropic-ai/sdk";
import type { ConverseRequest } from "@aws-sdk/client-bedrock-runtime";
import type * as Gemini from "@google/genai";
import type OpenAI from "openai";

/** Any JSON, as Bedrock's documents are. */
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** An SDK's type as JSON: bytes are base64, and an enum's members are their values. */
type AsJson<Value> = [Json] extends [Value] ? unknown : AsJsonMember<Value>;
type AsJsonMember<Value> = Value extends Uint8Array
  ? string
  : Value extends string
    ? `${Value}`
    : Value extends object
      ? { [Key in keyof Value]: AsJson<Value[Key]> }
      : Value;

/** A type some of whose fields, at any depth, may be missing. */
type Lacking<Value, Names extends string> = Value extends readonly (infer Item)[]
  ? Lacking<Item, Names>[]
  : Value extends object
    ? { [Key in keyof Value as Key extends Names ? never : Key]: Lacking<Value[Key], Names> } & {
        [Key in keyof Value as Key extends Names ? Key : never]?: Lacking<Value[Key], Names>;
      }
    : Value;

/** https://ai.google.dev/api/generate-content: the SDK's own request has most of these fields one level up, in its `config`. */
interface GenerateContentRequest {
  contents: Gemini.Content[];
  systemInstruction?: Gemini.Content;
  tools?: Gemini.Tool[];
  toolConfig?: Gemini.ToolConfig;
  safetySettings?: Gemini.SafetySetting[];
  generationConfig?: Gemini.GenerationConfig;
  cachedContent?: string;
}

/** What the SDK has no longer, as the newest models refuse it: https://platform.claude.com/docs/en/api/messages/create */
interface SamplingOfOlderModels {
  temperature?: number;
  top_p?: number;
  top_k?: number;
}

export interface Requests {
  openai_chat: OpenAI.ChatCompletionCreateParams;
  anthropic_messages: Anthropic.MessageCreateParams & SamplingOfOlderModels;
  openai_responses: OpenAI.Responses.ResponseCreateParams;
  gemini: AsJson<GenerateContentRequest>;
  /** The model stands in the path. */
  bedrock_converse: AsJson<Omit<ConverseRequest, "modelId">>;
}

// Reasoning in OpenAI's chat API, which has no words for it: `reasoning_content` is DeepSeek's (https://api-docs.deepseek.com/guides/reasoning_model),
// `reasoning_details` OpenRouter's (https://openrouter.ai/docs/use-cases/reasoning-tokens), `extra_content` Google's, of its compatible endpoint
// (https://ai.google.dev/gemini-api/docs/thought-signatures).
interface Reasoning {
  reasoning_content?: string;
  reasoning_details?: {
    type: "reasoning.text" | "reasoning.encrypted";
    format: string;
    index: number;
    id?: string;
    text?: string;
    data?: string;
    signature?: string;
  }[];
}
interface ExtraContent {
  extra_content?: { google: { thought_signature: string } };
}
/** Streams of models that search have what whole answers have: https://github.com/vercel/ai/blob/main/packages/openai/src/chat/openai-chat-api.ts */
interface Annotated {
  annotations?: OpenAI.ChatCompletionMessage.Annotation[];
}
declare module "openai/resources/chat/completions/completions" {
  interface ChatCompletionMessage extends Reasoning {}
  interface ChatCompletionMessageFunctionToolCall extends ExtraContent {}
  namespace ChatCompletionChunk {
    namespace Choice {
      interface Delta extends Reasoning, Annotated {}
      namespace Delta {
        interface ToolCall extends ExtraContent {}
      }
    }
  }
}

/**
 * What Anthropic's SDK has in every answer and the API has not: recorded answers lack them where they do not apply, and `request_id` stands in
 * a header as well.
 */
type NotAlwaysOfAnthropic =
  | "cache_creation"
  | "caller"
  | "citations"
  | "container"
  | "diagnostics"
  | "inference_geo"
  | "output_tokens_details"
  | "request_id"
  | "server_tool_use"
  | "service_tier"
  | "speed"
  | "stop_details";

/** What OpenAI's SDK has in every response and recorded ones lack. */
type NotAlwaysOfResponses = "access_programs" | "cache_write_tokens";

/**
 * The SDK puts `output_text` together itself. The API repeats `store`, has null for `usage` until the end, and codes in `error` that no list has
 * (recorded: "insufficient_quota").
 */
type ResponseObject = Omit<Lacking<OpenAI.Responses.Response, NotAlwaysOfResponses>, "output_text" | "usage" | "error"> & {
  store?: boolean;
  usage?: Lacking<OpenAI.Responses.ResponseUsage, NotAlwaysOfResponses> | null;
  error: { code: string; message: string } | null;
};

export interface Responses {
  openai_chat: OpenAI.ChatCompletion;
  anthropic_messages: Lacking<Anthropic.Message, NotAlwaysOfAnthropic>;
  openai_responses: ResponseObject;
}

interface OpenAIError {
  error: OpenAI.ErrorObject;
}

export interface Errors {
  openai_chat: OpenAIError;
  anthropic_messages: Lacking<Anthropic.ErrorResponse, NotAlwaysOfAnthropic>;
  openai_responses: OpenAIError;
}

type ResponseStreamEvent = OpenAI.Responses.ResponseStreamEvent;
type WithResponse<Event> = Event extends { response: unknown } ? Omit<Event, "response"> & { response: ResponseObject } : Event;

/** The data of a stream's event. Errors have no type in OpenAI's SDKs, which throw what they find at `error`. */
export interface Events {
  openai_chat: OpenAI.ChatCompletionChunk | OpenAIError | "[DONE]";
  anthropic_messages: Lacking<Anthropic.RawMessageStreamEvent | Anthropic.ErrorResponse, NotAlwaysOfAnthropic> | { type: "ping" };
  openai_responses: WithResponse<ResponseStreamEvent> | (OpenAIError & { type: "error"; sequence_number: number });
}
