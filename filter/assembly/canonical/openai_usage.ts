import { Cursor } from "../json/cursor";
import { ResponseSummary } from "./summary";

/** Reads an object of token details, of the prompt's or of the answer's: both of OpenAI's APIs have the same fields in them. */
export function readTokenDetails(cursor: Cursor, summary: ResponseSummary): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("cached_tokens")) summary.cachedInputTokens = cursor.takeInteger(-1);
    else if (cursor.keyIs("cache_write_tokens")) summary.cacheWriteTokens = cursor.takeInteger(-1);
    else if (cursor.keyIs("reasoning_tokens")) summary.reasoningTokens = cursor.takeInteger(-1);
    else cursor.skip();
  }
}
