import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { Format } from "../../canonical/format";
import { readError, writeError } from "../../canonical/openai_error";
import { ProviderError } from "../../canonical/provider_error";
import { CanonicalRequest } from "../../canonical/request";
import { RequestHead } from "../../canonical/request_head";
import { CanonicalResponse } from "../../canonical/response";
import { StreamReader } from "../../canonical/stream_reader";
import { StreamWriter } from "../../canonical/stream_writer";
import { ResponseSummary } from "../../canonical/summary";
import { Cursor } from "../../json/cursor";
import { writeErrorEvent } from "./error";
import { scanHead } from "./head";
import { readRequest } from "./request_reader";
import { writeRequest } from "./request_writer";
import { readResponse } from "./response_reader";
import { readTail } from "./response_tail";
import { writeResponse } from "./response_writer";
import { ChatStreamReader } from "./stream_reader";
import { ChatStreamWriter } from "./stream_writer";

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

  writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
    return writeRequest(request, model, rules, out);
  }

  readResponse(cursor: Cursor, response: CanonicalResponse): bool {
    return readResponse(cursor, response);
  }

  readTail(cursor: Cursor, ptr: usize, length: u32, summary: ResponseSummary): bool {
    return readTail(cursor, ptr, length, summary);
  }

  writeResponse(response: CanonicalResponse, out: Bytes): void {
    writeResponse(response, out);
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

  protected newWriter(): StreamWriter {
    return new ChatStreamWriter();
  }
}
