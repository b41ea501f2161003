// The mock provider: a process of its own that answers every API with bytes made at start. Written on sockets, not on node:http,
// which costs more a request than Envoy does and would be what is measured.

import { createServer, type Socket } from "node:net";
import { PROVIDER_FORMATS, type WireFormat } from "./formats/index.ts";
import { Http1Reader } from "./http1_reader.ts";
import {
  BURST_CHUNKS,
  CONVERSATIONS,
  MODEL,
  MODEL_BURST,
  MODEL_ROUTER,
  PACED_CHUNKS,
  PACED_GAP_MS,
  REPLY_TEXT,
  ROUTE,
  TOKENS_MAX,
} from "./workload.ts";

/** Different requests that one run sends; more means that they change from one to the next. */
const ACCEPTED_MAX = 128;

type Reply = { kind: "whole"; bytes: Buffer } | { kind: "burst"; bytes: Buffer } | { kind: "paced"; writes: readonly Buffer[] };

const accepted: { path: string; body: Buffer; reply: Reply }[] = [];

function whole(body: string, status = "200 OK"): Buffer {
  return Buffer.from(`HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function chunkedWrites(format: WireFormat, contentChunks: number): Buffer[] {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${format.streamType}\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n`;
  const chunks = format.streamWrites(contentChunks).map((piece) => {
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
  });
  return chunks.map((chunk, i) =>
    Buffer.concat([Buffer.from(i === 0 ? head : ""), chunk, Buffer.from(i === chunks.length - 1 ? "0\r\n\r\n" : "")]),
  );
}

const REPLIES = new Map(
  PROVIDER_FORMATS.map((format) => [
    format,
    {
      whole: { kind: "whole", bytes: whole(format.reply(REPLY_TEXT)) },
      route: { kind: "whole", bytes: whole(format.reply(JSON.stringify({ route: ROUTE }))) },
      paced: { kind: "paced", writes: chunkedWrites(format, PACED_CHUNKS) },
      burst: { kind: "burst", bytes: Buffer.concat(chunkedWrites(format, BURST_CHUNKS)) },
    } as const satisfies Record<string, Reply>,
  ]),
);

/** What the request asks for, or why it is not what this benchmark sends. Read once for every different one. */
function judge(path: string, body: Buffer): Reply | string {
  const format = PROVIDER_FORMATS.find((one) => one.serves(path));
  const replies = format && REPLIES.get(format);
  if (format === undefined || replies === undefined) return `no such path: ${path.slice(0, 80)}`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch (error) {
    return `not JSON: ${(error as Error).message}`;
  }
  const asked = format.read(path, parsed);
  if (asked.model === MODEL_ROUTER) return replies.route;
  if (asked.model !== MODEL && asked.model !== MODEL_BURST) return `model ${JSON.stringify(asked.model)}`;
  if (!CONVERSATIONS.includes(asked.conversation)) return "the conversation is not the one that was sent";
  if (asked.tokens_max !== TOKENS_MAX) return "the token limit is not the one that was sent";
  if (!asked.stream) return replies.whole;
  return asked.model === MODEL_BURST ? replies.burst : replies.paced;
}

function replyTo(path: string, body: Buffer): Reply | string {
  for (const one of accepted) if (one.path === path && one.body.equals(body)) return one.reply;
  if (accepted.length === ACCEPTED_MAX) return `more than ${ACCEPTED_MAX} different requests`;
  const reply = judge(path, body);
  if (typeof reply !== "string") accepted.push({ path, body: Buffer.from(body), reply });
  return reply;
}

/** Writes the streams' events: one timer for all, a slot of streams each millisecond, so that they do not arrive in one burst. */
class Pacer {
  readonly #slots: { socket: Socket; writes: readonly Buffer[]; next: number }[][] = Array.from({ length: PACED_GAP_MS }, () => []);
  #tick = 0;
  #nextSlot = 0;
  readonly #startedAt = performance.now();

  constructor() {
    setInterval(() => this.#advance(), 1);
  }

  add(socket: Socket, writes: readonly Buffer[]): void {
    socket.write(writes[0] as Buffer);
    this.#nextSlot = (this.#nextSlot + 1) % PACED_GAP_MS;
    this.#slots[this.#nextSlot]?.push({ socket, writes, next: 1 });
  }

  #advance(): void {
    const now = Math.floor(performance.now() - this.#startedAt);
    for (; this.#tick < now; this.#tick++) {
      const index = this.#tick % PACED_GAP_MS;
      const slot = this.#slots[index] ?? [];
      for (const stream of slot) stream.socket.write(stream.writes[stream.next++] as Buffer);
      this.#slots[index] = slot.filter(({ socket, writes, next }) => next < writes.length && !socket.destroyed);
    }
  }
}

const pacer = new Pacer();

function answer(socket: Socket, head: string, body: Buffer): void {
  const reply = replyTo(/^POST (\S+) /.exec(head)?.[1] ?? head.slice(0, 80), body);
  if (typeof reply === "string") {
    socket.write(
      whole(JSON.stringify({ error: { type: "invalid_request_error", message: `mock provider: ${reply}` } }), "400 Bad Request"),
    );
  } else if (reply.kind === "paced") pacer.add(socket, reply.writes);
  else socket.write(reply.bytes);
}

const server = createServer({ noDelay: true }, (socket) => {
  const reader = new Http1Reader((head, body) => answer(socket, head, body));
  socket.on("data", (bytes: Buffer) => reader.push(bytes));
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ type: "ready", port: typeof address === "object" ? address?.port : undefined });
});
process.once("disconnect", () => process.exit());
