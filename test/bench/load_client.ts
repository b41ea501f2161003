// The load client: a process of its own that asks, times, and checks every byte that comes back.

import { connect, type Socket } from "node:net";
import { Http1Reader, headerValue, statusOf } from "./http1_reader.ts";
import type { LoadOrder, LoadResult, RateLoad, StreamLoad, WholeLoad } from "./load.ts";
import { requestBytes } from "./request_bytes.ts";
import { quantile } from "./statistics.ts";
import { ReplyChecker } from "./verify.ts";

const READ_BYTES = 64 * 1024;
/** Without an answer for this long something hangs: the longest reply, a paced stream, takes 4 s. */
const SILENCE_MS_MAX = 20_000;
const STREAM_START_GAP_MS = 1;
/** Connections that an open loop may open when answers are late. */
const RATE_CONNECTIONS_MAX = 512;

/** Reads of all connections so far. */
let reads = 0;
/** Times between two reads of one reply, while they are asked for. */
let gaps_ms: number[] | null = null;

/** One keep-alive connection with one request under way at a time. */
class Connection {
  readonly #socket: Socket;
  readonly #reader: Http1Reader;
  #onReply: ((head: string, body: Buffer) => void) | null = null;
  #onError: ((error: Error) => void) | null = null;
  #readAt = 0;

  constructor(port: number) {
    this.#reader = new Http1Reader((head, body) => {
      const onReply = this.#onReply;
      this.#onReply = null;
      onReply?.(head, body);
    });
    const onRead = (count: number, buffer: Uint8Array) => {
      reads++;
      if (gaps_ms !== null) this.#noteGap(gaps_ms);
      this.#reader.push(Buffer.from(buffer.buffer, buffer.byteOffset, count));
      return true;
    };
    this.#socket = connect({
      host: "127.0.0.1",
      port,
      noDelay: true,
      onread: { buffer: Buffer.allocUnsafe(READ_BYTES), callback: onRead },
    });
    this.#socket.setTimeout(SILENCE_MS_MAX, () => this.#socket.destroy(new Error(`no answer in ${SILENCE_MS_MAX} ms`)));
    this.#socket.on("error", (error) => this.#onError?.(error));
    this.#socket.on("close", () => this.#onError?.(new Error("the connection was closed")));
  }

  #noteGap(gaps_ms: number[]): void {
    const now = performance.now();
    if (this.#readAt > 0) gaps_ms.push(now - this.#readAt);
    this.#readAt = now;
  }

  /** `onReply` gets the body for the time of the call only. */
  ask(bytes: Buffer, onReply: (head: string, body: Buffer) => void, onError: (error: Error) => void): void {
    this.#onReply = onReply;
    this.#onError = onError;
    this.#socket.write(bytes);
  }

  close(): void {
    this.#onError = null;
    this.#socket.destroy();
  }
}

/** Takes the replies of one load and turns them into its result. */
class Tally {
  readonly #checker: ReplyChecker;
  readonly #startedAt = performance.now();
  readonly #readsBefore = reads;
  #endedAt = 0;
  #wrong = 0;
  #firstWrong: string | null = null;
  readonly #latencies: number[] = [];
  readonly #resolves: number[] = [];
  /** Long bodies are checked after the load, so that checking does not delay what is measured. */
  readonly #unchecked: { status: number; body: Buffer }[] = [];
  readonly #checkLater: boolean;

  constructor(checker: ReplyChecker, checkLater: boolean) {
    this.#checker = checker;
    this.#checkLater = checkLater;
  }

  get replies(): number {
    return this.#latencies.length;
  }

