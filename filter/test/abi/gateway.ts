/**
 * Envoy's part of a request, played for tests: the listener's filter, the choice of the candidate for each attempt, retries, and the way
 * of the response back through both roles.
 */
import { type Call, type Headers, newTarget, type Target, WasmHost } from "./host.ts";

const CONTINUE = 0;
const STOP_AND_BUFFER = 1;
/** As the rendered routes have it (`request_headers_to_remove`, `retry_on`, `retriable_status_codes`). */
const ONLY_CLUSTER_HEADERS = ["x-envoy-llm-stream-cluster", "x-envoy-llm-whole-cluster"];
const REMOVED_BY_ROUTES = ["authorization", "accept-encoding", "x-envoy-external-address", ...ONLY_CLUSTER_HEADERS];
const isRetriable = (status: number): boolean => status >= 500 || [401, 403, 404, 408, 424, 429].includes(status);

export interface ProviderAnswer {
  status: number;
  headers?: Headers;
  /** The body's pieces, each a callback of its own; none ends the response with its headers. */
  chunks?: (string | Uint8Array)[];
  /** Whether the response ends behind the last piece; a stream that goes on does not. */
  ends?: boolean;
  trailers?: boolean;
}

export interface ClientAnswer {
  status: number;
  headers: Headers;
  body: string;
}

export class Gateway {
  readonly host: WasmHost;
  readonly gatewayRoot: number;
  readonly providerRoot: number;
  /** The clusters whose filter the route for requests with one candidate does not leave out. */
  readonly ownPlaces: ReadonlySet<string>;

  constructor(filterFile: string, config: unknown) {
    const { providers } = config as { providers: { cluster: string; needs_own_place?: boolean }[] };
    this.ownPlaces = new Set(providers.filter((provider) => provider.needs_own_place).map(({ cluster }) => cluster));
    this.host = new WasmHost(filterFile);
    const gateway = this.host.createRoot(JSON.stringify(config));
    const provider = this.host.createRoot('{"role":"provider"}');
    if (!gateway.accepted || !provider.accepted) throw new Error(`configuration refused: ${this.host.logs.join("; ")}`);
    this.gatewayRoot = gateway.root;
    this.providerRoot = provider.root;
  }

  /** Sends a client's request into the listener's filter; `chunks` are the pieces that the body arrives in. */
  request(path: string, chunks: (string | Uint8Array)[], headers: Headers = []): Request {
    return new Request(this, path, chunks, headers);
  }

  chat(body: unknown, headers: Headers = []): Request {
    return this.request("/v1/chat/completions", [JSON.stringify(body)], headers);
  }

  messages(body: unknown, headers: Headers = []): Request {
    return this.request("/v1/messages", [JSON.stringify(body)], headers);
  }
}

export class Request {
  readonly gateway: Gateway;
  readonly target: Target;
  readonly context: number;
  /** Whether the filter has let the request go on to a provider. */
  dispatched = false;
  attempts = 0;
  /** What the client has got, once a response was let go. */
  answer: ClientAnswer | null = null;

  constructor(gateway: Gateway, path: string, chunks: (string | Uint8Array)[], headers: Headers) {
    this.gateway = gateway;
    this.target = newTarget([[":method", "POST"], [":path", path], [":authority", "gateway"], ...headers]);
    const { host } = gateway;
    this.context = host.createStream(gateway.gatewayRoot, this.target);
    const last = chunks.length - 1;
    let status = host.run(this.context, (x) =>
      x.proxy_on_request_headers(this.context, this.target.requestHeaders.length, chunks.length === 0 ? 1 : 0),
    );
    chunks.forEach((chunk, i) => {
      if (this.target.localReply) return;
      this.target.requestBody = Buffer.concat([this.target.requestBody, Buffer.from(chunk as string)]);
      const size = this.target.requestBody.length;
      status = host.run(this.context, (x) => x.proxy_on_request_body(this.context, size, i === last ? 1 : 0));
    });
    this.dispatched = status === CONTINUE && !this.target.localReply;
    this.#takeLocalReply();
  }

  /** The question to brightstaff that this request waits for. */
  get call(): Call {
    const call = this.gateway.host.calls.at(-1);
    if (!call) throw new Error("nothing was asked of brightstaff");
    return call;
  }

