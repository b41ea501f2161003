import type { Limits } from "../config/gateway_config.ts";

/** A whole reply longer than this can't be translated and fails. */
export const RESPONSE_BODY_BYTES_MAX = 50 * 1024 * 1024;

/** What Envoy buffers past the filter's own limit, so that the filter's 413, in the client's error format, comes before Envoy's. */
const HEADROOM_BYTES = 1024 * 1024;

/**
 * The bytes that Envoy buffers for one request and for one reply. It also bounds the bodies that are kept for a fallback: a longer one would
 * be sent to the first candidate only.
 */
export function bufferLimit_bytes(limits: Limits): number {
  return Math.max(limits.requestBody_bytes_max, RESPONSE_BODY_BYTES_MAX) + HEADROOM_BYTES;
}
