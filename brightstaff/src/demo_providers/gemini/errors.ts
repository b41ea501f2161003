import type { WholeReply } from "../wire.ts";

/** Google's names for its statuses (cloud.google.com/apis/design/errors#handling_errors). */
const STATUS_NAMES: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

export interface GeminiError {
  status: number;
  message: string;
}

export const GEMINI_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "application/json; charset=UTF-8",
  vary: "Origin, X-Origin, Referer",
  "x-content-type-options": "nosniff",
};

export function invalidArgument(message: string): GeminiError {
  return { status: 400, message };
}

export function geminiErrorBody({ status, message }: GeminiError): object {
  const name = STATUS_NAMES[status] ?? (status >= 500 ? "INTERNAL" : "FAILED_PRECONDITION");
  // A recorded 429 tells in its details when to come back.
  const details = status === 429 ? { details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" }] } : {};
  return { error: { code: status, message, status: name, ...details } };
}

export function geminiErrorReply(error: GeminiError, headers: Record<string, string> = {}): WholeReply {
  return { status: error.status, headers: { ...GEMINI_HEADERS, ...headers }, body: JSON.stringify(geminiErrorBody(error), null, 2) };
}
