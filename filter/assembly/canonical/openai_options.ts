import { Bytes } from "../bytes/bytes";
import { ABSENT, sliceLength } from "../json/slice";
import { writeString, writeText } from "../json/text";
import { ProviderRules } from "./field_rules";
import { CanonicalRequest, Option } from "./request";

// Fields that both of OpenAI's APIs have alike.

/**
 * The longest `user` that is sent: https://platform.openai.com/docs/api-reference/chat/create ("safety_identifier", which replaces it, has
 * at most 128 characters).
 */
const USER_BYTES_MAX: u32 = 128;

export function writeUser(request: CanonicalRequest, rules: ProviderRules, out: Bytes): void {
  const length = sliceLength(request.endUser);
  if (length == 0) return;
  if (length > USER_BYTES_MAX) request.drop("metadata.user_id (too long)");
  else if (rules.writeKey(out, "user")) writeString(out, request.endUser);
}

export function writeOption(request: CanonicalRequest, option: Option, name: string, rules: ProviderRules, out: Bytes): void {
  const value = request.takeOption(option);
  if (value != ABSENT && rules.writeKey(out, name)) writeText(out, value);
}
