import { scanTool } from "../../canonical/custom_tools";
import { problem } from "../../canonical/problem";
import { RequestHead } from "../../canonical/request_head";
import { Cursor, Kind } from "../../json/cursor";

export function scanHead(cursor: Cursor, head: RequestHead): bool {
  if (!cursor.enterObject()) return problem.refuse("body", "must be a JSON object");
  while (cursor.nextKey()) {
    if (!head.noteKey(cursor)) return false;
    let taken: bool;
    if (cursor.keyIs("model")) taken = head.takeModel(cursor);
    else if (cursor.keyIs("messages")) taken = head.takeMessages(cursor);
    else if (cursor.keyIs("stream")) taken = head.takeStream(cursor);
    else if (cursor.keyIs("tools")) taken = head.takeTools(cursor, scanTool);
    else if (cursor.keyIs("routing_preferences")) taken = head.takePreferences(cursor);
    else if (cursor.keyIs("logprobs")) {
      head.wantsLogprobs = cursor.takeTrue();
      taken = cursor.ok;
    } else if (cursor.keyIs("stream_options")) taken = takeStreamOptions(cursor, head);
    else taken = cursor.skip();
    if (!taken) return false;
  }
  head.addsUsage = head.stream && !head.includeUsage;
  return head.finish(cursor);
}

function takeStreamOptions(cursor: Cursor, head: RequestHead): bool {
  head.hasStreamOptions = true;
  if (cursor.kind() == Kind.Null) return cursor.skip();
  if (!cursor.enterObject()) return problem.refuse("stream_options", "must be an object");
  while (cursor.nextKey()) {
    if (cursor.keyIs("include_usage")) head.includeUsage = cursor.takeTrue();
    else cursor.skip();
  }
  return cursor.ok;
}
