import { randomUUID } from "node:crypto";
import type { WholeReply } from "../wire.ts";
import { encodeException } from "./event_stream.ts";

/** Names and statuses: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors and CommonErrors.html. */
const TYPES: Record<number, string> = {
  400: "ValidationException",
  401: "MissingAuthenticationTokenException",
  403: "AccessDeniedException",
  404: "ResourceNotFoundException",
  405: "UnknownOperationException",
  408: "ModelTimeoutException",
  413: "RequestEntityTooLargeException",
  424: "ModelErrorException",
  429: "ThrottlingException",
  500: "InternalServerException",
  503: "ServiceUnavailableException",
};

export interface BedrockError {
  status: number;
  message: string;
  /** Where the status has several. */
  type?: string;
}

export function invalidRequest(message: string): BedrockError {
  return { status: 400, message };
}

export function bedrockHeaders(): Record<string, string> {
  return { "content-type": "application/json", "x-amzn-requestid": randomUUID() };
}

function typeOf({ status, type }: BedrockError): string {
  return type ?? TYPES[status] ?? (status >= 500 ? "InternalServerException" : "ValidationException");
}

export function bedrockErrorReply(error: BedrockError, headers: Record<string, string> = {}): WholeReply {
  return {
    status: error.status,
    headers: {
      ...bedrockHeaders(),
      "x-amzn-errortype": `${typeOf(error)}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
      ...headers,
    },
    body: JSON.stringify({ message: error.message }),
  };
}

/** The same error in a stream; only these are known there (API_runtime_ConverseStreamOutput.html). */
export function bedrockErrorEvent(error: BedrockError): Buffer {
  const type = typeOf(error);
  const known = [
    "InternalServerException",
    "ModelStreamErrorException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "ValidationException",
  ];
  const name = known.includes(type) ? type : error.status >= 500 ? "ServiceUnavailableException" : "ModelStreamErrorException";
  return encodeException(name[0]?.toLowerCase() + name.slice(1), JSON.stringify({ message: error.message }));
}
