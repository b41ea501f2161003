import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { Operation } from "../../canonical/operation";
import { RequestHead } from "../../canonical/request_head";
import { CanonicalResponse } from "../../canonical/response";
import { readCount } from "../../canonical/token_count";
import { Cursor } from "../../json/cursor";
import { AnthropicMessages } from "./format";

/**
 * Counts the input tokens of a request in the form of the Messages API.
 * @see https://platform.claude.com/docs/en/api/messages/count_tokens
 */
export class AnthropicCountTokens extends AnthropicMessages {
  constructor() {
    super("anthropic_count_tokens", "/v1/messages/count_tokens", Operation.CountTokens);
  }

  scanHead(cursor: Cursor, head: RequestHead): bool {
    const scanned = super.scanHead(cursor, head);
    head.stream = false; // a number is not streamed, whatever the request says
    return scanned;
  }

  readResponse(cursor: Cursor, response: CanonicalResponse): bool {
    return readCount(cursor, "input_tokens", response.summary);
  }

  writeResponse(response: CanonicalResponse, out: Bytes): void {
    out.ascii('{"input_tokens":');
    writeInteger(out, response.summary.inputTokens);
    out.byte(0x7d);
  }
}
