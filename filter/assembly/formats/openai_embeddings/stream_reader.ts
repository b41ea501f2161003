import { MessageStream } from "../../canonical/stream";
import { StreamReader } from "../../canonical/stream_reader";
import { Cursor } from "../../json/cursor";

/** Embeddings are not streamed: no event is one. */
export class NoStreamReader extends StreamReader {
  reset(): void {}

  read(cursor: Cursor, dataPtr: usize, dataLength: u32, stream: MessageStream): bool {
    return false;
  }
}
