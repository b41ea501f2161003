import { Operation } from "../../canonical/operation";
import { CanonicalResponse } from "../../canonical/response";
import { readCount } from "../../canonical/token_count";
import { Cursor } from "../../json/cursor";
import { OpenaiResponses } from "./format";

/**
 * Counts the input tokens of a request to the Responses API. Clients are not offered it.
 * @see https://platform.openai.com/docs/api-reference/responses/input-tokens
 */
export class OpenaiInputTokens extends OpenaiResponses {
  constructor() {
    super("openai_input_tokens", "", Operation.CountTokens);
  }

  readResponse(cursor: Cursor, response: CanonicalResponse): bool {
    return readCount(cursor, "input_tokens", response.summary);
  }
}
