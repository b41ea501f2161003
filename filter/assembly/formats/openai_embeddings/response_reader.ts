import { CanonicalResponse } from "../../canonical/response";
import { Cursor, Kind } from "../../json/cursor";
import { writeText } from "../../json/text";

/** https://platform.openai.com/docs/api-reference/embeddings/object . The vectors themselves are passed over. */
export function readResponse(cursor: Cursor, response: CanonicalResponse): bool {
  if (!cursor.enterObject()) return false;
  let hasVectors = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("model")) response.model = cursor.takeString();
    else if (cursor.keyIs("usage")) readUsage(cursor, response);
    else {
      if (cursor.keyIs("data")) hasVectors = cursor.kind() == Kind.Array;
      cursor.skip();
    }
  }
  if (!cursor.finish()) return false;
  writeText(response.summary.model, response.model);
  return hasVectors;
}

function readUsage(cursor: Cursor, response: CanonicalResponse): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("prompt_tokens")) response.summary.inputTokens = cursor.takeInteger(-1);
    else cursor.skip();
  }
}
