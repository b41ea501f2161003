// The providers of the benchmark's gateway: the mock provider under a name for each of its formats.

import { anthropicMessages } from "./formats/anthropic_messages.ts";
import { bedrockConverse } from "./formats/bedrock_converse.ts";
import { gemini } from "./formats/gemini.ts";
import type { WireFormat } from "./formats/index.ts";
import { openaiChat } from "./formats/openai_chat.ts";

export interface Provider {
  /** Before the slash of its models' names. */
  name: string;
  format: WireFormat;
}

/** Responses are not among these: they are a provider's format at OpenAI's own host only, where they pass as they are. */
export const PROVIDERS: readonly Provider[] = [
  { name: "openai", format: openaiChat },
  { name: "anthropic", format: anthropicMessages },
  { name: "gemini", format: gemini },
  { name: "bedrock", format: bedrockConverse },
];
