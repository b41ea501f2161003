// The providers of the benchmark's gateway: the mock provider under a name for each of its formats.

import { anthropicMessages } from "./formats/anthropic_messages.ts";
import { bedrockConverse } from "./formats/bedrock_converse.ts";
import { gemini } from "./formats/gemini.ts";
import type { WireFormat } from "./formats/index.ts";
import { openaiChat } from "./formats/openai_chat.ts";
import { openaiResponses } from "./formats/openai_responses.ts";

export interface Provider {
  /** Before the slash of its models' names. */
  name: string;
  format: WireFormat;
}

export const PROVIDERS: readonly Provider[] = [
  { name: "openai", format: openaiChat },
  { name: "anthropic", format: anthropicMessages },
  { name: "openai_responses", format: openaiResponses },
  { name: "gemini", format: gemini },
  { name: "bedrock", format: bedrockConverse },
];
