import { createHash, randomBytes } from "node:crypto";

/** Marks what this server "encrypted", so that the real API's, in a conversation brought along, is left alone. The hyphen makes it no base64, which signatures of other APIs are. */
const PREFIX = "gAAAADEMO-";
/** What Fernet tokens begin with, which the real API's are: https://github.com/fernet/spec/blob/master/Spec.md */
const REAL = /^gAAAA[\w-]{40,}={0,2}$/;
const NONCE_CHARS = 64;

const proofOf = (nonce: string) => createHash("sha256").update(nonce).digest("hex");

/** Reasoning that only this server can read; there is none in it, but it can be told from one that was altered. */
export function encryptReasoning(): string {
  const nonce = randomBytes(NONCE_CHARS / 2).toString("hex");
  return PREFIX + nonce + proofOf(nonce);
}

export function isOwnEncryption(content: string): boolean {
  if (!content.startsWith(PREFIX)) return REAL.test(content);
  const rest = content.slice(PREFIX.length);
  return rest.slice(NONCE_CHARS) === proofOf(rest.slice(0, NONCE_CHARS));
}
