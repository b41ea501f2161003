import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { readError, writeError } from "../../canonical/openai_error";
import { Operation } from "../../canonical/operation";
import { problem } from "../../canonical/problem";
import { ProviderError } from "../../canonical/provider_error";
import { ProviderFormat } from "../../canonical/provider_format";
import { CanonicalRequest } from "../../canonical/request";
import { RequestHead } from "../../canonical/request_head";
import { CanonicalResponse } from "../../canonical/response";
import { StreamReader } from "../../canonical/stream_reader";
import { Cursor } from "../../json/cursor";
import { scanHead } from "./head";
import { readResponse } from "./response_reader";
import { NoStreamReader } from "./stream_reader";

/**
 * OpenAI's embeddings. The other providers that have embeddings understand this format as well, so it is passed on and never translated.
 * @see https://platform.openai.com/docs/api-reference/embeddings/create
 */
export class OpenaiEmbeddings extends ProviderFormat {
  constructor() {
    super("openai_embeddings", "/v1/embeddings", Operation.Embed);
  }

  scanHead(cursor: Cursor, head: RequestHead): bool {
    return scanHead(cursor, head);
  }

  writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
    return problem.refuse("input", "is not what this model takes");
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

  protected newReader(): StreamReader {
    return new NoStreamReader();
  }
}
