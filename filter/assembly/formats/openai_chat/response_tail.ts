import { keyWord, lastMember } from "../../canonical/answer_tail";
import { ResponseSummary } from "../../canonical/summary";
import { Cursor, Kind } from "../../json/cursor";
import { readFinishReason, readUsage } from "./usage";

const USAGE = keyWord('"usage":');
const FINISH_REASON = keyWord('"finish_reason":');
const DEPTH_MAX: u32 = 64;

/** The usage behind the choices and the reason of the last of them, as the provider said it; false when they do not end the answer. */
export function readTail(cursor: Cursor, ptr: usize, length: u32, summary: ResponseSummary): bool {
  const end = ptr + length;
  const usage = lastMember(ptr, end, USAGE);
  const reason = usage == 0 ? <usize>0 : lastMember(ptr, usage, FINISH_REASON);
  if (reason == 0) return false;
  cursor.openMember(reason, <u32>(usage - reason), DEPTH_MAX);
  if (!cursor.nextKey() || !cursor.keyIs("finish_reason") || cursor.kind() != Kind.String) return false;
  summary.stopReason = <u8>readFinishReason(cursor.takeToken());
  if (!cursor.ok) return false;
  cursor.openMember(usage, <u32>(end - usage), DEPTH_MAX);
  while (cursor.nextKey()) {
    if (cursor.keyIs("usage")) readUsage(cursor, summary);
    else cursor.skip();
  }
  return cursor.finish();
}
