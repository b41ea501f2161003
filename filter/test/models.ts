import type { FormatName } from "./facade.ts";

/** A model of each API that takes as much of what a request may say as any. */
export const MODELS: Record<FormatName, string> = {
  openai_chat: "gpt-4o",
  anthropic_messages: "claude-sonnet-4-5",
  openai_responses: "gpt-4o",
  gemini: "gemini-3.5-flash",
  bedrock_converse: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
};
