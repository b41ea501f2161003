import { problem } from "../../canonical/problem";
import { RequestHead } from "../../canonical/request_head";
import { Cursor, Kind } from "../../json/cursor";

export function scanHead(cursor: Cursor, head: RequestHead): bool {
  if (!cursor.enterObject()) return problem.refuse("body", "must be a JSON object");
  while (cursor.nextKey()) {
    if (!head.noteKey(cursor)) return false;
    let taken: bool;
    if (cursor.keyIs("model")) taken = head.takeModel(cursor);
    else if (cursor.keyIs("input")) taken = skipInput(cursor, head);
    else taken = cursor.skip();
    if (!taken) return false;
  }
  return head.finish(cursor, "input");
}

/** A text, or a list of texts, of tokens or of lists of tokens, which the provider looks into. */
function skipInput(cursor: Cursor, head: RequestHead): bool {
  const kind = cursor.kind();
  if (kind != Kind.String && kind != Kind.Array) return problem.refuse("input", "must be a string or an array");
  head.noteConversation();
  return cursor.skip();
}
