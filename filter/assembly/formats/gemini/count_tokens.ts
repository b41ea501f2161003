import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { Operation } from "../../canonical/operation";
import { CanonicalRequest } from "../../canonical/request";
import { CanonicalResponse } from "../../canonical/response";
import { readCount } from "../../canonical/token_count";
import { Cursor } from "../../json/cursor";
import { writeEscaped } from "../../json/text";
import { Gemini } from "./format";

/**
 * Counts the tokens of a request to generateContent, which goes whole, and with the model's name, into the request for the count.
 * @see https://ai.google.dev/api/tokens#method:-models.counttokens
 */
export class GeminiCountTokens extends Gemini {
  constructor() {
    super("gemini_count_tokens", Operation.CountTokens);
  }

  writeRequest(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
    out.ascii('{"generateContentRequest":{"model":"models/');
    writeEscaped(out, model.ptr, model.length);
    out.byte(0x22);
    const fields = out.length;
    if (!super.writeRequest(request, model, rules, out)) return false;
    store<u8>(out.ptr + fields, 0x2c); // the brace that opened the request
    out.byte(0x7d);
    return true;
  }

  readResponse(cursor: Cursor, response: CanonicalResponse): bool {
    return readCount(cursor, "totalTokens", response.summary);
  }
}
