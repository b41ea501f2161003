import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { isStream, type ProviderRequest, type Reply } from "./wire.ts";

/**
 * Reads a request's body whole. Past `bytesMax` the rest is read and dropped, so that the client still gets an answer, and the
 * body returned is one byte longer than the limit.
 */
export async function readRequest(incoming: IncomingMessage, bytesMax: number): Promise<ProviderRequest> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= bytesMax) chunks.push(chunk);
  }
  const body = length <= bytesMax ? Buffer.concat(chunks) : Buffer.alloc(bytesMax + 1);
  return { method: incoming.method ?? "GET", path: incoming.url ?? "/", headers: incoming.headers, body };
}

/** Writes a reply; a stream's events go out `intervalMs` apart. Ends early, without an error, when the client leaves. */
export async function sendReply(response: ServerResponse, reply: Reply, intervalMs: number): Promise<void> {
  if (!isStream(reply)) {
    response.writeHead(reply.status, { ...reply.headers, "content-length": String(Buffer.byteLength(reply.body)) });
    response.end(reply.body);
    return;
  }
  response.writeHead(reply.status, reply.headers);
  response.flushHeaders();
  for (const frame of reply.frames) {
    if (!(await writeChunk(response, frame.data))) return;
    if (intervalMs > 0 && frame.mark === "content") await sleep(intervalMs);
  }
  response.end();
}

/** Writes once the client has room for it; false when it has gone. */
export async function writeChunk(response: ServerResponse, chunk: string | Buffer): Promise<boolean> {
  if (response.destroyed || response.closed) return false;
  if (!response.write(chunk)) await drained(response);
  return !response.destroyed && !response.closed;
}

/** Resolves when there is room to write again, or nobody left to read. */
export async function drained(response: Writable): Promise<void> {
  // The listeners of the event that does not come would pile up, chunk by chunk, without the signal.
  const done = new AbortController();
  const events = ["drain", "close"].map((event) => once(response, event, { signal: done.signal }));
  await Promise.race(events).catch(() => undefined);
  done.abort();
  await Promise.allSettled(events);
}
