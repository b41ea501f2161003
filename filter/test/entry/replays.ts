// Streams replayed many times over, cut in every way that a test asks for. All of it happens in the module: a stream of 16 KB has as many ways to
// be cut in two, and copying and comparing each outside would cost ten times what the translation does.
import { Bytes } from "../../assembly/bytes/bytes";
import * as facade from "../../assembly/translation";
import { asked, describeStreamOf, originOf, out } from "./described";

/** What came of the stream in one piece. */
const whole = new Bytes();
let open: facade.StreamTranslator | null = null;
let isReadable = false;

function begin(provider: u8, client: u8): void {
  out.clear();
  open = facade.StreamTranslator.acquire(provider, client, asked, originOf(provider));
  isReadable = true;
}

/** Sends a chunk on as the provider role does: as it came, as what was written in its place, and nothing more once the stream failed. */
function pass(ptr: usize, length: u32): void {
  if (!isReadable || length == 0) return;
  const progress = open!.feed(ptr, length, out);
  if (progress == facade.StreamProgress.Unchanged) out.append(ptr, length);
  isReadable = progress != facade.StreamProgress.Failed;
}

/** Ends the stream: behind what the client got stands what is known of it, as JSON. */
function end(): void {
  const stream = open!;
  stream.finish(out);
  // Before content the provider role has let nothing go, and answers with an error of its own.
  if (!isReadable && !stream.contentSeen) out.clear();
  out.byte(0);
  describeStreamOf(stream);
  stream.release();
  open = null;
}

function isAsWhole(): bool {
  return out.length == whole.length && memory.compare(out.ptr, whole.ptr, out.length) == 0;
}

/** Replays a stream in one piece: what the client gets, 0, and what is known of the stream. The functions below compare with it. */
export function replayWhole(provider: u8, client: u8, ptr: usize, length: u32): void {
  begin(provider, client);
  pass(ptr, length);
  end();
  whole.clear();
  whole.appendBytes(out);
}

/** The first size of chunks, `from` to `to` bytes, in which the stream comes out otherwise, which `out` then has; 0 if there is none. */
export function firstOtherSize(provider: u8, client: u8, ptr: usize, length: u32, from: u32, to: u32): u32 {
  for (let size = from; size <= to; size++) {
    begin(provider, client);
    for (let at: u32 = 0; at < length; at += size) pass(ptr + at, min(size, length - at));
    end();
    if (!isAsWhole()) return size;
  }
  out.clear();
  return 0;
}

/** The first place in which the stream, cut in two there, comes out otherwise, which `out` then has; 0 if there is none. */
export function firstOtherSplit(provider: u8, client: u8, ptr: usize, length: u32): u32 {
  for (let at: u32 = 1; at < length; at++) {
    begin(provider, client);
    pass(ptr, at);
    pass(ptr + at, length - at);
    end();
    if (!isAsWhole()) return at;
  }
  out.clear();
  return 0;
}

/** Whether the stream comes out otherwise, which `out` then has, when it is cut at `count` places, u32 each, in ascending order. */
export function isOtherCut(provider: u8, client: u8, ptr: usize, length: u32, cuts: usize, count: u32): bool {
  begin(provider, client);
  let before: u32 = 0;
  for (let i: u32 = 0; i <= count; i++) {
    const at = i < count ? load<u32>(cuts + ((<usize>i) << 2)) : length;
    pass(ptr + before, at - before);
    before = at;
  }
  end();
  const isOther = !isAsWhole();
  if (!isOther) out.clear();
  return isOther;
}
