import type { WholeReply } from "../wire.ts";
import { openaiHeaders } from "./headers.ts";

/** The fields of OpenAI's error object (platform.openai.com/docs/guides/error-codes, and recorded answers). */
export interface OpenaiError {
  status: number;
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

export function invalidRequest(message: string, param: string | null, code: string | null): OpenaiError {
  return { status: 400, message, type: "invalid_request_error", param, code };
}

export function openaiErrorBody(error: Omit<OpenaiError, "status">): string {
  const { message, type, param, code } = error;
  return JSON.stringify({ error: { message, type, param, code } }, null, 2);
}

export function openaiErrorReply(error: OpenaiError, headers: Record<string, string> = {}): WholeReply {
  return { status: error.status, headers: { ...openaiHeaders("application/json"), ...headers }, body: openaiErrorBody(error) };
}

/** Well-formed errors for statuses that have nothing to do with the request's content. */
export const OPENAI_STATUS_ERRORS: Record<number, Omit<OpenaiError, "status">> = {
  401: { message: "Incorrect API key provided.", type: "invalid_request_error", param: null, code: "invalid_api_key" },
  403: {
    message: "Country, region, or territory not supported",
    type: "request_forbidden",
    param: null,
    code: "unsupported_country_region_territory",
  },
  404: {
    message: "The model does not exist or you do not have access to it.",
    type: "invalid_request_error",
    param: null,
    code: "model_not_found",
  },
  408: { message: "The request took too long.", type: "server_error", param: null, code: "request_timeout" },
  429: {
    message: "Rate limit reached for this model on tokens per min (TPM).",
    type: "tokens",
    param: null,
    code: "rate_limit_exceeded",
  },
  500: { message: "The server had an error while processing your request.", type: "server_error", param: null, code: null },
  503: { message: "That model is currently overloaded with other requests.", type: "server_error", param: null, code: null },
};
