import { ResponseSummary } from "../../canonical/summary";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice } from "../../json/slice";

/**
 * Reads `usage` (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html). Input is what came neither from a cache
 * nor went into it: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
export function readUsage(cursor: Cursor, summary: ResponseSummary): void {
  let input: i64 = -1;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("inputTokens")) input = cursor.takeInteger(-1);
    else if (cursor.keyIs("outputTokens")) summary.outputTokens = cursor.takeInteger(-1);
    else if (cursor.keyIs("cacheReadInputTokens")) summary.cachedInputTokens = cursor.takeInteger(-1);
    else if (cursor.keyIs("cacheWriteInputTokens")) summary.cacheWriteTokens = cursor.takeInteger(-1);
    else cursor.skip();
  }
  if (input >= 0) summary.inputTokens = input + known(summary.cachedInputTokens) + known(summary.cacheWriteTokens);
}

function known(tokens: i64): i64 {
  return tokens < 0 ? 0 : tokens;
}

/**
 * Passes `additionalModelResponseFields` and returns which stop sequence ended the answer, where it has that: in a stream as a member of
 * `delta`.
 */
export function takeStopSequence(cursor: Cursor): Slice {
  let sequence = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return sequence;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("stop_sequence")) sequence = cursor.takeString();
    else if (cursor.keyIs("delta")) {
      if (!cursor.enterObject()) {
        cursor.skip();
        continue;
      }
      while (cursor.nextKey()) {
        if (cursor.keyIs("stop_sequence")) sequence = cursor.takeString();
        else cursor.skip();
      }
    } else cursor.skip();
  }
  return sequence;
}
