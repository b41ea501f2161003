import { problem } from "../../canonical/problem";
import { RequestHead } from "../../canonical/request_head";
import { Cursor, Kind } from "../../json/cursor";
import { sliceIs } from "../../json/slice";
import { scanContent } from "./foreign_reasoning";

/**
 * `needsLimit`: whether the request must say how long its answer may be, as the API wants of all that ask for one. It is asked for here for
 * all models alike, lest what a router answers depend on which of them it takes: https://platform.claude.com/docs/en/api/messages/create
 */
export function scanHead(cursor: Cursor, head: RequestHead, needsLimit: bool): bool {
  head.includeReasoning = false;
  let hasLimit = false;
  if (!cursor.enterObject()) return problem.refuse("body", "must be a JSON object");
  while (cursor.nextKey()) {
    if (!head.noteKey(cursor)) return false;
    let taken: bool;
    if (cursor.keyIs("model")) taken = head.takeModel(cursor);
    else if (cursor.keyIs("messages")) taken = head.takeMessages(cursor, scanContent);
    else if (cursor.keyIs("stream")) taken = head.takeStream(cursor);
    else if (cursor.keyIs("tools")) taken = head.takeTools(cursor);
    else if (cursor.keyIs("routing_preferences")) taken = head.takePreferences(cursor);
    else if (cursor.keyIs("system")) taken = skipSystem(cursor);
    else if (cursor.keyIs("thinking")) taken = takeThinking(cursor, head);
    else if (cursor.keyIs("max_tokens")) {
      hasLimit = cursor.kind() != Kind.Null;
      taken = cursor.skip();
    } else taken = cursor.skip();
    if (!taken) return false;
  }
  return head.finish(cursor) && (hasLimit || !needsLimit || problem.refuse("max_tokens", "is required"));
}

function skipSystem(cursor: Cursor): bool {
  const kind = cursor.kind();
  if (kind != Kind.String && kind != Kind.Array && kind != Kind.Null) return problem.refuse("system", "must be a string or an array");
  return cursor.skip();
}

/** Who does not ask for thinking takes the first block of an answer for its text. */
function takeThinking(cursor: Cursor, head: RequestHead): bool {
  if (!cursor.enterObject()) return cursor.skip();
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) {
      const type = cursor.takeToken();
      head.includeReasoning = !sliceIs(type, "disabled");
      head.thinksOnBudget = sliceIs(type, "enabled");
    } else cursor.skip();
  }
  return cursor.ok;
}
