import { randomBytes } from "node:crypto";

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Base 58: Anthropic's ids leave out 0, O, I and l. */
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function randomText(alphabet: string, length: number): string {
  let text = "";
  for (const byte of randomBytes(length)) text += alphabet[byte % alphabet.length];
  return text;
}

/** The forms are those of recorded answers: `chatcmpl-` and 29 characters, `call_` and 24, `req_` and 32 hex digits. */
export const openaiIds = {
  completion: () => `chatcmpl-${randomText(ALPHANUMERIC, 29)}`,
  toolCall: () => `call_${randomText(ALPHANUMERIC, 24)}`,
  request: () => `req_${randomBytes(16).toString("hex")}`,
  /** Of the responses API: a prefix that says what it names, and 50 hex digits. */
  response: (prefix: "resp" | "msg" | "rs" | "fc" | "ctc") => `${prefix}_${randomBytes(25).toString("hex")}`,
  /** Pads a chunk so that its size says less about its text (`stream_options.include_obfuscation`). */
  obfuscation: (length: number) => randomText(ALPHANUMERIC, length),
};

/** The forms are those of recorded answers: a prefix, the version `01`, and 22 base-58 characters. */
export const anthropicIds = {
  message: () => `msg_01${randomText(BASE58, 22)}`,
  toolUse: () => `toolu_01${randomText(BASE58, 22)}`,
  request: () => `req_011${randomText(BASE58, 21)}`,
};

/** The form is that of recorded answers: `tooluse_` and 22 characters of URL-safe base64. */
export const bedrockIds = {
  toolUse: () => `tooluse_${randomBytes(16).toString("base64url")}`,
};

/** The form is that of recorded answers: 23 characters of URL-safe base64. */
export const geminiIds = {
  response: () => randomBytes(17).toString("base64url"),
};
