import { anthropicIds } from "../identifiers.ts";
import type { WholeReply } from "../wire.ts";
import { anthropicHeaders } from "./headers.ts";

/** Error types and their statuses: platform.claude.com/docs/en/api/errors. */
const ERROR_TYPES: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  408: "timeout_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** The error object alone, as in-stream errors carry it too. */
export function anthropicError(status: number, message: string): { type: "error"; error: { type: string; message: string } } {
  const type = ERROR_TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
  return { type: "error", error: { type, message } };
}

/**
 * To a request for a conversation that Anthropic keeps, which demo providers do not: `details` make Anthropic's SDKs send the whole
 * conversation instead (lib/internal/threads of @anthropic-ai/sdk 1.12).
 */
export function threadUnsupportedReply(): WholeReply {
  const { type, error } = anthropicError(400, "thread: is not supported by this provider");
  const details = { error_code: "thread_unsupported_request", unsupported: ["thread"] };
  const requestId = anthropicIds.request();
  return {
    status: 400,
    headers: anthropicHeaders("application/json", requestId),
    body: JSON.stringify({ type, error: { ...error, details }, request_id: requestId }),
  };
}

export function anthropicErrorReply(status: number, message: string, headers: Record<string, string> = {}): WholeReply {
  const requestId = anthropicIds.request();
  return {
    status,
    headers: { ...anthropicHeaders("application/json", requestId), ...headers },
    body: JSON.stringify({ ...anthropicError(status, message), request_id: requestId }),
  };
}
