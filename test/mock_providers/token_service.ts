// Where Google, Microsoft and their clouds' machines give out access tokens: each service's own paths, forms and errors on one port of 127.0.0.1.

import { once } from "node:events";
import { createServer as createHttpServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type Refusal, SERVICES } from "./token_service_forms.ts";

export interface TokenServiceOptions {
  /** PEM certificate and key; the service then speaks TLS. */
  tls?: { cert: string; key: string };
  /** Of every token; 3600 unless told. */
  life_s?: number;
}

export interface TokenRequest {
  method: string;
  /** Path with its query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** The body's fields; empty for GET. */
  form: Readonly<Record<string, string>>;
}

/** How the service treats requests for a token. `refuse`: with its own error for wrong credentials. */
export type TokenBehaviour = "answer" | "refuse" | "503" | "html" | "no token" | "huge" | "reset" | "hang";

/** A token's text begins with this, so that a test can look for leaks. */
export const TOKEN_MARK = "secret-token-";

const UNAVAILABLE: Refusal = { status: 503, body: { error: "temporarily_unavailable" } };
const HUGE_BYTES = 1 << 20;

export class TokenService {
  readonly requests: TokenRequest[] = [];
  readonly issued: string[] = [];
  behaviour: TokenBehaviour = "answer";
  life_s: number;
  readonly #isSecure: boolean;
  readonly #server: ReturnType<typeof createHttpServer | typeof createHttpsServer>;
  readonly #sockets = new Set<Socket>();

  private constructor({ tls, life_s = 3600 }: TokenServiceOptions) {
    this.life_s = life_s;
    this.#isSecure = tls !== undefined;
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.#handle(request, response);
    this.#server = tls === undefined ? createHttpServer(handle) : createHttpsServer(tls, handle);
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(options: TokenServiceOptions = {}): Promise<TokenService> {
    const service = new TokenService(options);
    service.#server.listen(0, "127.0.0.1");
    await once(service.#server, "listening");
    return service;
  }

  /** Without a path. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#isSecure ? "https" : "http"}://127.0.0.1:${port}`;
  }

  /** Forgets what was, and answers again. */
  reset(): void {
    this.requests.length = 0;
    this.issued.length = 0;
    this.behaviour = "answer";
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "", headers } = incoming;
    const body = await text(incoming);
    const request = { method, path, headers, form: Object.fromEntries(new URLSearchParams(body)) };
    const service = SERVICES.find(({ serves }) => serves.test(path));
    if (service === undefined) {
      response.writeHead(404).end();
      return;
    }
    const prelude = service.prelude?.(request, this.url);
    if (prelude !== undefined) {
      send(response, 200, prelude);
      return;
    }
    this.requests.push(request);
    const wrong = service.problem(request, this.url) ?? (this.behaviour === "refuse" ? service.refusal : null);
    if (wrong !== null) {
      send(response, wrong.status, wrong.body);
      return;
    }
    for (const [name, value] of Object.entries(service.headers ?? {})) response.setHeader(name, value);
    this.#perform(response, service.unavailable, () => service.answer(this.#issue(), this.life_s));
  }

  #perform(response: ServerResponse, unavailable: Refusal = UNAVAILABLE, answer: () => object | string): void {
    switch (this.behaviour) {
      case "503":
        send(response, unavailable.status, unavailable.body);
        break;
      case "html":
        response.writeHead(200, { "content-type": "text/html" }).end(`<html>${this.#issue()}</html>`);
        break;
      case "no token":
        send(response, 200, { token_type: "Bearer", hint: this.#issue() });
        break;
      case "huge":
        send(response, 200, padded(answer()));
        break;
      case "reset":
        response.destroy();
        break;
      case "hang":
        break;
      default:
        send(response, 200, answer());
    }
  }

  #issue(): string {
    const token = `${TOKEN_MARK}${this.issued.length + 1}`;
    this.issued.push(token);
    return token;
  }
}

function send(response: ServerResponse, status: number, body: object | string): void {
  if (typeof body !== "string") response.setHeader("content-type", "application/json; charset=utf-8");
  response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
}

function padded(body: object | string): object | string {
  return typeof body === "string" ? body + " ".repeat(HUGE_BYTES) : { ...body, padding: "x".repeat(HUGE_BYTES) };
}
