import { anthropicError, anthropicErrorReply } from "../../brightstaff/src/demo_providers/anthropic/errors.ts";
import { bedrockErrorEvent, bedrockErrorReply } from "../../brightstaff/src/demo_providers/bedrock/errors.ts";
import type { WireFormat } from "../../brightstaff/src/demo_providers/engine.ts";
import { geminiErrorBody, geminiErrorReply } from "../../brightstaff/src/demo_providers/gemini/errors.ts";
import { type OpenaiError, openaiErrorReply } from "../../brightstaff/src/demo_providers/openai/errors.ts";
import type { WholeReply } from "../../brightstaff/src/demo_providers/wire.ts";

/** developers.openai.com/api/docs/guides/error-codes; type and code as in recorded errors. */
const OPENAI_ERRORS: Record<number, Omit<OpenaiError, "status">> = {
  400: { message: "Invalid request.", type: "invalid_request_error", param: null, code: null },
  401: { message: "Incorrect API key provided.", type: "invalid_request_error", param: null, code: "invalid_api_key" },
  403: { message: "Country not supported.", type: "request_forbidden", param: null, code: "unsupported_country_region_territory" },
  404: {
    message: "The model does not exist or you do not have access to it.",
    type: "invalid_request_error",
    param: null,
    code: "model_not_found",
  },
  408: { message: "The request took too long.", type: "server_error", param: null, code: "request_timeout" },
  429: { message: "Rate limit reached for requests.", type: "requests", param: null, code: "rate_limit_exceeded" },
  500: { message: "The server had an error while processing your request.", type: "server_error", param: null, code: null },
  503: { message: "The engine is currently overloaded.", type: "server_error", param: null, code: "overloaded" },
};

/** platform.claude.com/docs/en/api/errors. */
const ANTHROPIC_MESSAGES: Record<number, string> = {
  400: "Invalid request",
  401: "invalid x-api-key",
  403: "Your API key does not have permission to use the specified resource.",
  404: "model: not found",
  408: "Request timed out.",
  429: "This request would exceed the rate limit of your organization.",
  500: "Internal server error",
  529: "Overloaded",
};

/** ai.google.dev/gemini-api/docs/troubleshooting. */
const GEMINI_MESSAGES: Record<number, string> = {
  400: "Request contains an invalid argument.",
  401: "Request had invalid authentication credentials.",
  403: "The caller does not have permission.",
  404: "models/model is not found for API version v1beta.",
  408: "The request took too long.",
  429: "You exceeded your current quota.",
  500: "An internal error has occurred.",
  503: "The model is overloaded.",
  529: "The model is overloaded.",
};

/** docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html */
const BEDROCK_MESSAGES: Record<number, string> = {
  400: "The provided request is not valid.",
  401: "The security token included in the request is invalid.",
  403: "You don't have access to the model with the specified model ID.",
  404: "Could not resolve the foundation model from the provided model identifier.",
  408: "Model has timed out in processing the request. Try your request again.",
  424: "The system encountered an unexpected error during processing. Try your request again.",
  429: "Too many requests, please wait before trying again.",
  500: "The system encountered an unexpected error during processing. Try your request again.",
  503: "Bedrock is unable to process your request.",
};

function bedrockMessage(status: number): string {
  return BEDROCK_MESSAGES[status] ?? `Error ${status}`;
}

function openaiError(status: number, message?: string): OpenaiError {
  const known = OPENAI_ERRORS[status] ?? OPENAI_ERRORS[status >= 500 ? 500 : 400];
  if (known === undefined) throw new Error(`no error body for status ${status}`);
  return { ...known, ...(message === undefined ? {} : { message }), status };
}

function geminiMessage(status: number): string {
  return GEMINI_MESSAGES[status] ?? `Error ${status}`;
}

function anthropicMessage(status: number): string {
  return ANTHROPIC_MESSAGES[status] ?? `Error ${status}`;
}

/** The format's true answer of an error status. */
export function errorReply(format: WireFormat, status: number, message?: string, headers: Record<string, string> = {}): WholeReply {
  const all = status === 429 ? { "retry-after": "1", ...headers } : headers;
  switch (format) {
    case "openai_chat":
    case "openai_responses":
      return openaiErrorReply(openaiError(status, message), all);
    case "anthropic_messages":
      return anthropicErrorReply(status, message ?? anthropicMessage(status), all);
    case "gemini": // says when to come back in the error's details
      return geminiErrorReply({ status, message: message ?? geminiMessage(status) }, headers);
    case "bedrock_converse":
      return bedrockErrorReply({ status, message: message ?? bedrockMessage(status) }, headers);
  }
}

/**
 * The same error as an event of a stream; OpenAI's chat API and Gemini send the error object alone, Anthropic and OpenAI's responses API an event of
 * the name `error`, the latter with the number of `sent` events before it, Bedrock an exception.
 */
export function errorEvent(format: WireFormat, status: number, sent: number): string | Buffer {
  const { status: _status, ...error } = openaiError(status);
  switch (format) {
    case "openai_chat":
      return `data: ${JSON.stringify({ error })}\n\n`;
    case "openai_responses":
      return `event: error\ndata: ${JSON.stringify({ type: "error", sequence_number: sent, error })}\n\n`;
    case "anthropic_messages":
      return `event: error\ndata: ${JSON.stringify(anthropicError(status, anthropicMessage(status)))}\n\n`;
    case "gemini":
      return `data: ${JSON.stringify(geminiErrorBody({ status, message: geminiMessage(status) }))}\r\n\r\n`;
    case "bedrock_converse":
      return bedrockErrorEvent({ status, message: bedrockMessage(status) });
  }
}
