import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { Operation } from "../../canonical/operation";
import { ProviderError } from "../../canonical/provider_error";
import { ProviderFormat } from "../../canonical/provider_format";
import { CanonicalRequest } from "../../canonical/request";
import { CanonicalResponse } from "../../canonical/response";
import { StreamReader } from "../../canonical/stream_reader";
import { Cursor } from "../../json/cursor";
import { readError } from "./error";
import { writeRequest } from "./request_writer";
import { readResponse } from "./response_reader";
import { GeminiStreamReader } from "./stream_reader";

/** Google's Gemini API: generateContent, and streamGenerateContent with alt=sse. The model stands in the path. */
export class Gemini extends ProviderFormat {
  constructor(name: string = "gemini", operation: Operation = Operation.Generate) {
    super(name, "", operation);
  }

  writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
    return writeRequest(request, model, rules, out);
  }

  readResponse(cursor: Cursor, response: CanonicalResponse): bool {
    return readResponse(cursor, response);
  }

  readError(cursor: Cursor, error: ProviderError): bool {
    return readError(cursor, error);
  }

  protected newReader(): StreamReader {
    return new GeminiStreamReader();
  }
}
