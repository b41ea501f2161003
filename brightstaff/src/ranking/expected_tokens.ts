import type { Conversation } from "../intent/resolver.ts";
import type { ExpectedTokens } from "./rank.ts";

/** OpenAI's and Anthropic's rule of thumb for English (https://platform.openai.com/tokenizer). Only the relation of prices depends on it. */
const CHARACTERS_PER_TOKEN = 4;
/** Tool definitions, images and what the routing view leaves out are billed, too, and a short question rarely comes without any of them. */
const INPUT_TOKENS_MIN = 1_500;
/** What is not known before the answer is written: a few paragraphs. */
export const OUTPUT_TOKENS = 500;
/** Shorter prefixes are not cached: https://platform.openai.com/docs/guides/prompt-caching, and Anthropic's page of the same name. */
const CACHED_TOKENS_MIN = 1_024;

/**
 * What this turn of a conversation would be billed for by a model that answered the turns before. All that came before its last answer was
 * in that request, so it may come from the prompt cache now, at the price that the model has for that.
 */
export function expectTokens(conversation: Conversation): ExpectedTokens {
  let read = 0;
  let sentBefore = 0;
  for (const { role, content } of conversation) {
    if (role === "assistant") sentBefore = read;
    read += content.length;
  }
  const cached_tokens = Math.floor(sentBefore / CHARACTERS_PER_TOKEN);
  return {
    input_tokens: Math.max(INPUT_TOKENS_MIN, Math.ceil(read / CHARACTERS_PER_TOKEN)),
    cachedInput_tokens: cached_tokens < CACHED_TOKENS_MIN ? 0 : cached_tokens,
    output_tokens: OUTPUT_TOKENS,
  };
}
