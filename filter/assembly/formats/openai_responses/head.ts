import { scanTool } from "../../canonical/custom_tools";
import { problem } from "../../canonical/problem";
import { RequestHead } from "../../canonical/request_head";
import { Cursor, Kind } from "../../json/cursor";
import { sliceIs, sliceIsEmpty } from "../../json/slice";
import { scanItem } from "./foreign_reasoning";
import { LOGPROBS } from "./include";

export function scanHead(cursor: Cursor, head: RequestHead): bool {
  if (!cursor.enterObject()) return problem.refuse("body", "must be a JSON object");
  while (cursor.nextKey()) {
    if (!head.noteKey(cursor)) return false;
    let taken: bool;
    if (cursor.keyIs("model")) taken = head.takeModel(cursor);
    else if (cursor.keyIs("input")) taken = takeInput(cursor, head);
    else if (cursor.keyIs("stream")) taken = head.takeStream(cursor);
    else if (cursor.keyIs("tools")) taken = head.takeTools(cursor, scanTool);
    else if (cursor.keyIs("routing_preferences")) taken = head.takePreferences(cursor);
    else if (cursor.keyIs("include")) taken = takeInclude(cursor, head);
    else if (cursor.keyIs("previous_response_id") || cursor.keyIs("conversation") || cursor.keyIs("prompt")) {
      // What is kept at the provider can do without further input.
      if (cursor.kind() != Kind.Null) head.noteConversation();
      taken = cursor.skip();
    } else taken = cursor.skip();
    if (!taken) return false;
  }
  return head.finish(cursor, "input");
}

function takeInclude(cursor: Cursor, head: RequestHead): bool {
  if (!cursor.enterArray()) return cursor.skip();
  while (cursor.nextElement()) if (sliceIs(cursor.takeToken(), LOGPROBS)) head.wantsLogprobs = true;
  return cursor.ok;
}

function takeInput(cursor: Cursor, head: RequestHead): bool {
  if (cursor.kind() == Kind.Null) return cursor.skip();
  if (cursor.kind() == Kind.String) {
    if (!sliceIsEmpty(cursor.takeString())) head.noteConversation();
    return cursor.ok;
  }
  if (!cursor.enterArray()) return problem.refuse("input", "must be a string or an array");
  let index = 0;
  while (cursor.nextElement()) {
    if (cursor.kind() != Kind.Object) return cursor.skip() && problem.refuseElement("input", index, "", "must be an object");
    index++;
    scanItem(cursor, head);
  }
  if (index > 0) head.noteConversation();
  return cursor.ok;
}
