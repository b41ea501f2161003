import { isObject, UnreadableError } from "./source.ts";

/** Requests a URL and reads its JSON; rejects with an error whose message is fit for a log. */
export type GetJson = (url: URL) => Promise<unknown>;

/** models.dev, the longest of them, has some 2 MB. */
const RESPONSE_BYTES_MAX = 32 * 1024 * 1024;
const REASON_CHARACTERS_MAX = 200;

export async function getJson(url: URL, signal: AbortSignal): Promise<unknown> {
  // Some 10 MB, for those only who ask a server for something.
  const { fetch } = await import("undici");
  const response = await fetch(url, { signal, headers: { accept: "application/json" } });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > RESPONSE_BYTES_MAX) throw new UnreadableError(`the answer is longer than ${RESPONSE_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  const body = parse(Buffer.concat(chunks).toString("utf8"));
  if (!response.ok) throw new UnreadableError(`status ${response.status}${reasonOf(body)}`);
  if (body === undefined) throw new UnreadableError("the answer is no JSON");
  return body;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Prometheus puts its reason in `error`, DigitalOcean in `message`. */
function reasonOf(body: unknown): string {
  const reason = isObject(body) ? (body.error ?? body.message) : undefined;
  return typeof reason === "string" ? `: ${reason.slice(0, REASON_CHARACTERS_MAX)}` : "";
}
