import { anthropicIds } from "../identifiers.ts";
import type { WholeReply } from "../wire.ts";
import { anthropicHeaders } from "./headers.ts";

/** Error types and their statuses: platform.claude.com/docs/en/api/errors. */
export const ANTHROPIC_ERROR_TYPES: Record<number, string> = {
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

export const ANTHROPIC_STATUS_MESSAGES: Record<number, string> = {
  401: "invalid x-api-key",
  403: "Your API key does not have permission to use the specified resource.",
  404: "The requested resource could not be found.",
  408: "Request timed out.",
  429: "This request would exceed the rate limit of your organization.",
  500: "Internal server error",
  529: "Overloaded",
};

export function anthropicErrorBody(status: number, message: string, requestId: string): string {
  const type = ANTHROPIC_ERROR_TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
  return JSON.stringify({ type: "error", error: { type, message }, request_id: requestId });
}

export function anthropicErrorReply(status: number, message: string, headers: Record<string, string> = {}): WholeReply {
  const requestId = anthropicIds.request();
  return {
    status,
    headers: { ...anthropicHeaders("application/json", requestId), ...headers },
    body: anthropicErrorBody(status, message, requestId),
  };
}
