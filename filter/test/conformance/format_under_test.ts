// What a format tells the suite of itself. All formats are asked the same; where one can't do as asked, its own file names the reason.
import type { FormatName } from "../facade.ts";

// biome-ignore lint/suspicious/noExplicitAny: bodies of five APIs, of which each function reads a few fields
export type Json = any;

export const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
export const IMAGE_URL = "https://example.com/a.png";
export const DATA = "AAAA";

/** What a request may say, and how the suite calls what is found of it in a request of any format. */
export const REQUESTS = {
  text: "Hi.",
  system: "Be brief.",
  developer: "Be brief.",
  turns: ["user", "assistant", "user"],
  image_by_url: IMAGE_URL,
  image_data: ["image/png", DATA],
  document: ["application/pdf", DATA],
  audio: DATA,
  tools: [["look", "Looks.", SCHEMA]],
  tool_choice_auto: "auto",
  tool_choice_required: "required",
  tool_choice_none: "none",
  tool_choice_named: "look",
  parallel_calls_off: true,
  strict_schema: true,
  calls: [
    ["a", "look", { city: "Oslo" }],
    ["b", "look", { city: "Rome" }],
  ],
  results: [
    ["a", "4 degrees"],
    ["b", "9 degrees"],
  ],
  result_image: DATA,
  result_error: true,
  structured_output: SCHEMA,
  stop_sequences: ["END"],
  temperature: 0.5,
  top_p: 0.5,
  max_tokens: 100,
  effort: "high",
  cache_mark: true,
  /** How many alternatives of each token. */
  logprobs: 2,
  web_search: true,
} as const;
export type RequestCapability = keyof typeof REQUESTS;

/** What an answer may say; null where it says nothing of the kind. */
export interface Told {
  id: string;
  model: string;
  text: string;
  /** Providers may give calls no ids; clients need them. */
  calls: [id: string | undefined, name: string, input: unknown][];
  reasoning: string;
  /** The URLs that it rests on, in any order. */
  pages: string[];
  /** Those whose probability is told. */
  tokens: string[];
  /** In the words of OpenAI's chat API. */
  stop: string;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
}

/** Which fixture shows an answer, whole or streamed, and which members of it are looked at. */
export const ANSWERS = {
  text: ["id", "model", "text", "calls", "stop", "input_tokens", "output_tokens"],
  calls: ["text", "calls", "stop"],
  reasoning: ["reasoning", "text"],
  length: ["text", "stop"],
  refusal: ["text", "stop"],
  filtered: ["stop"],
  cached: ["input_tokens", "cached_tokens", "output_tokens"],
  citations: ["text", "pages"],
  logprobs: ["text", "tokens"],
} as const satisfies Record<string, readonly (keyof Told)[]>;
export type AnswerCapability = keyof typeof ANSWERS;

export interface ClientRole {
  /** The fields of a request that say it, beside `base`. */
  says: Partial<Record<RequestCapability, object>>;
  base: object;
  /** What this API's clients read in a whole answer. */
  reads(answer: Json): Told;
  readsError(body: Json): string;
  /** Which answers this API's clients are told in other words, and why. */
  tellsOtherwise: Partial<Record<AnswerCapability, string>>;
  /** What its requests have no words for, and why. */
  lacks: Partial<Record<RequestCapability, string>>;
}

export interface ProviderRole {
  model: string;
  /** The model that is asked where `model` shows it otherwise. */
  models?: Partial<Record<RequestCapability, string>>;
  /** What a request of this format says of each; undefined when it says nothing. */
  finds: Record<RequestCapability, (request: Json) => unknown>;
  /** Names of fixtures of whole answers and of streams. */
  answers: Partial<Record<AnswerCapability, string>>;
  streams: Partial<Record<AnswerCapability, string>>;
  /** What an answer of this format says. */
  reads(answer: Json): Told;
  /** Which request capabilities are not as asked, and why: they are left out, refused or said otherwise. */
  deviations: Partial<Record<RequestCapability, string>>;
  /** Which answers the format has not. */
  lacks: Partial<Record<AnswerCapability, string>>;
}

export interface FormatUnderTest {
  name: FormatName;
  client?: ClientRole;
  provider: ProviderRole;
}
