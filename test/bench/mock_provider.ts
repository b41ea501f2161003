// The mock provider: a process of its own that answers both APIs with bytes made at start. Written on sockets, not on node:http,
// which costs more a request than Envoy does and would be what is measured.

import { createServer, type Socket } from "node:net";
import { Http1Reader } from "./http1_reader.ts";
import {
  API_PATH,
  type Api,
  BURST_CHUNKS,
  CONVERSATION,
  conversationOf,
  MODEL,
  MODEL_BURST,
  MODEL_ROUTER,
  PACED_CHUNKS,
  PACED_GAP_MS,
  ROUTE,
  replyBody,
  streamWrites,
} from "./workload.ts";

/** Different request bodies that one run sends; more means that bodies change from request to request. */
const ACCEPTED_BODIES_MAX = 64;

type Reply = { kind: "whole"; bytes: Buffer } | { kind: "burst"; bytes: Buffer } | { kind: "paced"; writes: readonly Buffer[] };

interface AcceptedBody {
  api: Api;
  body: Buffer;
  reply: Reply;
}

const accepted: AcceptedBody[] = [];

function whole(body: string, status = "200 OK"): Buffer {
  return Buffer.from(`HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

const STREAM_HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";

function chunkedWrites(api: Api, contentChunks: number): Buffer[] {
  const writes = streamWrites(api, contentChunks).map((text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
  writes[0] = STREAM_HEAD + writes[0];
  writes[writes.length - 1] += "0\r\n\r\n";
  return writes.map((text) => Buffer.from(text));
}

function repliesOf(api: Api) {
  return {
    whole: { kind: "whole", bytes: whole(replyBody(api)) },
    route: { kind: "whole", bytes: whole(replyBody(api, JSON.stringify({ route: ROUTE }))) },
    paced: { kind: "paced", writes: chunkedWrites(api, PACED_CHUNKS) },
    burst: { kind: "burst", bytes: Buffer.concat(chunkedWrites(api, BURST_CHUNKS)) },
  } as const satisfies Record<string, Reply>;
}

const REPLIES = { openai_chat: repliesOf("openai_chat"), anthropic_messages: repliesOf("anthropic_messages") };

/** What the request asks for, or why it is not what this benchmark sends. Parsed once for every different body. */
function judge(api: Api, body: Buffer): Reply | string {
  let parsed: {
    model?: string;
    stream?: boolean;
    messages?: { role: string; content: unknown }[];
    max_tokens?: number;
    max_completion_tokens?: number;
  };
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch (error) {
    return `not JSON: ${(error as Error).message}`;
  }
  if (parsed.model === MODEL_ROUTER) return REPLIES[api].route;
  if (parsed.model !== MODEL && parsed.model !== MODEL_BURST) return `model ${JSON.stringify(parsed.model)}`;
  if (conversationOf(api, parsed) !== CONVERSATION) return "the conversation is not the one that was sent";
  if ((parsed.max_tokens ?? parsed.max_completion_tokens) !== 1024) return "the token limit is not the one that was sent";
  if (parsed.stream !== true) return REPLIES[api].whole;
  return parsed.model === MODEL_BURST ? REPLIES[api].burst : REPLIES[api].paced;
}

function replyTo(api: Api, body: Buffer): Reply | string {
  for (const one of accepted) if (one.api === api && one.body.equals(body)) return one.reply;
  if (accepted.length === ACCEPTED_BODIES_MAX) return `more than ${ACCEPTED_BODIES_MAX} different request bodies`;
  const reply = judge(api, body);
  if (typeof reply !== "string") accepted.push({ api, body: Buffer.from(body), reply });
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
  const api = (Object.keys(API_PATH) as Api[]).find((one) => head.startsWith(`POST ${API_PATH[one]} `));
  const reply = api === undefined ? `no such path: ${head.slice(0, 80)}` : replyTo(api, body);
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
