import { indexOfAscii } from "../../bytes/ascii";
import { Bytes } from "../../bytes/bytes";

// What depends on a Gemini's version, by its name.

/** Not a Gemini: a Gemma, say, which is served behind this API too. */
export const NOT_GEMINI: i32 = 0;
/** A Gemini without a number in its name (gemini-flash-latest): of the newest kind. */
const NEWEST: i32 = 10000;

/** A Gemini's version as major * 100 + minor: gemini-2.5-flash is 205, gemini-3-pro-preview is 300. */
export function geminiVersion(model: Bytes): i32 {
  const at = indexOfAscii(model.ptr, model.length, "gemini");
  if (at < 0) return NOT_GEMINI;
  const end = model.ptr + model.length;
  let p = model.ptr + at;
  while (p < end && !isDigit(load<u8>(p))) p++;
  if (p == end) return NEWEST;
  let major = 0;
  for (; p < end && isDigit(load<u8>(p)) && major < 100; p++) major = major * 10 + (load<u8>(p) - 0x30);
  if (p == end || load<u8>(p) != 0x2e) return major * 100;
  let minor = 0;
  for (p++; p < end && isDigit(load<u8>(p)) && minor < 10; p++) minor = minor * 10 + (load<u8>(p) - 0x30);
  return major * 100 + minor;
}

function isDigit(c: u8): bool {
  return c >= 0x30 && c <= 0x39;
}

/** Thinks on a budget of tokens: https://ai.google.dev/gemini-api/docs/thinking#set-budget */
export function thinksOnBudget(version: i32): bool {
  return version >= 205 && version < 300;
}

/** Thinks at a level, and cannot be told not to: https://ai.google.dev/gemini-api/docs/thinking#thinking-levels */
export function thinksAtLevel(version: i32): bool {
  return version >= 300;
}

/**
 * The level MINIMAL, which Flash-Lite thinks at unless it is told more: Flash and Flash-Lite up to 3.5, not Pro, and no longer 3.8 Flash.
 * https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/guides/gemini-3-5-flash , https://github.com/simonw/llm-gemini/releases/tag/0.34
 */
export function takesMinimal(model: Bytes, version: i32): bool {
  return version >= 300 && version <= 305 && indexOfAscii(model.ptr, model.length, "-flash") >= 0;
}

/** Refuses a function call of the turn that is going on without its signature: https://ai.google.dev/gemini-api/docs/thought-signatures */
export function wantsSignatures(version: i32): bool {
  return version >= 300;
}

/** Takes a schema for the answer together with functions: https://ai.google.dev/gemini-api/docs/structured-output#structured_outputs_with_tools */
export function takesSchemaWithTools(version: i32): bool {
  return version >= 300;
}

/** The tool googleSearch: https://ai.google.dev/gemini-api/docs/google-search#supported_models */
export function searchesWeb(version: i32): bool {
  return version >= 200;
}

/** Of Gemini 2.5, in tokens: the least that can be asked of Pro, which cannot be told not to think, and the most of each. */
export const PRO_BUDGET_TOKENS_MIN: i64 = 128;
export const PRO_BUDGET_TOKENS_MAX: i64 = 32768;
export const FLASH_BUDGET_TOKENS_MAX: i64 = 24576;

export function isPro(model: Bytes): bool {
  return indexOfAscii(model.ptr, model.length, "-pro") >= 0;
}
