import { Cursor } from "../json/cursor";
import { ResponseSummary } from "./summary";

/** Reads an answer that is a count of input tokens; false when it has none under `key`. */
export function readCount(cursor: Cursor, key: string, summary: ResponseSummary): bool {
  if (!cursor.enterObject()) return false;
  while (cursor.nextKey()) {
    if (cursor.keyIs(key)) summary.inputTokens = cursor.takeInteger(-1);
    else cursor.skip();
  }
  return cursor.finish() && summary.inputTokens >= 0;
}
