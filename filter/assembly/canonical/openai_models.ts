import { indexOfAscii, startsWithAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { Effort } from "./request";

// What OpenAI's models refuse, by their names. Other providers' models under OpenAI's APIs take sampling parameters and know no
// reasoning effort, or pass over it.

/** How an OpenAI model takes reasoning and sampling. */
export enum Reasoning {
  /** No OpenAI reasoning model: sampling parameters are taken, reasoning_effort is not. */
  None = 0,
  /**
   * Reasons before it answers: takes reasoning_effort, refuses temperature, top_p and stop.
   * https://developers.openai.com/api/docs/guides/reasoning
   */
  Always = 1,
  /**
   * Since GPT-5.4, function tools are refused in the chat API unless reasoning_effort is "none", 5.6 wants it said even when none was asked
   * for: https://github.com/openai/openai-openapi/issues/541 , https://github.com/BerriAI/litellm/pull/34569
   */
  NotWithTools = 2,
}

const GPT_WITHOUT_TOOLS_SINCE: i32 = 504;

/** An effort that a model takes, next to the one that is asked for. */
export function takenEffort(model: Bytes, effort: Effort): Effort {
  if (effort == Effort.Unset) return effort;
  const version = gptVersion(model);
  const least = leastEffort(model, version);
  const most = mostEffort(model, version);
  if (effort < least) return least;
  if (effort > most) return most;
  return effort == Effort.Minimal && version != 500 ? Effort.Low : effort; // GPT-5 alone has it
}

// Which efforts a model takes is on its own page below https://developers.openai.com/api/docs/models , and for many of them in one place at
// https://models.dev .

/** Since 5.1 models can be told not to reason; codex models since 5.3, pro models never. */
function leastEffort(model: Bytes, version: i32): Effort {
  if (hasWord(model, "-pro")) return version == 500 ? Effort.High : version > 500 ? Effort.Medium : Effort.Low;
  if (hasWord(model, "-chat")) return Effort.Medium;
  if (hasWord(model, "-codex") && version < 503) return Effort.Low;
  if (version == 500) return Effort.Minimal;
  return version > 500 ? Effort.None : Effort.Low;
}

/** xhigh since 5.2, which 5.1-codex-max had first; max since 5.6: https://github.com/anomalyco/opencode/issues/36141 */
function mostEffort(model: Bytes, version: i32): Effort {
  if (hasWord(model, "-chat")) return Effort.Medium;
  if (version >= 506) return Effort.Max;
  return version >= 502 || hasWord(model, "-codex-max") ? Effort.ExtraHigh : Effort.High;
}

function hasWord(model: Bytes, word: string): bool {
  return indexOfAscii(model.ptr, model.length, word) >= 0;
}

/** Whether a model is OpenAI's, by its name: others' providers may refuse what only OpenAI's APIs have. */
export function isOpenai(model: Bytes): bool {
  return gptVersion(model) > 0 || reasoningOf(model) != Reasoning.None;
}

/** Of a name such as o4-mini, gpt-5.6-terra or, behind an aggregator, openai/gpt-oss-120b. */
export function reasoningOf(model: Bytes): Reasoning {
  const ptr = nameOf(model);
  const end = model.ptr + model.length;
  const length = <u32>(end - ptr);
  if (length >= 2 && load<u8>(ptr) == 0x6f && isDigit(load<u8>(ptr, 1))) return Reasoning.Always; // o1, o3, o4-mini
  if (startsWithAscii(ptr, length, "gpt-oss")) return Reasoning.Always;
  const version = gptVersion(model);
  if (version < 500 || startsWithAscii(ptr, length, "gpt-5-chat")) return Reasoning.None;
  return version >= GPT_WITHOUT_TOOLS_SINCE ? Reasoning.NotWithTools : Reasoning.Always;
}

/** Where the model's own name begins, behind an aggregator's prefix. */
function nameOf(model: Bytes): usize {
  let ptr = model.ptr;
  const end = ptr + model.length;
  for (let p = ptr; p < end; p++) if (load<u8>(p) == 0x2f) ptr = p + 1;
  return ptr;
}

/** 504 of gpt-5.4-mini; 0 of other names. */
function gptVersion(model: Bytes): i32 {
  const ptr = nameOf(model);
  const end = model.ptr + model.length;
  return startsWithAscii(ptr, <u32>(end - ptr), "gpt-") ? versionAt(ptr + 4, end) : 0;
}

/** major * 100 + minor of what begins like 5.6-terra. */
function versionAt(p: usize, end: usize): i32 {
  let major = 0;
  for (; p < end && isDigit(load<u8>(p)); p++) major = major * 10 + (load<u8>(p) - 0x30);
  if (p == end || load<u8>(p) != 0x2e) return major * 100;
  let minor = 0;
  for (p++; p < end && isDigit(load<u8>(p)); p++) minor = minor * 10 + (load<u8>(p) - 0x30);
  return major * 100 + minor;
}

function isDigit(c: u8): bool {
  return c >= 0x30 && c <= 0x39;
}
