// Proofs of reasoning in the forms that tell their makers apart.

/** In the form of Claude's: a protocol buffer with a field of bytes. */
export function claudeSignature(said: string): string {
  const content = Buffer.from(said);
  if (content.length > 127) throw new Error("too long for a length of one byte");
  return Buffer.concat([Buffer.from([0x12, content.length]), content, Buffer.from([0x18, 1])]).toString("base64");
}

/** In the form of what OpenAI encrypts: a version, a time of 64 bits, and what no one can read. */
export function openaiCiphertext(said: string): string {
  return Buffer.concat([Buffer.from([0x80, 0, 0, 0, 0]), Buffer.from(said)]).toString("base64url");
}
