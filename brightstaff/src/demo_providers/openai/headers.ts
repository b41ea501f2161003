import { openaiIds } from "../identifiers.ts";

/** The headers of recorded answers that clients read; the processing time is a plausible one. */
export function openaiHeaders(contentType: string): Record<string, string> {
  return {
    "content-type": contentType,
    "access-control-expose-headers": "X-Request-ID",
    "openai-organization": "demo",
    "openai-processing-ms": "21",
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-limit-tokens": "200000",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-remaining-tokens": "199998",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-reset-tokens": "0s",
    "x-request-id": openaiIds.request(),
  };
}
