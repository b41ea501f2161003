import { setImmediate as nextTick, setTimeout as sleep } from "node:timers/promises";
import { encodeEvent } from "../../brightstaff/src/demo_providers/bedrock/event_stream.ts";
import type { ProviderEngine, WireFormat } from "../../brightstaff/src/demo_providers/engine.ts";
import { isStream, type ProviderRequest, type Reply, type StreamFrame } from "../../brightstaff/src/demo_providers/wire.ts";
import type { Cut, PacedBehaviour } from "./behaviours.ts";
import type { ResponseChannel } from "./channel.ts";
import { errorEvent, errorReply } from "./error_bodies.ts";
import { hugeReply } from "./huge_reply.ts";
import { replayReply } from "./recordings.ts";

/** Content events that go out before a cut "after content". */
const CONTENT_EVENTS_BEFORE_CUT = 3;
const PING_INTERVAL_MS = 50;
const HTML = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";

export interface Performance {
  format: WireFormat;
  engine: ProviderEngine;
  request: ProviderRequest;
  behaviour: PacedBehaviour;
  channel: ResponseChannel;
  /** Ends what would go on for ever when the server closes. */
  signal: AbortSignal;
}

/** Answers one request the way its behaviour says. */
export async function perform({ format, engine, request, behaviour, channel, signal }: Performance): Promise<void> {
  if (behaviour.delayMs !== undefined) await sleep(behaviour.delayMs, undefined, { signal });
  const answer = (): Reply => engine.respondAs(format, request);
  const out = new Output(channel, behaviour, signal);
  switch (behaviour.kind) {
    case "answer":
      return out.whole(answer());
    case "status":
      return out.whole(errorReply(format, behaviour.status, behaviour.message, behaviour.headers));
    case "reset":
      return channel.reset();
    case "hang before headers":
      return;
    case "hang after headers":
      return channel.head(200, answer().headers);
    case "pings forever":
      return out.pings(answer(), pingOf(format, answer()), behaviour.intervalMs ?? PING_INTERVAL_MS);
    case "html":
      return out.whole({ status: 200, headers: { "content-type": "text/html" }, body: HTML });
    case "error event":
      return out.failing(answer(), behaviour.at, format, behaviour.status ?? (format === "anthropic_messages" ? 529 : 500));
    case "cut":
      return out.part(answer(), behaviour.at, () => channel.cut());
    case "end early":
      return out.part(answer(), behaviour.at, () => channel.end());
    case "empty":
      return out.whole({ status: 200, headers: answer().headers, body: "" });
    case "invalid json":
      return out.whole(invalidReply(format, answer()));
    case "damaged":
      return out.whole(damagedReply(answer(), behaviour.at));
    case "huge":
      return out.whole(hugeReply(answer(), behaviour.textBytes));
    case "replay":
      return out.whole(replayReply(format, behaviour.file));
  }
}

/** What each format sends while there is nothing to say. */
const PINGS: Readonly<Record<WireFormat, string | Buffer>> = {
  openai_chat: ": keep-alive\n\n",
  anthropic_messages: 'event: ping\ndata: {"type":"ping"}\n\n',
  // Not in the reference: https://github.com/openai/openai-node/issues/1964
  openai_responses: 'event: keepalive\ndata: {"type":"keepalive","sequence_number":2}\n\n',
  gemini: ": keep-alive\n\n",
  bedrock_converse: encodeEvent("keepAlive", "{}"), // the API has none of its own; clients pass new events over
};

function pingOf(format: WireFormat, reply: Reply): string | Buffer {
  return isStream(reply) ? PINGS[format] : "\n";
}

function invalidReply(format: WireFormat, reply: Reply): Reply {
  const broken = '{"id":"broken","choices":[}';
  if (!isStream(reply)) return { ...reply, body: broken };
  // Server-sent events are alike in all other formats, and their names count for nothing where the data is none.
  const data = format === "bedrock_converse" ? encodeEvent("contentBlockDelta", broken) : `data: ${broken}\n\n`;
  return { ...reply, frames: [{ data, mark: "content" }] };
}

