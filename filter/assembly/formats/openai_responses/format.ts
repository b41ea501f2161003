import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { Format } from "../../canonical/format";
import { readError, writeError } from "../../canonical/openai_error";
import { isOpenai } from "../../canonical/openai_models";
import { Operation } from "../../canonical/operation";
import { ProviderError } from "../../canonical/provider_error";
import { CanonicalRequest } from "../../canonical/request";
import { RequestHead } from "../../canonical/request_head";
import { CanonicalResponse } from "../../canonical/response";
import { StreamReader } from "../../canonical/stream_reader";
import { StreamWriter } from "../../canonical/stream_writer";
import { Cursor } from "../../json/cursor";
import { writeErrorEvent } from "./error";
import { writeOwnItems } from "./foreign_reasoning";
import { scanHead } from "./head";
import { readRequest } from "./request_reader";
import { writeRequest } from "./request_writer";
import { readResponse } from "./response_reader";
import { writeResponse } from "./response_writer";
import { ResponsesStreamReader } from "./stream_reader";
import { ResponsesStreamWriter } from "./stream_writer";

/** OpenAI's Responses API, which coding agents such as Codex speak. */
export class OpenaiResponses extends Format {
  constructor(name: string = "openai_responses", path: string = "/v1/responses", operation: Operation = Operation.Generate) {
    super(name, path, "input", operation);
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

  refusesReasoning(head: RequestHead, model: Bytes): bool {
    return head.hasMarkedReasoning || (head.hasOthersReasoning && isOpenai(model));
  }

  writeOwnHistory(cursor: Cursor, model: Bytes, out: Bytes): void {
    writeOwnItems(cursor, isOpenai(model), out);
  }

  readResponse(cursor: Cursor, response: CanonicalResponse): bool {
    return readResponse(cursor, response);
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

  /** Where nothing is known of the events before it, as within one format, its number is 0. */
  writeErrorEvent(error: ProviderError, out: Bytes): void {
    writeErrorEvent(error, 0, out);
  }

  protected newReader(): StreamReader {
    return new ResponsesStreamReader();
  }

  protected newWriter(): StreamWriter {
    return new ResponsesStreamWriter();
  }
}
