// Checks every reply. Bytes equal to a reply that was found right are right; anything else is read and compared in meaning, because
// a translated reply carries the time at which it was made.

import { type ClientFormat, clientFormat, type Seen } from "./formats/index.ts";
import { REPLY_TEXT, streamText, USAGE } from "./workload.ts";

/** What a reply should be: `exact` is for replies that no one may change, the provider's bytes. */
export interface Expectation {
  /** The client's format. */
  api: string;
  exact: boolean;
  /** Content events of a stream; null for a whole reply. */
  stream_chunks: number | null;
}

export class ReplyChecker {
  readonly #expected: Expectation;
  readonly #format: ClientFormat;
  #right: Buffer;

  constructor(expected: Expectation) {
    this.#expected = expected;
    this.#format = clientFormat(expected.api);
    const { exact, stream_chunks } = expected;
    const text = stream_chunks === null ? this.#format.reply(REPLY_TEXT) : this.#format.streamWrites(stream_chunks).join("");
    this.#right = exact ? Buffer.from(text) : Buffer.alloc(0);
  }

  /** null when the reply is right, else what is wrong with it. */
  check(status: number, body: Buffer): string | null {
    if (status === 200 && body.equals(this.#right)) return null;
    const wrong = this.#compare(status, body);
    if (wrong === null) this.#right = Buffer.from(body);
    return wrong;
  }

  #compare(status: number, body: Buffer): string | null {
    const text = body.toString("utf8");
    if (status !== 200) return `status ${status}: ${text.slice(0, 300)}`;
    const { exact, stream_chunks } = this.#expected;
    if (exact) return `not the provider's bytes: ${firstDifference(this.#right.toString("utf8"), text)}`;
    const seen = stream_chunks === null ? this.#readWhole(text) : this.#format.readStream(dataOf(text));
    if (typeof seen === "string") return seen;
    const wanted = { text: stream_chunks === null ? REPLY_TEXT : streamText(stream_chunks), stopped: true, ...USAGE };
    const [a, b] = [JSON.stringify(wanted), JSON.stringify(seen)];
    return a === b ? null : firstDifference(a, b);
  }

  #readWhole(text: string): Seen | string {
    try {
      return this.#format.readWhole(JSON.parse(text) as never);
    } catch {
      return `not JSON: ${text.slice(0, 300)}`;
    }
  }
}

function firstDifference(wanted: string, seen: string): string {
  let at = 0;
  while (at < wanted.length && wanted[at] === seen[at]) at++;
  const from = Math.max(0, at - 20);
  return `at ${at}: expected ${JSON.stringify(wanted.slice(from, at + 60))}, got ${JSON.stringify(seen.slice(from, at + 60))}`;
}

/** The data of each event of a stream as this benchmark's parties write it: one data line an event. */
function dataOf(text: string): string[] {
  return text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
}
