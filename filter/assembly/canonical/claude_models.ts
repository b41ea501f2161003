import { indexOfAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";

/** Not a Claude: one of the other models that are served behind this API (DeepSeek, Kimi, MiniMax). */
export const NOT_CLAUDE: i32 = 0;
/** A Claude without a number in its name (claude-mythos-preview): of the newest kind. */
const NEWEST: i32 = 10000;

/**
 * A Claude's version as major * 100 + minor, from its name: claude-3-5-sonnet-20241022 is 305, claude-opus-4-20250514 is 400,
 * claude-sonnet-4-6 is 406. Names behind other platforms' prefixes (anthropic.claude-opus-4-6-v1) count too.
 */
export function claudeVersion(model: Bytes): i32 {
  const at = indexOfAscii(model.ptr, model.length, "claude");
  if (at < 0) return NOT_CLAUDE;
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

/** output_config.format and strict tools: since 4.5. */
export function takesSchemas(version: i32): bool {
  return version >= 405;
}
