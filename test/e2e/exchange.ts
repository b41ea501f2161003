// One HTTP/1.1 request and all that came back, so that a test can tell a complete answer from one that was cut.

import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";

const EXCHANGE_MS_MAX = 45_000;

export interface Exchange {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** The connection ended before the answer did: nobody may take `body` for a whole answer. */
  cut: boolean;
}

export interface ExchangeOptions {
  method?: string;
  headers?: Record<string, string>;
  /** An object goes out as JSON; a string or buffer as it is. */
  body?: object | string | Buffer;
  agent?: Agent;
}

/** An agent for `count` requests at once, each on a connection of its own. */
export function crowdAgent(count: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: count, maxFreeSockets: count });
}

/** Sends a request and reads its answer to the end or to where it was cut. Throws when there is no answer at all. */
export async function exchange(url: string, options: ExchangeOptions = {}): Promise<Exchange> {
  const response = await open(url, options);
  const chunks: Buffer[] = [];
  let cut = false;
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch {
    cut = true;
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString("utf8"), cut };
}

/** Sends a request and resolves when the answer's headers are there. The caller reads or destroys the answer. */
export function open(url: string, options: ExchangeOptions = {}): Promise<IncomingMessage> {
  const { method = "POST", headers = {}, body, agent } = options;
  return new Promise((resolve, reject) => {
    const call = request(url, {
      method,
      agent: agent ?? false,
      timeout: EXCHANGE_MS_MAX,
      headers: { "content-type": "application/json", ...headers },
    });
    call.on("response", resolve);
    call.on("error", reject);
    call.on("timeout", () => call.destroy(new Error(`${method} ${url}: silent for ${EXCHANGE_MS_MAX} ms`)));
    call.end(typeof body === "object" && !Buffer.isBuffer(body) ? JSON.stringify(body) : body);
  });
}

export interface Attempt {
  model: string;
  /** A status, or connect-failure, timeout or stream-error. */
  outcome: string;
}

/** `x-model-router-attempts` as a list: `a/b;status=429, c/d;timeout`. */
export function readAttempts(headers: IncomingHttpHeaders): Attempt[] {
  const value = String(headers["x-model-router-attempts"] ?? "");
  if (value === "") return [];
  return value.split(", ").map((entry) => {
    const at = entry.indexOf(";");
    return { model: entry.slice(0, at), outcome: entry.slice(at + 1) };
  });
}
