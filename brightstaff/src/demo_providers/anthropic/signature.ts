import { createHash } from "node:crypto";

/** What the signatures of this server hold, so that those of the real API in a conversation brought along are left alone. */
const MARK = Buffer.from("DEMO claude");
/** A protocol buffer's field 2, of bytes, is what Claude's signatures begin with. */
const FIELD_TAG = 0x12;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** The first byte of a protocol buffer whose first field is 1 or 2, or of one that was encoded twice. */
const CLAUDE_SIGNATURE = /^[CER][A-Za-z0-9+/]*={0,2}$/;

function digestOf(thinking: string): Buffer {
  return createHash("sha256").update(thinking).digest();
}

function sign(thinking: string): string {
  const content = Buffer.concat([MARK, digestOf(thinking)]);
  return Buffer.concat([Buffer.from([FIELD_TAG, content.length]), content]).toString("base64");
}

function accepts(thinking: string, signature: string): boolean {
  if (!CLAUDE_SIGNATURE.test(signature)) return false;
  const content = Buffer.from(signature, "base64").subarray(2);
  if (!content.subarray(0, MARK.length).equals(MARK)) return true;
  return thinking === "" || content.subarray(MARK.length).equals(digestOf(thinking));
}

/** Signs thinking so that a conversation that comes back with altered thinking is refused, as the API does. */
export const thinkingSignature = {
  sign,
  accepts,
  /** Redacted thinking has nothing to compare with. Base64, which the marks of gateways and what OpenAI encrypts are not. */
  acceptsRedacted: (data: string): boolean => BASE64.test(data),
};

/** Another maker's, of a model that is served behind this API: bytes without a form, which it does not read again. */
export function signAsOther(thinking: string): string {
  return digestOf(thinking).toString("base64");
}

export function isClaude(model: unknown): boolean {
  return String(model).includes("claude");
}
