import { keyWord, lastMember } from "../../canonical/answer_tail";
import { ResponseSummary } from "../../canonical/summary";
import { Cursor, Kind } from "../../json/cursor";
import { readStopReason, UsageReader } from "./usage";

const STOP_REASON = keyWord('"stop_reason":');
const DEPTH_MAX: u32 = 64;

const reader = new UsageReader();

/** The reason and the usage behind the content; false when they do not end the answer. */
export function readTail(cursor: Cursor, ptr: usize, length: u32, summary: ResponseSummary): bool {
  const end = ptr + length;
  const from = lastMember(ptr, end, STOP_REASON);
  if (from == 0) return false;
  cursor.openMember(from, <u32>(end - from), DEPTH_MAX);
  reader.reset();
  let hasReason = false;
  let hasUsage = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("stop_reason") && cursor.kind() == Kind.String) {
      summary.stopReason = <u8>readStopReason(cursor.takeToken());
      hasReason = true;
    } else if (cursor.keyIs("usage")) {
      reader.read(cursor, summary);
      hasUsage = true;
    } else cursor.skip();
  }
  return hasReason && hasUsage && cursor.finish();
}