  /** brightstaff's answer; none for one that is down or too slow. */
  decide(answer?: unknown, status = 200): this {
    this.gateway.host.answerCall(this.call, answer === undefined ? undefined : { status, body: JSON.stringify(answer) });
    this.dispatched = this.target.continued;
    this.#takeLocalReply();
    return this;
  }

  /** The cluster that Envoy's routes choose for the next attempt. */
  get nextCluster(): string | undefined {
    const { properties } = this.target;
    if (this.attempts > 0) return properties.get(`llm.candidate.${this.attempts + 1}`)?.toString();
    const only = this.target.requestHeaders.find(([name]) => ONLY_CLUSTER_HEADERS.includes(name));
    return only?.[1] ?? properties.get("llm.dispatch")?.toString("latin1").split("|")[0];
  }

  /** Whether the listener's filter alone serves it: the route that it took leaves out the one in the provider's cluster. */
  isServedHere = false;

  /** Runs the provider's filter over the request, as it goes out in the next attempt. */
  attempt(): Attempt {
    if (!this.dispatched) throw new Error("the request was not let go");
    if (this.attempts === 0) {
      const { requestHeaders } = this.target;
      const only = requestHeaders.find(([name]) => ONLY_CLUSTER_HEADERS.includes(name));
      this.isServedHere = only !== undefined && !this.gateway.ownPlaces.has(only[1]);
      requestHeaders.splice(0, Infinity, ...requestHeaders.filter(([name]) => !REMOVED_BY_ROUTES.includes(name)));
    }
    this.attempts++;
    return new Attempt(this);
  }

  /** The gateway role's share of the way back. */
  begin(status: number, isPassed = false): void {
    const { host } = this.gateway;
    if (!isPassed) host.run(this.context, (x) => x.proxy_on_response_headers(this.context, this.target.responseHeaders.length, 0));
    this.answer = { status, headers: this.target.responseHeaders, body: "" };
  }

  pass(piece: Buffer, end: boolean, isPassed = false): void {
    this.target.responseBody = piece;
    if (!isPassed) this.gateway.host.run(this.context, (x) => x.proxy_on_response_body(this.context, piece.length, end ? 1 : 0));
    if (this.answer) this.answer.body += this.target.responseBody.toString();
  }

  /** An answer of Envoy's own: no provider was reached, or none answered in time. */
  answerByEnvoy(status: number, text: string): ClientAnswer {
    this.target.responseHeaders.splice(
      0,
      Infinity,
      [":status", String(status)],
      ["content-type", "text/plain"],
      ["content-length", String(text.length)],
    );
    this.begin(status);
    this.pass(Buffer.from(text), true);
    return this.answer as ClientAnswer;
  }

  /** In place of an answer that has begun in the listener's filter, Envoy sends a local reply past the filters. */
  takeLocalReplyOfAttempt(): boolean {
    return this.#takeLocalReply(this.isServedHere);
  }

  #takeLocalReply(isPassed = false): boolean {
    const reply = this.target.localReply;
    if (!reply) return false;
    this.target.responseHeaders.splice(0, Infinity, [":status", String(reply.status)], ...reply.headers);
    this.begin(reply.status, isPassed);
    if (this.answer) this.answer.body = reply.body;
    return true;
  }

  end(): void {
    this.gateway.host.delete(this.context);
  }
}

export type AttemptResult = "retried" | "answered" | "held";

export class Attempt {
  readonly request: Request;
  readonly context: number;
  /** What goes to the provider. */
  readonly body: string;
  readonly headers: Headers;

  constructor(request: Request) {
    this.request = request;
    const { host, providerRoot } = request.gateway;
    const { target } = request;
    if (request.isServedHere) {
      this.context = request.context;
      this.body = target.requestBody.toString();
      this.headers = [...target.requestHeaders];
      return;
    }
    this.context = host.createStream(providerRoot, target);
    const original = target.requestBody; // every attempt begins with the body that the gateway role let go
    host.run(this.context, (x) => {
      x.proxy_on_request_headers(this.context, target.requestHeaders.length, 0);
      x.proxy_on_request_body(this.context, target.requestBody.length, 1);
    });
    this.body = target.requestBody.toString();
    this.headers = [...target.requestHeaders];
    target.requestBody = original;
    request.takeLocalReplyOfAttempt();
  }

