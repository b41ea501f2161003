import { indexOfAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";

/** Not a Claude: one of the other models that are served behind this API (DeepSeek, Kimi, MiniMax). */
export const NOT_CLAUDE: i32 = 0;
/** A Claude without a number in its name: of the newest kind. */
const NEWEST: i32 = 10000;
/** One without a number that is of the kind of 4.6: https://platform.claude.com/docs/en/build-with-claude/effort */
const MYTHOS_PREVIEW: i32 = 406;

/**
 * A Claude's version as major * 100 + minor, from its name: claude-3-5-sonnet-20241022 is 305, claude-opus-4-20250514 is 400,
 * claude-sonnet-4-6 is 406. Names behind other platforms' prefixes (anthropic.claude-opus-4-6-v1) count too.
 */
export function claudeVersion(model: Bytes): i32 {
  const at = indexOfAscii(model.ptr, model.length, "claude");
  if (at < 0) return NOT_CLAUDE;
  if (has(model, "mythos-preview")) return MYTHOS_PREVIEW;
  const end = model.ptr + model.length;
  let p = model.ptr + at;
  while (p < end && !isDigit(load<u8>(p))) p++;
  if (p == end) return NEWEST;
  let major = 0;
  for (; p < end && isDigit(load<u8>(p)); p++) major = major * 10 + (load<u8>(p) - 0x30);
  if (p == end || (load<u8>(p) != 0x2d && load<u8>(p) != 0x2e)) return major * 100;
  let minor = 0;
  let digits = 0;
  for (p++; p < end && isDigit(load<u8>(p)); p++) {
    if (++digits <= 2) minor = minor * 10 + (load<u8>(p) - 0x30);
  }
  return major * 100 + (digits <= 2 ? minor : 0); // eight digits are a date
}

function isDigit(c: u8): bool {
  return c >= 0x30 && c <= 0x39;
}

// What depends on the version, from https://platform.claude.com/docs/en/about-claude/models/migration-guide ,
// …/build-with-claude/adaptive-thinking and …/build-with-claude/structured-outputs .

/** temperature, top_p and top_k: refused since 4.7. */
export function takesSampling(version: i32): bool {
  return version <= 406;
}

/** thinking {"type": "adaptive"} with output_config.effort: since 4.6, and since 4.7 in place of a budget. */
export function thinksAdaptively(version: i32): bool {
  return version >= 406;
}

/** The effort xhigh: since 4.7, one version after max. https://platform.claude.com/docs/en/build-with-claude/effort#effort-levels */
export function takesExtraHigh(version: i32): bool {
  return version >= 407;
}

/** Thinks unless it is told not to: since 5. https://platform.claude.com/docs/en/build-with-claude/thinking */
export function thinksUnasked(version: i32): bool {
  return version >= 500;
}

/**
 * Cannot be told not to think: every Fable and Mythos, Opus and Sonnet since 5.5. Sonnet 5.5 can be told to do so between calls only.
 * https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5#thinking-cant-be-disabled
 */
export function thinksAlways(model: Bytes, version: i32): bool {
  if (version < 500) return false;
  return has(model, "fable") || has(model, "mythos") || (version >= 505 && !has(model, "haiku"));
}

/** Can be forced to call a tool: not since Fable 5.1, but for Haiku (the same page, #forced-tool-use-is-not-supported). */
export function takesForcedTools(model: Bytes, version: i32): bool {
  return version <= 500 || has(model, "haiku");
}

function has(model: Bytes, name: string): bool {
  return indexOfAscii(model.ptr, model.length, name) >= 0;
}

/** output_config.format and strict tools: since 4.5. */
export function takesSchemas(version: i32): bool {
  return version >= 405;
}

/** The tool web_search_20250305: since 3.5. https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool */
export function searchesWeb(version: i32): bool {
  return version >= 305;
}
