import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { ResponseSummary, StopReason } from "../../canonical/summary";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceIs } from "../../json/slice";

/**
 * The counts of one answer as Anthropic tells them: input without what was read from or written to the cache. The last event of a stream
 * repeats some and leaves out others, so they are kept apart and summed up each time.
 */
export class UsageReader {
  private input: i64 = -1;
  private cacheRead: i64 = -1;
  private cacheWrite: i64 = -1;

  reset(): void {
    this.input = -1;
    this.cacheRead = -1;
    this.cacheWrite = -1;
  }

  read(cursor: Cursor, summary: ResponseSummary): void {
    if (!cursor.enterObject()) {
      cursor.skip();
      return;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("input_tokens")) this.input = takeCount(cursor, this.input);
      else if (cursor.keyIs("cache_read_input_tokens")) this.cacheRead = takeCount(cursor, this.cacheRead);
      else if (cursor.keyIs("cache_creation_input_tokens")) this.cacheWrite = takeCount(cursor, this.cacheWrite);
      else if (cursor.keyIs("output_tokens")) summary.outputTokens = takeCount(cursor, summary.outputTokens);
      else if (cursor.keyIs("output_tokens_details")) readOutputDetails(cursor, summary);
      else cursor.skip();
    }
    summary.cachedInputTokens = this.cacheRead;
    summary.cacheWriteTokens = this.cacheWrite;
    if (this.input >= 0) summary.inputTokens = this.input + known(this.cacheRead) + known(this.cacheWrite);
  }
}

function takeCount(cursor: Cursor, before: i64): i64 {
  return cursor.kind() == Kind.Number ? cursor.takeInteger(before) : skipCount(cursor, before);
}

function skipCount(cursor: Cursor, before: i64): i64 {
  cursor.skip();
  return before;
}

function readOutputDetails(cursor: Cursor, summary: ResponseSummary): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("thinking_tokens")) summary.reasoningTokens = takeCount(cursor, summary.reasoningTokens);
    else cursor.skip();
  }
}

/** Appends the members of a `usage` object, without its brackets. Input is what came neither from the cache nor went into it. */
export function writeUsageMembers(out: Bytes, summary: ResponseSummary): void {
  const cached = known(summary.cachedInputTokens) + known(summary.cacheWriteTokens);
  const input = known(summary.inputTokens);
  out.ascii('"input_tokens":');
  writeInteger(out, input > cached ? input - cached : 0);
  out.ascii(',"output_tokens":');
  writeInteger(out, known(summary.outputTokens));
  out.ascii(',"cache_creation_input_tokens":');
  writeInteger(out, known(summary.cacheWriteTokens));
  out.ascii(',"cache_read_input_tokens":');
  writeInteger(out, known(summary.cachedInputTokens));
  if (summary.reasoningTokens >= 0) {
    out.ascii(',"output_tokens_details":{"thinking_tokens":');
    writeInteger(out, summary.reasoningTokens);
    out.byte(0x7d);
  }
}

function known(tokens: i64): i64 {
  return tokens < 0 ? 0 : tokens;
}

export function readStopReason(reason: Slice): StopReason {
  if (sliceIs(reason, "end_turn")) return StopReason.End;
  if (sliceIs(reason, "tool_use")) return StopReason.ToolUse;
  if (sliceIs(reason, "max_tokens")) return StopReason.Length;
  if (sliceIs(reason, "stop_sequence")) return StopReason.StopSequence;
  if (sliceIs(reason, "refusal")) return StopReason.Refusal;
  if (sliceIs(reason, "pause_turn")) return StopReason.Pause;
  if (sliceIs(reason, "model_context_window_exceeded")) return StopReason.ContextLength;
  return StopReason.End;
}

/** Passes `stop_details` and returns why the model refused, where it tells. */
export function takeExplanation(cursor: Cursor): Slice {
  let explanation = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return explanation;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("explanation")) explanation = cursor.takeString();
    else cursor.skip();
  }
  return explanation;
}

export function stopReason(reason: u8): string {
  switch (<StopReason>reason) {
    case StopReason.ToolUse:
      return "tool_use";
    case StopReason.Length:
      return "max_tokens";
    case StopReason.StopSequence:
      return "stop_sequence";
    case StopReason.Refusal:
      return "refusal";
    case StopReason.Pause:
      return "pause_turn";
    case StopReason.ContextLength:
      return "model_context_window_exceeded";
    default:
      return "end_turn";
  }
}
