import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { Framing, headerName } from "../../canonical/format";
import { ProviderError } from "../../canonical/provider_error";
import { ProviderFormat } from "../../canonical/provider_format";
import { CanonicalRequest } from "../../canonical/request";
import { CanonicalResponse } from "../../canonical/response";
import { StreamReader } from "../../canonical/stream_reader";
import { Cursor } from "../../json/cursor";
import { Slice } from "../../json/slice";
import { readError, readErrorType } from "./error";
import { writeRequest } from "./request_writer";
import { readResponse } from "./response_reader";
import { ConverseStreamReader } from "./stream_reader";

/** Amazon Bedrock's Converse and ConverseStream. The model stands in the path; answers say neither which it was nor an id. */
export class BedrockConverse extends ProviderFormat {
  constructor() {
    super("bedrock_converse");
    this.takesCacheMarks = true;
    this.framing = Framing.EventStream;
    // https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html and every answer's headers
    this.answerIdHeader = headerName("x-amzn-requestid");
    this.errorTypeHeader = headerName("x-amzn-errortype");
  }

  writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
    return writeRequest(request, model, rules, out);
  }

  readResponse(cursor: Cursor, response: CanonicalResponse): bool {
    return readResponse(cursor, response);
  }

  readErrorType(type: Slice, error: ProviderError): void {
    readErrorType(type, error);
  }

  readError(cursor: Cursor, error: ProviderError): bool {
    return readError(cursor, error);
  }

  protected newReader(): StreamReader {
    return new ConverseStreamReader();
  }
}
