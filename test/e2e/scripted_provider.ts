// A provider that answers with exactly the bytes, statuses and headers that a test writes down.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface ScriptedRequest {
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

export interface ScriptedProvider {
  url: string;
  requests: ScriptedRequest[];
  /** Answers every request from now on. */
  answer: (response: ServerResponse, request: ScriptedRequest) => void;
  close(): Promise<void>;
}

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const server = createServer(async (incoming, response) => {
    // A client that leaves while it sends, or while it is answered, ends its own request only.
    response.on("error", () => undefined);
    const body = await buffer(incoming).catch(() => null);
    if (body === null) return;
    const request = { path: incoming.url ?? "", headers: incoming.headers, body };
    provider.requests.push(request);
    provider.answer(response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const provider: ScriptedProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answer: (response) => response.writeHead(404).end(),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return provider;
}
