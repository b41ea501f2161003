import { once } from "node:events";
import { createServer as createHttpServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { ENDPOINTS, type EngineOptions, ProviderEngine, type WireFormat } from "../../brightstaff/src/demo_providers/engine.ts";
import { readRequest } from "../../brightstaff/src/demo_providers/send.ts";
import { type ProviderRequest, parseJson } from "../../brightstaff/src/demo_providers/wire.ts";
import { type AwsAccount, signatureProblem } from "./aws_signature.ts";
import type { Pace, PacedBehaviour } from "./behaviours.ts";
import { ResponseChannel } from "./channel.ts";
import { perform } from "./perform.ts";

export interface MockProviderOptions extends EngineOptions, Pace {
  format: WireFormat;
  /** For every request that nothing more special applies to; by default the engine's answer. */
  behaviour?: PacedBehaviour;
  /** Chooses by the request; undefined leaves it to `behaviour`. Comes after the queue. */
  choose?: (request: RecordedRequest) => PacedBehaviour | undefined;
  host?: string;
  port?: number;
  /** PEM certificate and key; the server then speaks TLS. */
  tls?: { cert: string; key: string };
  /** Requests must be signed by this account of AWS's; others get its 403. */
  aws?: AwsAccount;
  /** With `tls`: offers h2 besides http/1.1 in ALPN. */
  http2?: boolean;
}

export interface RecordedRequest {
  /** 0 for the provider's first request. */
  index: number;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  httpVersion: string;
  bodyText: string;
  /** Undefined when the body is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into it by paths of their own.
  body: any;
  /** True once the exchange ended, by either side, before the answer was complete. */
  abandoned: boolean;
  /** Why its signature is none of `aws`; null where it is good, or nothing was asked. */
  signatureProblem: string | null;
}

export interface MockProvider {
  /** Base URL without a path. */
  url: string;
  host: string;
  port: number;
  requests: RecordedRequest[];
  /** Appends behaviours for the next requests, one each; they go before all others. */
  queue(...behaviours: PacedBehaviour[]): void;
  /** Replaces the behaviour of all further requests. */
  behave(behaviour: PacedBehaviour): void;
  /** Resolves once there have been `count` requests. */
  waitForRequests(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A provider of one format on a port of its own, whatever the path of its requests, that fails when and how it is told. */
export async function startMockProvider(options: MockProviderOptions): Promise<MockProvider> {
  const mock = new MockServer(options);
  await mock.listen();
  return mock;
}

type Incoming = IncomingMessage | Http2ServerRequest;
type Outgoing = ServerResponse | Http2ServerResponse;

class MockServer implements MockProvider {
  readonly requests: RecordedRequest[] = [];
  readonly #options: MockProviderOptions;
  readonly #engine: ProviderEngine;
  readonly #queue: PacedBehaviour[] = [];
  readonly #closing = new AbortController();
  readonly #connections = new Set<Socket | ServerHttp2Session>();
  readonly #server: ReturnType<typeof createHttpServer | typeof createHttpsServer | typeof createSecureServer>;
  #behaviour: PacedBehaviour;
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(options: MockProviderOptions) {
    this.#options = options;
    this.#engine = new ProviderEngine(options);
    this.#behaviour = options.behaviour ?? { kind: "answer" };
    const handle = (incoming: Incoming, response: Outgoing) => void this.#handle(incoming, response);
    const { tls } = options;
    if (tls === undefined) this.#server = createHttpServer(handle);
    else if (options.http2) this.#server = createSecureServer({ ...tls, allowHTTP1: true }, handle);
    else this.#server = createHttpsServer(tls, handle);
    // Closing idle connections would now and then fail a request that no behaviour says should fail.
    if ("keepAliveTimeout" in this.#server) this.#server.keepAliveTimeout = 0;
    for (const event of ["connection", "session"]) this.#server.on(event, (connection: Socket) => this.#track(connection));
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#options.port ?? 0, this.host);
    await once(this.#server, "listening");
  }

  get host(): string {
    return this.#options.host ?? "127.0.0.1";
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#options.tls === undefined ? "http" : "https"}://${this.host}:${this.port}`;
  }

  queue(...behaviours: PacedBehaviour[]): void {
    this.#queue.push(...behaviours);
  }

  behave(behaviour: PacedBehaviour): void {
    this.#behaviour = behaviour;
  }

  waitForRequests(count: number): Promise<void> {
    if (this.requests.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#closing.abort();
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #track(connection: Socket): void {
    this.#connections.add(connection);
    connection.on("error", () => undefined);
    connection.once("close", () => this.#connections.delete(connection));
  }

  async #handle(incoming: Incoming, response: Outgoing): Promise<void> {
    const channel = new ResponseChannel(response);
    try {
      const request = await readRequest(incoming as IncomingMessage, ENDPOINTS[this.#options.format].bodyBytesMax);
      const recorded = this.#record(request, incoming.httpVersion);
      if (this.#options.aws !== undefined) recorded.signatureProblem = await signatureProblem(request, this.#options.aws);
      response.once("close", () => {
        recorded.abandoned = !response.writableEnded;
      });
      const { delayMs, chunkIntervalMs, chunkBytes, format } = this.#options;
      const unsigned: PacedBehaviour | null =
        recorded.signatureProblem === null ? null : { kind: "status", status: 403, message: recorded.signatureProblem };
      const behaviour = unsigned ?? this.#queue.shift() ?? this.#options.choose?.(recorded) ?? this.#behaviour;
      const pace: Pace = { delayMs, chunkIntervalMs, chunkBytes };
      await perform({ format, engine: this.#engine, request, behaviour: { ...pace, ...behaviour }, channel, signal: this.#closing.signal });
    } catch (error) {
      // A client that leaves while it sends, or the mock's own end, is part of the tests; anything else is a mistake of theirs.
      if (channel.open && !this.#closing.signal.aborted) throw error;
    }
  }

  #record(request: ProviderRequest, httpVersion: string): RecordedRequest {
    const { method, path, headers, body } = request;
    const recorded: RecordedRequest = {
      index: this.requests.length,
      method,
      path,
      headers: { ...headers },
      httpVersion,
      bodyText: body.toString("utf8"),
      body: parseJson(body)?.value,
      abandoned: false,
      signatureProblem: null,
    };
    this.requests.push(recorded);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.requests.length < count) return true;
      resolve();
      return false;
    });
    return recorded;
  }
}
