import { Bytes } from "../../bytes/bytes";
import { writeError } from "../../canonical/openai_error";
import { ProviderError } from "../../canonical/provider_error";

export function writeErrorEvent(error: ProviderError, out: Bytes): void {
  out.ascii("data: ");
  writeError(error, out);
  out.ascii("\n\n");
}
