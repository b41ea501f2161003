import type { Facade, StreamState } from "./facade.ts";

/** What the module exports for replays (entry/replays.ts). */
export interface ReplayExports {
  memory: WebAssembly.Memory;
  allocate(size: number): number;
  deallocate(ptr: number): void;
  replayWhole(provider: number, client: number, ptr: number, length: number): void;
  firstOtherSize(provider: number, client: number, ptr: number, length: number, from: number, to: number): number;
  firstOtherSplit(provider: number, client: number, ptr: number, length: number): number;
  isOtherCut(provider: number, client: number, ptr: number, length: number, cuts: number, count: number): number;
}

export interface Replay {
  /** What the client gets: chunks that went on as they came, and what was written. */
  out: string;
  state: StreamState;
}

/** One recorded or written stream from a provider to a client: how it comes out in one piece, and whether it does so however it is cut. */
export class Replays {
  readonly whole: Replay;
  private readonly facade: Facade;
  private readonly wasm: ReplayExports;
  private readonly provider: number;
  private readonly client: number;
  private readonly bytes: Uint8Array;

  constructor(facade: Facade, wasm: ReplayExports, provider: number, client: number, bytes: Uint8Array) {
    this.facade = facade;
    this.wasm = wasm;
    this.provider = provider;
    this.client = client;
    this.bytes = bytes;
    this.whole = this.inModule((ptr, length) => {
      wasm.replayWhole(provider, client, ptr, length);
      return this.take();
    });
  }

  /** The first size of chunks, up to `sizeMax` bytes, in which the client gets something else, and what; null when all are alike. */
  otherInChunks(sizeMax: number): { sizeBytes: number; replay: Replay } | null {
    return this.inModule((ptr, length) => {
      const sizeBytes = this.wasm.firstOtherSize(this.provider, this.client, ptr, length, 1, sizeMax);
      return sizeBytes === 0 ? null : { sizeBytes, replay: this.take() };
    });
  }

  /** The first place where the stream, cut in two there, gives the client something else, and what; null when there is none. */
  otherInTwo(): { at: number; replay: Replay } | null {
    return this.inModule((ptr, length) => {
      const at = this.wasm.firstOtherSplit(this.provider, this.client, ptr, length);
      return at === 0 ? null : { at, replay: this.take() };
    });
  }

  /** What the client gets of the stream cut at these places, in ascending order, when it is something else; null when it is not. */
  otherCutAt(places: Uint32Array): Replay | null {
    const cuts = this.wasm.allocate(places.byteLength);
    const other = this.inModule((ptr, length) => {
      new Uint8Array(this.wasm.memory.buffer).set(new Uint8Array(places.buffer, places.byteOffset, places.byteLength), cuts);
      const isOther = this.wasm.isOtherCut(this.provider, this.client, ptr, length, cuts, places.length);
      return isOther ? this.take() : null;
    });
    this.wasm.deallocate(cuts);
    return other;
  }

  private inModule<Result>(use: (ptr: number, length: number) => Result): Result {
    return this.facade.withText(this.bytes, use);
  }

  private take(): Replay {
    const text = this.facade.takeText();
    const end = text.lastIndexOf("\0");
    return { out: text.slice(0, end), state: JSON.parse(text.slice(end + 1)) as StreamState };
  }
}

/** Numbers from 0 to 1 that are the same for the same seed on every machine (mulberry32, Tommy Ettinger's generator of 32 bits of state). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Up to `count` places to cut a stream of `length` bytes, each once, in ascending order. */
export function randomCuts(random: () => number, length: number, count: number): Uint32Array {
  const places = new Set<number>();
  for (let i = 0; i < count; i++) places.add(1 + Math.floor(random() * (length - 1)));
  return Uint32Array.from([...places].sort((a, b) => a - b));
}
