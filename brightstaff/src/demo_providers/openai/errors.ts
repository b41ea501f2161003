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
