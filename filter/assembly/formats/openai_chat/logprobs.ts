import { Bytes } from "../../bytes/bytes";
import { readTokenLogprobs, writeTokenLogprobs } from "../../canonical/openai_logprobs";
import { TokenLogprobs } from "../../canonical/token_logprobs";
import { Cursor } from "../../json/cursor";

// What a choice says of its tokens: {"content", "refusal"}, a list each. No other API tells them of a refusal.

/** Reads a choice's `logprobs`. Forms before this one, as some servers still have them, name no token; they are passed over. */
export function readLogprobs(cursor: Cursor, tokens: TokenLogprobs): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("content")) readTokenLogprobs(cursor, tokens);
    else cursor.skip();
  }
}

export function writeLogprobs(tokens: TokenLogprobs, out: Bytes): void {
  out.ascii('{"content":');
  writeTokenLogprobs(tokens, true, out);
  out.ascii(',"refusal":null}');
}
