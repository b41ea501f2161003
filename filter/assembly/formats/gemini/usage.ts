import { ResponseSummary } from "../../canonical/summary";
import { Cursor } from "../../json/cursor";

/**
 * Reads `usageMetadata` (https://ai.google.dev/api/generate-content#UsageMetadata). The prompt's count has what came from a cache, the
 * candidates' does not have thoughts. Events of a stream repeat the counts so far, and some leave them out.
 */
export function readUsage(cursor: Cursor, summary: ResponseSummary): void {
  let prompt: i64 = -1;
  let toolPrompt: i64 = 0;
  let candidates: i64 = -1;
  let thoughts: i64 = -1;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("promptTokenCount")) prompt = cursor.takeInteger(-1);
    else if (cursor.keyIs("toolUsePromptTokenCount")) toolPrompt = cursor.takeInteger(0);
    else if (cursor.keyIs("candidatesTokenCount")) candidates = cursor.takeInteger(-1);
    else if (cursor.keyIs("thoughtsTokenCount")) thoughts = cursor.takeInteger(-1);
    else if (cursor.keyIs("cachedContentTokenCount")) summary.cachedInputTokens = cursor.takeInteger(-1);
    else cursor.skip();
  }
  if (prompt < 0) return;
  summary.inputTokens = prompt + toolPrompt;
  // A count of nothing is left out, as protobuf's JSON form does with zeros.
  summary.outputTokens = known(candidates) + known(thoughts);
  if (thoughts >= 0) summary.reasoningTokens = thoughts;
}

function known(tokens: i64): i64 {
  return tokens < 0 ? 0 : tokens;
}
