import { createHash } from "node:crypto";

/** Marks the signatures of this server, so that those of the real API in a conversation brought along are left alone. */
const PREFIX = "DEMOclaude";

/** Base64, which the marks of gateways and what OpenAI encrypts are not; and none that another of the demo providers made. */
function isRealSignature(text: string): boolean {
  return /^(?!DEMO)[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function sign(thinking: string): string {
  return PREFIX + createHash("sha256").update(thinking).digest("base64");
}

/** Signs thinking so that a conversation that comes back with altered thinking is refused, as the API does. */
export const thinkingSignature = {
  sign,
  /** Redacted thinking has nothing to compare with. */
  acceptsRedacted: isRealSignature,
  accepts: (thinking: string, signature: string): boolean =>
    signature.startsWith(PREFIX) ? thinking === "" || signature === sign(thinking) : isRealSignature(signature),
};
