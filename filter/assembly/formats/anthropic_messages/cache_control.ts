import { Bytes } from "../../bytes/bytes";
import { Part } from "../../canonical/parts";
import { CanonicalRequest } from "../../canonical/request";
import { ABSENT } from "../../json/slice";
import { writeText } from "../../json/text";

/** "You can define up to 4 cache breakpoints": https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
const CACHE_MARKS_MAX: i32 = 4;

let marks: i32 = 0;

/** A request begins. */
export function beginCacheMarks(): void {
  marks = 0;
}

/** Appends `cache_control` as a further member of a block or a tool that has it. */
export function writeCacheControl(request: CanonicalRequest, part: Part, out: Bytes): void {
  if (part.cacheControl == ABSENT) return;
  if (marks++ >= CACHE_MARKS_MAX) {
    request.drop("cache_control (more than four)");
    return;
  }
  out.ascii(',"cache_control":');
  writeText(out, part.cacheControl);
}