  header(name: string): string | undefined {
    return this.headers.find(([n]) => n === name)?.[1];
  }

  json(): Record<string, unknown> {
    return JSON.parse(this.body);
  }

  /** The provider's response on its way through both roles, and whether Envoy retries behind it. */
  respond(answer: ProviderAnswer): AttemptResult {
    const { target } = this.request;
    const chunks = answer.chunks ?? [];
    target.properties.set("response\0code_details", Buffer.from("via_upstream"));
    target.responseHeaders.splice(0, Infinity, [":status", String(answer.status)], ...(answer.headers ?? []));
    const ends = answer.ends ?? true;
    const headersEnd = chunks.length === 0 && ends && !answer.trailers;
    const { host } = this.request.gateway;
    let released = false;
    const status = host.run(this.context, (x) =>
      x.proxy_on_response_headers(this.context, target.responseHeaders.length, headersEnd ? 1 : 0),
    );
    if (this.request.takeLocalReplyOfAttempt()) return "answered";
    if (status === CONTINUE) {
      if (this.#retries()) return this.#end("retried");
      released = this.#release();
    }
    return this.#passChunks(chunks, ends, answer.trailers ?? false, released);
  }

  /** A further piece of a stream that was let go. */
  more(chunk: string): void {
    this.#pass(chunk, false);
  }

  /** The last piece of such a stream. */
  finish(chunk: string): void {
    this.#pass(chunk, true);
  }

  #pass(chunk: string, end: boolean): void {
    const { target, gateway } = this.request;
    target.responseBody = Buffer.from(chunk);
    gateway.host.run(this.context, (x) => x.proxy_on_response_body(this.context, target.responseBody.length, end ? 1 : 0));
    this.request.pass(target.responseBody, end, this.request.isServedHere);
  }

  #passChunks(chunks: (string | Uint8Array)[], ends: boolean, trailers: boolean, released: boolean): AttemptResult {
    const { target, gateway } = this.request;
    let buffered: Buffer = Buffer.alloc(0);
    for (const [i, chunk] of chunks.entries()) {
      const end = ends && !trailers && i === chunks.length - 1;
      target.responseBody = Buffer.concat([buffered, Buffer.from(chunk as string)]);
      const result = gateway.host.run(this.context, (x) => x.proxy_on_response_body(this.context, target.responseBody.length, end ? 1 : 0));
      if (this.request.takeLocalReplyOfAttempt()) return "answered";
      buffered = result === STOP_AND_BUFFER ? target.responseBody : Buffer.alloc(0);
      if (result !== CONTINUE) continue;
      if (!released) {
        if (this.#retries()) return this.#end("retried");
        released = this.#release();
      }
      this.request.pass(target.responseBody, end, this.request.isServedHere);
    }
    if (trailers) return this.#passTrailers(buffered, released);
    return released ? "answered" : "held";
  }

  #passTrailers(buffered: Buffer, released: boolean): AttemptResult {
    const { target, gateway } = this.request;
    target.responseBody = buffered;
    const result = gateway.host.run(this.context, (x) => x.proxy_on_response_trailers(this.context, 0));
    if (this.request.takeLocalReplyOfAttempt()) return "answered";
    if (result !== CONTINUE) return "held";
    if (!released) {
      if (this.#retries()) return this.#end("retried");
      this.#release();
      this.request.pass(target.responseBody, true, this.request.isServedHere);
    }
    return "answered";
  }

  #retries(): boolean {
    const { target, attempts } = this.request;
    const status = Number(target.responseHeaders.find(([n]) => n === ":status")?.[1]);
    const retries = target.requestHeaders.find(([n]) => n === "x-envoy-max-retries")?.[1] ?? "0";
    return isRetriable(status) && attempts <= Number(retries);
  }

  #release(): true {
    const status = Number(this.request.target.responseHeaders.find(([n]) => n === ":status")?.[1]);
    this.request.begin(status, this.request.isServedHere);
    return true;
  }

  #end(result: AttemptResult): AttemptResult {
    this.end();
    return result;
  }

  /** The connection is gone, or the response was read to its end. */
  end(): void {
    const { isServedHere, gateway, target } = this.request;
    if (isServedHere) target.properties.set("response\0code_details", Buffer.from("upstream_reset_after_response_started{remote_reset}"));
    else gateway.host.delete(this.context);
  }
}
