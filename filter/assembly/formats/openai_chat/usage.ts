import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { readTokenDetails } from "../../canonical/openai_usage";
import { ResponseSummary, StopReason } from "../../canonical/summary";
import { Cursor } from "../../json/cursor";
import { Slice, sliceIs } from "../../json/slice";

/** Reads a `usage` object; `null`, as all but the last chunk of a stream have it, changes nothing. */
export function readUsage(cursor: Cursor, summary: ResponseSummary): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  let total: i64 = -1;
  while (cursor.nextKey()) {
    if (cursor.keyIs("prompt_tokens")) summary.inputTokens = cursor.takeInteger(-1);
    else if (cursor.keyIs("completion_tokens")) summary.outputTokens = cursor.takeInteger(-1);
    else if (cursor.keyIs("total_tokens")) total = cursor.takeInteger(-1);
    else if (cursor.keyIs("prompt_tokens_details") || cursor.keyIs("completion_tokens_details")) readTokenDetails(cursor, summary);
    else cursor.skip();
  }
  // xAI counts reasoning apart from completion_tokens, and only the total has both.
  if (summary.inputTokens >= 0 && total - summary.inputTokens > summary.outputTokens) summary.outputTokens = total - summary.inputTokens;
}

/** Appends a `usage` object. What the provider did not tell is 0, since the fields are required. */
export function writeUsage(out: Bytes, summary: ResponseSummary): void {
  const input = known(summary.inputTokens);
  const output = known(summary.outputTokens);
  out.ascii('{"prompt_tokens":');
  writeInteger(out, input);
  out.ascii(',"completion_tokens":');
  writeInteger(out, output);
  out.ascii(',"total_tokens":');
  writeInteger(out, input + output);
  if (summary.cachedInputTokens >= 0 || summary.cacheWriteTokens >= 0) {
    out.ascii(',"prompt_tokens_details":{"cached_tokens":');
    writeInteger(out, known(summary.cachedInputTokens));
    if (summary.cacheWriteTokens > 0) {
      out.ascii(',"cache_write_tokens":');
      writeInteger(out, summary.cacheWriteTokens);
    }
    out.byte(0x7d);
  }
  if (summary.reasoningTokens >= 0) {
    out.ascii(',"completion_tokens_details":{"reasoning_tokens":');
    writeInteger(out, summary.reasoningTokens);
    out.byte(0x7d);
  }
  out.byte(0x7d);
}

function known(tokens: i64): i64 {
  return tokens < 0 ? 0 : tokens;
}

export function readFinishReason(reason: Slice): StopReason {
  if (sliceIs(reason, "stop")) return StopReason.End;
  if (sliceIs(reason, "length")) return StopReason.Length;
  if (sliceIs(reason, "tool_calls") || sliceIs(reason, "function_call")) return StopReason.ToolUse;
  if (sliceIs(reason, "content_filter")) return StopReason.Refusal;
  return StopReason.End; // some compatible servers have reasons of their own ("eos", "model_length")
}

export function finishReason(reason: u8): string {
  switch (<StopReason>reason) {
    case StopReason.Length:
    case StopReason.ContextLength:
      return "length";
    case StopReason.ToolUse:
      return "tool_calls";
    case StopReason.Refusal:
      return "content_filter";
    default:
      return "stop";
  }
}
