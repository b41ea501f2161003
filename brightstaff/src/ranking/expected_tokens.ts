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
 * @param text_bytes of the whole conversation and its tools, where it is longer than the view that is given here
 */
export function expectTokens(conversation: Conversation, text_bytes = 0): ExpectedTokens {
  let read = 0;
  let sentBefore: number | undefined;
  for (const { role, content } of conversation) {
    if (role === "assistant") sentBefore = read;
    read += content.length;
  }
  // A view leaves out what came first and the middle of long texts: that is before the last answer, if it comes at all.
  const all = Math.max(read, text_bytes);
  const cached_tokens = sentBefore === undefined ? 0 : Math.floor((sentBefore + all - read) / CHARACTERS_PER_TOKEN);
  return {
    input_tokens: Math.max(INPUT_TOKENS_MIN, Math.ceil(all / CHARACTERS_PER_TOKEN)),
    cachedInput_tokens: cached_tokens < CACHED_TOKENS_MIN ? 0 : cached_tokens,
    output_tokens: OUTPUT_TOKENS,
  };
}
