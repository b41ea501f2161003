import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { CanonicalRequest } from "../../canonical/request";
import { sliceIsEmpty, textOf } from "../../json/slice";
import { writeString, writeText } from "../../json/text";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html , requestMetadata: the longest value. */
const VALUE_CHARACTERS_MAX: u32 = 256;

const user = new Bytes();

/** The end user's id, by which the log of invocations can be searched. One with characters that values may not have is left out. */
export function writeRequestMetadata(request: CanonicalRequest, rules: ProviderRules, out: Bytes): void {
  if (sliceIsEmpty(request.endUser)) return;
  user.clear();
  writeText(user, request.endUser);
  if (!isValue()) request.drop("user");
  else if (rules.writeKey(out, "requestMetadata")) {
    out.ascii('{"user":');
    writeString(out, textOf(user));
    out.byte(0x7d);
  }
}

function isValue(): bool {
  if (user.length > VALUE_CHARACTERS_MAX) return false;
  for (let i: u32 = 0; i < user.length; i++) {
    if (!isValueCharacter(load<u8>(user.ptr + i))) return false;
  }
  return true;
}

/** Letters, digits, white space and : _ @ $ # = / + , - . */
function isValueCharacter(c: u8): bool {
  const letter = c | 0x20;
  if (letter - 0x61 <= 25 || c - 0x30 <= 10 || c == 0x20 || c - 0x09 <= 4) return true;
  return c == 0x5f || c == 0x40 || c == 0x24 || c == 0x23 || c == 0x3d || (c >= 0x2b && c <= 0x2f);
}
