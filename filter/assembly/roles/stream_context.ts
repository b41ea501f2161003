import { beginList, endList } from "../bytes/chunk_memory";
import { IdTable } from "../bytes/id_table";

/** One stream as one of the roles sees it. A role answers every callback; what Envoy is told is one of the constants of host/stream. */
export abstract class StreamContext {
  abstract onRequestHeaders(endOfStream: bool): i32;
  abstract onRequestBody(size: u32, endOfStream: bool): i32;
  abstract onRequestTrailers(): i32;
  abstract onResponseHeaders(endOfStream: bool): i32;
  abstract onResponseBody(size: u32, endOfStream: bool): i32;
  abstract onResponseTrailers(): i32;
  /** Lists the memory that the next chunk of the answer will need. False when no chunk that follows is looked at. */
  abstract listChunkMemory(): bool;
  /** The stream is over: gives back what it held. */
  abstract onDelete(): void;
}

/** All that Envoy has open, by their contexts' ids. */
export const streams: IdTable<StreamContext> = new IdTable<StreamContext>();

/** @returns the list of the memory that a stream's next chunk will need, 0 when it looks at no chunk that follows */
export function listChunkMemory(context: u32): usize {
  beginList();
  streams.listMemory(context);
  return streams.get(context)!.listChunkMemory() ? endList() : 0;
}
