import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { Format, headerName } from "../../canonical/format";
import { Operation } from "../../canonical/operation";
import { ProviderError } from "../../canonical/provider_error";
import { CanonicalRequest } from "../../canonical/request";
import { RequestHead } from "../../canonical/request_head";
import { CanonicalResponse } from "../../canonical/response";
import { StreamReader } from "../../canonical/stream_reader";
import { StreamWriter } from "../../canonical/stream_writer";
import { ResponseSummary } from "../../canonical/summary";
import { Cursor } from "../../json/cursor";
import { readError, writeError, writeErrorEvent } from "./error";
import { refusesBudget, refusesReasoning, writeOwnMessages } from "./foreign_reasoning";
import { scanHead } from "./head";
import { readRequest } from "./request_reader";
import { writeRequest } from "./request_writer";
import { readResponse } from "./response_reader";
import { readTail } from "./response_tail";
import { writeResponse } from "./response_writer";
import { MessagesStreamReader } from "./stream_reader";
import { MessagesStreamWriter } from "./stream_writer";

/** Anthropic's Messages API. */
export class AnthropicMessages extends Format {
  constructor(name: string = "anthropic_messages", path: string = "/v1/messages", operation: Operation = Operation.Generate) {
    super(name, path, "messages", operation);
    this.takesCacheMarks = true;
    this.requestIdHeader = headerName("request-id"); // https://platform.claude.com/docs/en/api/errors#request-id
  }

  scanHead(cursor: Cursor, head: RequestHead): bool {
    return scanHead(cursor, head, this.operation == Operation.Generate);
  }

  readRequest(cursor: Cursor, request: CanonicalRequest): bool {
    return readRequest(cursor, request);
  }

  writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
    return writeRequest(request, model, rules, out);
  }

  refusesReasoning(head: RequestHead, model: Bytes): bool {
    return refusesReasoning(head, model);
  }

  refusesBudget(head: RequestHead, model: Bytes): bool {
    return refusesBudget(head, model);
  }

  writeOwnHistory(cursor: Cursor, model: Bytes, out: Bytes): void {
    writeOwnMessages(cursor, model, out);
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
    return new MessagesStreamReader();
  }

  protected newWriter(): StreamWriter {
    return new MessagesStreamWriter();
  }
}