function damagedReply(reply: Reply, at: "first" | "after content"): Reply {
  if (!isStream(reply)) return reply;
  const index = at === "first" ? 0 : reply.frames.findLastIndex(({ mark }) => mark === "content");
  const frames = reply.frames.map((frame, place) => {
    if (place !== index || typeof frame.data === "string") return frame;
    const data = Buffer.from(frame.data);
    const middle = data.length >> 1;
    data[middle] = (data[middle] as number) ^ 1;
    return { ...frame, data };
  });
  return { ...reply, frames };
}

/** Frames up to a cut, in the sense of `Behaviour`. */
function framesUntil(frames: StreamFrame[], at: Cut): StreamFrame[] {
  const kept: StreamFrame[] = [];
  let content = 0;
  for (const frame of frames) {
    if (frame.mark === "content" && (at === "before content" || ++content > CONTENT_EVENTS_BEFORE_CUT)) break;
    if (frame.mark === "closing" || frame.mark === "terminal") break;
    kept.push(frame);
  }
  return kept;
}

/** Writes replies, or parts of them, at the behaviour's pace. */
class Output {
  readonly #channel: ResponseChannel;
  readonly #behaviour: PacedBehaviour;
  readonly #signal: AbortSignal;

  constructor(channel: ResponseChannel, behaviour: PacedBehaviour, signal: AbortSignal) {
    this.#channel = channel;
    this.#behaviour = behaviour;
    this.#signal = signal;
  }

  async whole(reply: Reply): Promise<void> {
    const pieces = isStream(reply) ? reply.frames.map((frame) => frame.data) : [reply.body];
    const sized: Record<string, string> = isStream(reply) ? {} : { "content-length": String(Buffer.byteLength(reply.body)) };
    this.#channel.head(reply.status, { ...reply.headers, ...sized });
    if (await this.#write(pieces)) this.#channel.end();
  }

  /** The reply up to `at`, then `finish`. A whole reply goes out without its length, so that a clean end is one to the protocol. */
  async part(reply: Reply, at: Cut, finish: () => void): Promise<void> {
    this.#channel.head(reply.status, reply.headers);
    if (isStream(reply)) await this.#write(framesUntil(reply.frames, at).map((frame) => frame.data));
    else if (at === "after content") await this.#write([reply.body.slice(0, Math.ceil(reply.body.length / 2))]);
    // What was written should reach the client before the end does.
    await sleep(5);
    finish();
  }

  async failing(reply: Reply, at: Cut | "first", format: WireFormat, status: number): Promise<void> {
    if (!isStream(reply)) return this.whole({ ...errorReply(format, status), status: 200 });
    const before = at === "first" ? [] : framesUntil(reply.frames, at);
    return this.whole({ ...reply, frames: [...before, { data: errorEvent(format, status, before.length), mark: "closing" }] });
  }

  async pings(reply: Reply, ping: string | Buffer, intervalMs: number): Promise<void> {
    this.#channel.head(200, reply.headers);
    if (isStream(reply)) await this.#write(framesUntil(reply.frames, "before content").map((frame) => frame.data));
    while (await this.#channel.write(ping)) await sleep(intervalMs, undefined, { signal: this.#signal });
  }

  /** False when the client left meanwhile. */
  async #write(pieces: (string | Buffer)[]): Promise<boolean> {
    const { chunkBytes, chunkIntervalMs = 0 } = this.#behaviour;
    const chunks =
      chunkBytes === undefined ? pieces : slices(Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))), [chunkBytes].flat());
    for (const [index, chunk] of chunks.entries()) {
      if (index > 0 && chunkIntervalMs > 0) await sleep(chunkIntervalMs, undefined, { signal: this.#signal });
      // Without a turn of the event loop between them, pieces would leave in one packet.
      else if (chunkBytes !== undefined) await nextTick();
      if (!(await this.#channel.write(chunk))) return false;
    }
    return true;
  }
}

function slices(body: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < body.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? body.length);
    chunks.push(body.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
