import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { readTokenDetails } from "../../canonical/openai_usage";
import { ResponseSummary, StopReason } from "../../canonical/summary";
import { Cursor } from "../../json/cursor";

/** Reads a `usage` object; `null`, as an answer has it until it is complete, changes nothing. */
export function readUsage(cursor: Cursor, summary: ResponseSummary): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("input_tokens")) summary.inputTokens = cursor.takeInteger(-1);
    else if (cursor.keyIs("output_tokens")) summary.outputTokens = cursor.takeInteger(-1);
    else if (cursor.keyIs("input_tokens_details") || cursor.keyIs("output_tokens_details")) readTokenDetails(cursor, summary);
    else cursor.skip();
  }
}

/** Appends a `usage` object. What the provider did not tell is 0, since the fields are required. */
export function writeUsage(out: Bytes, summary: ResponseSummary): void {
  const input = known(summary.inputTokens);
  const output = known(summary.outputTokens);
  out.ascii('{"input_tokens":');
  writeInteger(out, input);
  out.ascii(',"input_tokens_details":{"cached_tokens":');
  writeInteger(out, known(summary.cachedInputTokens));
  if (summary.cacheWriteTokens > 0) {
    out.ascii(',"cache_write_tokens":');
    writeInteger(out, summary.cacheWriteTokens);
  }
  out.ascii('},"output_tokens":');
  writeInteger(out, output);
  out.ascii(',"output_tokens_details":{"reasoning_tokens":');
  writeInteger(out, known(summary.reasoningTokens));
  out.ascii('},"total_tokens":');
  writeInteger(out, input + output);
  out.byte(0x7d);
}

function known(tokens: i64): i64 {
  return tokens < 0 ? 0 : tokens;
}

/**
 * Why an answer is incomplete, as `incomplete_details.reason` says it; empty for one that is complete. One that the model declined in words
 * of its own is.
 */
export function incompleteReason(summary: ResponseSummary, hasRefusal: bool): string {
  switch (<StopReason>summary.stopReason) {
    case StopReason.Length:
    case StopReason.ContextLength:
      return "max_output_tokens";
    case StopReason.Refusal:
      return hasRefusal ? "" : "content_filter";
    default:
      return "";
  }
}
