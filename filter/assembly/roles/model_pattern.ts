import { Bytes } from "../bytes/bytes";
import { Text } from "../bytes/text";

const STAR: u8 = 0x2a;

/** Whether a model's name is of a pattern in which * stands for any characters, or none. */
export function matchesPattern(name: Bytes, pattern: Text): bool {
  let n: u32 = 0;
  let p: u32 = 0;
  let starAt: i32 = -1; // behind the last star
  let resumeAt: u32 = 0; // where in the name what follows it is tried next
  while (n < name.length) {
    if (p < pattern.length && load<u8>(pattern.ptr + p) == STAR) {
      starAt = ++p;
      resumeAt = n;
    } else if (p < pattern.length && load<u8>(pattern.ptr + p) == load<u8>(name.ptr + n)) {
      p++;
      n++;
    } else if (starAt >= 0) {
      p = starAt;
      n = ++resumeAt;
    } else return false;
  }
  while (p < pattern.length && load<u8>(pattern.ptr + p) == STAR) p++;
  return p == pattern.length;
}
