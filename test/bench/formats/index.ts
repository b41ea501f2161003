import { anthropicMessages } from "./anthropic_messages.ts";
import { bedrockConverse } from "./bedrock_converse.ts";
import type { ClientFormat, WireFormat } from "./format.ts";
import { gemini } from "./gemini.ts";
import { openaiChat } from "./openai_chat.ts";
import { openaiResponses } from "./openai_responses.ts";

export type { Asked, ClientFormat, Seen, WireFormat } from "./format.ts";

/** What clients speak. */
export const CLIENT_FORMATS: readonly ClientFormat[] = [openaiChat, anthropicMessages, openaiResponses];
/** What providers speak. */
export const PROVIDER_FORMATS: readonly WireFormat[] = [openaiChat, anthropicMessages, openaiResponses, gemini, bedrockConverse];

export function clientFormat(id: string): ClientFormat {
  const format = CLIENT_FORMATS.find((one) => one.id === id);
  if (format === undefined) throw new Error(`no client speaks ${id}`);
  return format;
}
