import { Bytes } from "../bytes/bytes";
import { Cursor } from "../json/cursor";
import { Slice } from "../json/slice";
import { Format } from "./format";
import { Operation } from "./operation";
import { problem } from "./problem";
import { ProviderError } from "./provider_error";
import { CanonicalRequest } from "./request";
import { RequestHead } from "./request_head";
import { CanonicalResponse } from "./response";
import { Seal } from "./seal";
import { BlockKind, StreamWriter } from "./stream_writer";
import { ResponseSummary } from "./summary";

/**
 * A wire format that is not translated from: most often one that providers speak and clients are not offered, to which no path leads. What is
 * asked of a client's format is refused or says nothing.
 */
export abstract class ProviderFormat extends Format {
  constructor(name: string, path: string = "", operation: Operation = Operation.Generate) {
    super(name, path, "messages", operation);
  }

  scanHead(cursor: Cursor, head: RequestHead): bool {
    return problem.refuse("body", "requests in this format are not served");
  }

  readRequest(cursor: Cursor, request: CanonicalRequest): bool {
    return problem.refuse("body", "requests in this format are not served");
  }

  writeResponse(response: CanonicalResponse, out: Bytes): void {}

  writeError(error: ProviderError, out: Bytes): void {}

  writeErrorEvent(error: ProviderError, out: Bytes): void {}

  protected newWriter(): StreamWriter {
    return new SilentStreamWriter();
  }
}

class SilentStreamWriter extends StreamWriter {
  reset(head: RequestHead): void {}
  begin(out: Bytes, id: Slice, summary: ResponseSummary): void {}
  openBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, id: Slice, name: Slice): void {}
  delta(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32, text: Slice): void {}
  signature(out: Bytes, index: i32, seal: Seal, signature: Slice): void {}
  closeBlock(out: Bytes, kind: BlockKind, index: i32, toolIndex: i32): void {}
  ping(out: Bytes): void {}
  end(out: Bytes, summary: ResponseSummary, stopSequence: Slice): void {}
  error(out: Bytes, error: ProviderError): void {}
}
