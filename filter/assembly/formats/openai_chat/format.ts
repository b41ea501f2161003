import { Bytes } from "../../bytes/bytes";
import { Format } from "../../canonical/format";
import { ProviderError } from "../../canonical/provider_error";
import { CanonicalRequest } from "../../canonical/request";
import { RequestHead } from "../../canonical/request_head";
import { CanonicalResponse } from "../../canonical/response";
import { StreamReader } from "../../canonical/stream_reader";
import { Cursor } from "../../json/cursor";
import { readError, writeError, writeErrorEvent } from "./error";
import { scanHead } from "./head";
import { readRequest } from "./request_reader";
import { readResponse } from "./response_reader";
import { ChatStreamReader } from "./stream_reader";

/** OpenAI's Chat Completions API, and what dozens of providers and servers understand by it. */
export class OpenaiChat extends Format {
  constructor() {
    super("openai_chat", "/v1/chat/completions");
  }

  scanHead(cursor: Cursor, head: RequestHead): bool {
    return scanHead(cursor, head);
  }

  readRequest(cursor: Cursor, request: CanonicalRequest): bool {
    return readRequest(cursor, request);
  }

  readResponse(cursor: Cursor, response: CanonicalResponse): bool {
    return readResponse(cursor, response);
  }

  readError(cursor: Cursor, error: ProviderError): bool {
    return readError(cursor, error);
  }

  writeError(error: ProviderError, out: Bytes): void {
    writeError(error, out);
  }

  writeErrorEvent(error: ProviderError, out: Bytes): void {
    writeErrorEvent(error, out);
  }

  protected newReader(): StreamReader {
    return new ChatStreamReader();
  }
}
