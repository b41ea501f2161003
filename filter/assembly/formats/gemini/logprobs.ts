import { Bytes } from "../../bytes/bytes";
import { TokenLogprobs } from "../../canonical/token_logprobs";
import { Cursor } from "../../json/cursor";
import { ABSENT, textOf } from "../../json/slice";

/**
 * Reads a candidate's `logprobsResult` (https://ai.google.dev/api/generate-content#v1beta.LogprobsResult): two lists, with an element for each
 * step, of the tokens that were chosen and of those that were likeliest. Other APIs have no word for a token's id and for sums.
 */
export function readLogprobs(cursor: Cursor, tokens: TokenLogprobs): void {
  let chosen = ABSENT;
  let top = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("chosenCandidates")) chosen = cursor.takeValue();
    else if (cursor.keyIs("topCandidates")) top = cursor.takeValue();
    else cursor.skip();
  }
  if (!steps.openValue(chosen, cursor.depthMax) || !steps.enterArray()) return;
  let hasTop = alternatives.openValue(top, cursor.depthMax) && alternatives.enterArray();
  while (steps.nextElement()) {
    const isKnown = readCandidate(steps, tokens, false);
    hasTop = hasTop && alternatives.nextElement();
    if (!hasTop) continue;
    if (isKnown) readTop(alternatives, tokens);
    else alternatives.skip();
  }
}

function readTop(cursor: Cursor, tokens: TokenLogprobs): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (!cursor.keyIs("candidates") || !cursor.enterArray()) {
      cursor.skip();
      continue;
    }
    while (cursor.nextElement()) readCandidate(cursor, tokens, true);
  }
}

/**
 * Whether it was one. A probability of one, whose logarithm is 0, may be left out: https://protobuf.dev/programming-guides/json/ ("Presence and
 * default-values").
 */
function readCandidate(cursor: Cursor, tokens: TokenLogprobs, isAlternative: bool): bool {
  let token = ABSENT;
  let logprob = textOf(zero);
  if (!cursor.enterObject()) {
    cursor.skip();
    return false;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("token")) token = cursor.takeString();
    else if (cursor.keyIs("logProbability")) logprob = cursor.takeNumber();
    else cursor.skip();
  }
  const isKnown = cursor.ok && token != ABSENT && logprob != ABSENT;
  if (isKnown) tokens.add(token, logprob, ABSENT, isAlternative);
  return isKnown;
}

const zero = new Bytes();
zero.byte(0x30);
const steps = new Cursor();
const alternatives = new Cursor();
