import { Bytes } from "../../bytes/bytes";
import { claudeVersion } from "../../canonical/claude_models";
import { Part } from "../../canonical/parts";
import { CanonicalRequest } from "../../canonical/request";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceLength, slicePtr } from "../../json/slice";
import { isNova } from "./models";

// https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html : a block of its own behind what is to be cached.

const CACHE_POINTS_MAX: i32 = 4;
const CONTROL_DEPTH_MAX: u32 = 4;
/** 3.5 is the first Claude whose prompts are cached here. */
const CLAUDE_VERSION_MIN: i32 = 305;

let points: i32 = 0;
let takesPoints: bool = false;
let takesPointsBehindTools: bool = false;
const cursor = new Cursor();

/** A request to a model begins. */
export function beginCachePoints(model: Bytes): void {
  const isCachingClaude = claudeVersion(model) >= CLAUDE_VERSION_MIN;
  points = 0;
  takesPoints = isCachingClaude || isNova(model);
  takesPointsBehindTools = isCachingClaude;
}

/** Appends a further block, with a comma before it, behind a part that the prompt's cached part ends with. */
export function writeCachePoint(request: CanonicalRequest, part: Part, out: Bytes): void {
  writePoint(request, part, takesPoints, out);
}

export function writeCachePointBehindTool(request: CanonicalRequest, tool: Part, out: Bytes): void {
  writePoint(request, tool, takesPointsBehindTools, out);
}

function writePoint(request: CanonicalRequest, part: Part, isTaken: bool, out: Bytes): void {
  if (part.cacheControl == ABSENT) return;
  if (!isTaken) request.drop("cache_control");
  else if (points++ >= CACHE_POINTS_MAX) request.drop("cache_control (more than four)");
  else {
    out.ascii(',{"cachePoint":{"type":"default"');
    if (lastsAnHour(part.cacheControl)) out.ascii(',"ttl":"1h"');
    out.ascii("}}");
  }
}

function lastsAnHour(control: Slice): bool {
  cursor.open(slicePtr(control), sliceLength(control), CONTROL_DEPTH_MAX);
  return sliceIs(cursor.peekMember("ttl"), "1h");
}
