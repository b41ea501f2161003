import type { IncomingHttpHeaders } from "node:http";

/**
 * Versions of the API (platform.claude.com/docs/en/api/versioning). 2026-10-21 removed temperature, top_p and top_k, documents
 * in assistant messages and citations on the text of user messages.
 */
const VERSIONS = ["2023-06-01", "2026-10-21"] as const;

export type AnthropicVersion = (typeof VERSIONS)[number];

/** The `anthropic-version` header; null when it is missing or names no version. */
export function readVersion(headers: IncomingHttpHeaders): AnthropicVersion | null {
  return VERSIONS.find((version) => version === headers["anthropic-version"]) ?? null;
}
