// Reads HTTP/1.1 messages off a socket for the mock provider and the load client. Both share a core with each other while Envoy
// is measured on another, so a message that arrives whole in one read (nearly all do) is handed on without a copy.

const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");
const HEAD_BYTES_MAX = 64 * 1024;
const BODY_BYTES_MAX = 64 * 1024 * 1024;
/** Room for a body: a paced stream's, which has 60 KB, needs no more. */
const BODY_BYTES_LEAST = 64 * 1024;

type State = "head" | "length-body" | "chunk-size" | "chunk-data" | "chunk-end" | "trailers";

/** `head`: start line and headers without the empty line. `body`: valid only during the call. */
export type MessageHandler = (head: string, body: Buffer) => void;

export class MalformedMessage extends Error {}

export class Http1Reader {
  readonly #onMessage: MessageHandler;
  #state: State = "head";
  #rest: Buffer | null = null;
  #head = "";
  /** A body that came in several reads, in its first `#bodyBytes`; kept for the next one, so that a stream leaves no garbage behind. */
  #body = Buffer.alloc(0);
  #bodyBytes = 0;
  #missing = 0;

  constructor(onMessage: MessageHandler) {
    this.#onMessage = onMessage;
  }

  /** Takes what was read. `bytes` may be reused by the caller afterwards. Throws `MalformedMessage`. */
  push(bytes: Buffer): void {
    let input = this.#rest === null ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = null;
    while (input.length > 0) {
      const used = this.#step(input);
      if (used === 0) {
        if (input.length > HEAD_BYTES_MAX) throw new MalformedMessage(`no end of a line or head in ${HEAD_BYTES_MAX} bytes`);
        this.#rest = Buffer.from(input);
        return;
      }
      input = input.subarray(used);
    }
  }

  /** Handles the front of `input` in the present state; 0 when more bytes are needed. */
  #step(input: Buffer): number {
    switch (this.#state) {
      case "head":
        return this.#readHead(input);
      case "length-body":
      case "chunk-data":
        return this.#readBody(input);
      case "chunk-size":
        return this.#readChunkSize(input);
      case "chunk-end":
        if (input.length < LINE_END.length) return 0;
        this.#state = "chunk-size";
        return LINE_END.length;
      case "trailers":
        return this.#readTrailer(input);
    }
  }

  #readHead(input: Buffer): number {
    const end = input.indexOf(HEAD_END);
    if (end < 0) return 0;
    this.#head = input.toString("latin1", 0, end);
    const bodyStart = end + HEAD_END.length;
    if (headerValue(this.#head, "transfer-encoding") === "chunked") {
      this.#state = "chunk-size";
      return bodyStart;
    }
    const length = Number(headerValue(this.#head, "content-length") ?? 0);
    if (!(length <= BODY_BYTES_MAX)) throw new MalformedMessage(`content-length ${length}`);
    if (input.length >= bodyStart + length) {
      this.#onMessage(this.#head, input.subarray(bodyStart, bodyStart + length));
      return bodyStart + length;
    }
    this.#missing = length;
    this.#state = "length-body";
    return bodyStart;
  }

  #readBody(input: Buffer): number {
    const taken = Math.min(input.length, this.#missing);
    const bodyBytes = this.#bodyBytes + taken;
    if (bodyBytes > BODY_BYTES_MAX) throw new MalformedMessage(`a body of more than ${BODY_BYTES_MAX} bytes`);
    if (bodyBytes > this.#body.length) {
      const larger = Buffer.allocUnsafe(Math.max(BODY_BYTES_LEAST, 2 * bodyBytes));
      this.#body.copy(larger, 0, 0, this.#bodyBytes);
      this.#body = larger;
    }
    input.copy(this.#body, this.#bodyBytes, 0, taken);
    this.#bodyBytes = bodyBytes;
    this.#missing -= taken;
    if (this.#missing > 0) return taken;
    if (this.#state === "length-body") this.#finish();
    else this.#state = "chunk-end";
    return taken;
  }

  #readChunkSize(input: Buffer): number {
    const end = input.indexOf(LINE_END);
    if (end < 0) return 0;
    const line = input.toString("latin1", 0, end);
    const size = Number.parseInt(line, 16);
    if (!(size >= 0)) throw new MalformedMessage(`chunk size ${JSON.stringify(line)}`);
    this.#missing = size;
    this.#state = size === 0 ? "trailers" : "chunk-data";
    return end + LINE_END.length;
  }

  #readTrailer(input: Buffer): number {
    const end = input.indexOf(LINE_END);
    if (end < 0) return 0;
    if (end === 0) this.#finish();
    return end + LINE_END.length;
  }

  #finish(): void {
    const body = this.#body.subarray(0, this.#bodyBytes);
    this.#bodyBytes = 0;
    this.#state = "head";
    this.#onMessage(this.#head, body);
  }
}

/** A header's value; `name` in lower case, as Envoy and this benchmark write them. */
export function headerValue(head: string, name: string): string | undefined {
  const at = head.indexOf(`\r\n${name}: `);
  if (at < 0) return undefined;
  const start = at + name.length + 4;
  const end = head.indexOf("\r\n", start);
  return head.slice(start, end < 0 ? undefined : end);
}

/** The status of a response's head: "HTTP/1.1 200 OK". */
export function statusOf(head: string): number {
  return Number(head.slice(9, 12));
}
