/** Prose runs at about four characters a token in either provider's tokenizer (platform.openai.com/tokenizer). */
const CHARS_PER_TOKEN = 4;

/** An image of unknown size is counted as one 512 px tile of OpenAI's vision guide (85 base tokens and 170 for the tile). */
export const IMAGE_TOKENS = 255;

export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** Cuts a text into pieces of about a token each; joined, they are the text again. */
export function splitTokens(text: string): string[] {
  return text.match(/\s?\p{L}{1,7}|\s?\p{N}{1,3}|\s+|[^\s\p{L}\p{N}]/gu) ?? [];
}
