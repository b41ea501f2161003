import type { ServerResponse } from "node:http";
import { constants, type Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { drained } from "../../brightstaff/src/demo_providers/send.ts";

/** One response of HTTP/1.1 or HTTP/2, with the ways to break it that the two have. */
export class ResponseChannel {
  readonly #response: ServerResponse | Http2ServerResponse;

  constructor(response: ServerResponse | Http2ServerResponse) {
    this.#response = response;
    // A client that leaves is seen by `open`; the error event alone must not end the test process.
    response.on("error", () => undefined);
  }

  get open(): boolean {
    const { stream } = this.#response as Http2ServerResponse;
    return stream === undefined ? !(this.#response as ServerResponse).destroyed : !stream.destroyed;
  }

  head(status: number, headers: Record<string, string>): void {
    if (!this.open) return;
    // The compatibility API of node:http2 declares these once more, so that a union of the two cannot be called.
    const response = this.#response as ServerResponse;
    response.writeHead(status, headers);
    response.flushHeaders();
  }

  /** False when the client has gone. */
  async write(chunk: string | Buffer): Promise<boolean> {
    if (!this.open) return false;
    const response = this.#response as ServerResponse;
    if (!response.write(chunk)) await drained(response);
    return this.open;
  }

  end(): void {
    if (this.open) this.#response.end();
  }

  /** Breaks the connection in the middle of an answer: FIN without the end of the body, or RST_STREAM. */
  cut(): void {
    if (this.#stream === undefined) this.#socket.destroy();
    else this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** RST instead of an answer, or RST_STREAM. Node cannot reset a TLS connection: that one is closed without its close_notify. */
  reset(): void {
    if (this.#stream !== undefined) this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else if (this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  get #stream() {
    return (this.#response as Http2ServerResponse).stream as Http2ServerResponse["stream"] | undefined;
  }

  get #socket(): Socket {
    const { socket } = this.#response as ServerResponse;
    if (socket === null) throw new Error("the response has lost its connection");
    return socket;
  }
}