  take(askedAt: number, head: string, body: Buffer): void {
    this.#endedAt = performance.now();
    this.#latencies.push(this.#endedAt - askedAt);
    this.#resolves.push(Number(/\bresolve;dur=([\d.]+)/.exec(headerValue(head, "server-timing") ?? "")?.[1] ?? 0));
    if (this.#checkLater) this.#unchecked.push({ status: statusOf(head), body: Buffer.from(body) });
    else this.#check(statusOf(head), body);
  }

  fail(error: Error): void {
    this.#latencies.push(Number.NaN);
    this.#resolves.push(0);
    this.#note(error.message);
  }

  result(): LoadResult {
    const elapsed_ms = this.#endedAt - this.#startedAt;
    for (const { status, body } of this.#unchecked) this.#check(status, body);
    return {
      elapsed_ms,
      replies: this.replies,
      reads: reads - this.#readsBefore,
      wrong: this.#wrong,
      first_wrong: this.#firstWrong,
      latencies_ms: this.#latencies,
      resolve_ms: this.#resolves,
      gap_p99_ms: null,
    };
  }

  #check(status: number, body: Buffer): void {
    const wrong = this.#checker.check(status, body);
    if (wrong !== null) this.#note(wrong);
  }

  #note(wrong: string): void {
    this.#wrong++;
    this.#firstWrong ??= wrong;
  }
}

/** Asks `order.requests` times over `connections` connections, each as soon as it is free. A connection that fails is replaced. */
function closedLoop(order: LoadOrder, total: number, connections: number, startGapMs: number, tally: Tally): Promise<void> {
  const bytes = requestBytes({ ...order, stream: order.load === "streams", long: order.load === "whole" && order.long === true });
  let asked = 0;
  return new Promise((resolve) => {
    const run = (connection: Connection) => {
      if (tally.replies >= total) resolve();
      if (asked >= total) return connection.close();
      asked++;
      const askedAt = performance.now();
      connection.ask(
        bytes,
        (head, body) => {
          tally.take(askedAt, head, body);
          run(connection);
        },
        (error) => {
          connection.close();
          tally.fail(error);
          run(new Connection(order.port));
        },
      );
    };
    for (let i = 0; i < Math.min(connections, total); i++) setTimeout(() => run(new Connection(order.port)), i * startGapMs);
  });
}

function openLoop(order: RateLoad, tally: Tally): Promise<void> {
  const bytes = requestBytes({ ...order, stream: false, long: false });
  const idle: Connection[] = [];
  let opened = 0;
  return new Promise((resolve) => {
    const ended = () => {
      if (tally.replies < order.requests) return;
      for (const connection of idle) connection.close();
      resolve();
    };
    const ask = () => {
      const connection = idle.pop() ?? (opened++ < RATE_CONNECTIONS_MAX ? new Connection(order.port) : null);
      if (connection === null) {
        tally.fail(new Error(`more than ${RATE_CONNECTIONS_MAX} requests at a time: the rate is not kept`));
        return ended();
      }
      const askedAt = performance.now();
      const onReply = (head: string, body: Buffer) => {
        tally.take(askedAt, head, body);
        idle.push(connection);
        ended();
      };
      connection.ask(bytes, onReply, (error) => {
        connection.close();
        tally.fail(error);
        ended();
      });
    };
    const startedAt = performance.now();
    let asked = 0;
    const timer = setInterval(() => {
      const due = Math.min(order.requests, Math.floor(((performance.now() - startedAt) * order.rate_per_s) / 1000) + 1);
      for (; asked < due; asked++) ask();
      if (asked === order.requests) clearInterval(timer);
    }, 1);
  });
}

async function run(order: LoadOrder): Promise<LoadResult> {
  const streams: StreamLoad | null = order.load === "streams" ? order : null;
  const checker = new ReplyChecker({ api: order.api, exact: order.exact, stream_chunks: streams?.chunks ?? null });
  // Paced streams are few and long, and their checking would fall into the time of others; all else is checked as it comes.
  const tally = new Tally(checker, streams?.paced ?? false);
  gc?.();
  // Each paced stream has a connection of its own, so that the time between two streams is in no gap.
  gaps_ms = streams?.paced ? [] : null;
  if (order.load === "rate") await openLoop(order, tally);
  else if (order.load === "streams") await closedLoop(order, order.streams, order.concurrent, STREAM_START_GAP_MS, tally);
  else await closedLoop(order, (order as WholeLoad).requests, order.connections, 0, tally);
  const result = { ...tally.result(), gap_p99_ms: gaps_ms === null || gaps_ms.length === 0 ? null : quantile(gaps_ms, 0.99) };
  gaps_ms = null;
  return result;
}

process.on("message", (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.({ type: "done", result }),
    (error: Error) => process.send?.({ type: "failed", error: error.stack ?? error.message }),
  );
});
process.once("disconnect", () => process.exit());
process.send?.({ type: "ready" });
