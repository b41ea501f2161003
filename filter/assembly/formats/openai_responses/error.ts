import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { writeErrorMember } from "../../canonical/openai_error";
import { ProviderError } from "../../canonical/provider_error";

/**
 * The event that tells an error, as the API sends it: with an `error` object inside, which the official clients throw. (The reference,
 * https://platform.openai.com/docs/api-reference/responses-streaming/error, has its members at the top, and their clients pass those by.)
 */
export function writeErrorEvent(error: ProviderError, sequenceNumber: i64, out: Bytes): void {
  out.ascii('event: error\ndata: {"type":"error","sequence_number":');
  writeInteger(out, sequenceNumber);
  out.byte(0x2c);
  writeErrorMember(error, out);
  out.ascii("}\n\n");
}
