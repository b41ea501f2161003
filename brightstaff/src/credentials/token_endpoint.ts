import { UnobtainableError } from "./source.ts";

/** Tokens have some thousand characters, and the discovery documents of Entra some 2 KB. */
const ANSWER_BYTES_MAX = 256 * 1024;
const REASON_CHARACTERS_MAX = 200;

export type EndpointAnswer = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Readonly<Record<string, unknown>>;
};

type EndpointRequest = { readonly method: "GET" | "POST"; readonly headers?: Record<string, string>; readonly body?: string };

/** Asks a server that gives out tokens. What is no JSON object is an empty one: text of an answer goes nowhere, as it may be a token. */
export async function askEndpoint(url: string, request: EndpointRequest, signal: AbortSignal): Promise<EndpointAnswer> {
  // Some 10 MB, for those only who ask a server for something.
  const { fetch } = await import("undici");
  const response = await fetch(url, { ...request, signal, redirect: "error" });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) throw new UnobtainableError(`the answer is longer than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return { status: response.status, headers: Object.fromEntries(response.headers), body: parse(Buffer.concat(chunks).toString("utf8")) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** OAuth's own form of an error, for a log: https://www.rfc-editor.org/rfc/rfc6749#section-5.2 . Some services put an object in `error`. */
export function refusal(status: number, body: unknown): string {
  const { error, error_description } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const words = [error, error_description].filter((word) => typeof word === "string");
  return [`status ${status}`, ...words].join(": ").slice(0, REASON_CHARACTERS_MAX);
}
