import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { ENDPOINTS, type EngineOptions, ProviderEngine } from "./engine.ts";
import { readRequest, sendReply } from "./send.ts";

// An `import` would read the module's getters, of which one (WebSocket) loads Node's own undici: 50 ms and 6 MB.
const { createServer } = process.getBuiltinModule("node:http");

export interface DemoProvidersOptions extends EngineOptions {
  host?: string;
  /** 0 (the default) takes a free port. */
  port?: number;
  /** Time between a stream's content events, so that a person sees it stream. */
  chunkIntervalMs?: number;
}

export interface DemoProviders {
  /** Base URL without a path, for example "http://127.0.0.1:41234". */
  url: string;
  close(): Promise<void>;
}

const CHUNK_INTERVAL_MS = 20;
const BODY_BYTES_MAX = Math.max(...Object.values(ENDPOINTS).map((endpoint) => endpoint.bodyBytesMax));

/** Serves OpenAI's chat completions and responses, Anthropic's messages, Gemini's generateContent and Bedrock's Converse with demo answers on one port. */
export async function startDemoProviders(options: DemoProvidersOptions = {}): Promise<DemoProviders> {
  const engine = new ProviderEngine(options);
  const intervalMs = options.chunkIntervalMs ?? CHUNK_INTERVAL_MS;
  const server = createServer((incoming, response) => {
    readRequest(incoming, BODY_BYTES_MAX)
      .then((request) => sendReply(response, engine.respond(request), intervalMs))
      // A client that leaves while it sends or reads ends its own connection only.
      .catch(() => response.destroy());
  });
  // A proxy keeps idle connections; closing one just as it sends would look to it like a provider that fails.
  server.keepAliveTimeout = 0;
  server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
  await once(server, "listening");
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
