import { anthropicIds } from "../identifiers.ts";

/** Seconds until the demo's rate limit window, which never fills, starts anew. */
const LIMIT_WINDOW_SECONDS = 60;

/** platform.claude.com/docs/en/api/rate-limits#response-headers and .../api/overview#response-headers. */
export function anthropicHeaders(contentType: string, requestId: string = anthropicIds.request()): Record<string, string> {
  const reset = new Date(Date.now() + LIMIT_WINDOW_SECONDS * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const headers: Record<string, string> = {
    "content-type": contentType,
    "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
    "request-id": requestId,
  };
  for (const [kind, limit] of [
    ["requests", 1000],
    ["input-tokens", 400000],
    ["output-tokens", 80000],
    ["tokens", 480000],
  ] as const) {
    headers[`anthropic-ratelimit-${kind}-limit`] = String(limit);
    headers[`anthropic-ratelimit-${kind}-remaining`] = String(limit - (kind === "requests" ? 1 : 1000));
    headers[`anthropic-ratelimit-${kind}-reset`] = reset;
  }
  return headers;
}
