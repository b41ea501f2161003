import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { ErrorKind } from "../../canonical/error_kind";
import { ProviderError } from "../../canonical/provider_error";
import { ResponseSummary } from "../../canonical/summary";
import { Slice, sliceIs, textOf } from "../../json/slice";
import { writeString } from "../../json/text";
import { writeUsage } from "./usage";

// The response object, https://platform.openai.com/docs/api-reference/responses/object . What it repeats of the request is not known where
// answers are translated; these fields have the values of a request that does not set them. Nothing is stored.

/** Appends the object up to its `output`, whose items follow. `incomplete`: why it is; empty when it is not. */
export function beginResponse(
  out: Bytes,
  id: Slice,
  createdSeconds: i64,
  model: Slice,
  status: string,
  incomplete: string,
  error: ProviderError | null,
): void {
  out.ascii('{"id":');
  writeString(out, id);
  out.ascii(',"object":"response","created_at":');
  writeInteger(out, createdSeconds);
  out.ascii(',"status":"');
  out.ascii(status);
  out.ascii('","error":');
  if (error) writeFailure(out, error);
  else out.ascii("null");
  out.ascii(',"incomplete_details":');
  if (incomplete.length == 0) out.ascii("null");
  else {
    out.ascii('{"reason":"');
    out.ascii(incomplete);
    out.ascii('"}');
  }
  out.ascii(',"instructions":null,"max_output_tokens":null,"metadata":{},"model":');
  writeString(out, model);
  out.ascii(',"output":[');
}

/** Appends what follows the items; `summary` is null where nothing has been counted. */
export function endResponse(out: Bytes, summary: ResponseSummary | null): void {
  out.ascii('],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":false');
  out.ascii(
    ',"temperature":null,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":null,"truncation":"disabled","usage":',
  );
  if (summary) writeUsage(out, summary);
  else out.ascii("null");
  out.byte(0x7d);
}

/**
 * A code of those that the API's clients know, which are few: `ResponseError` of OpenAI's own SDK, and what Codex acts on besides
 * (https://github.com/openai/codex/blob/main/codex-rs/codex-api/src/sse/responses.rs). Other providers' words are in the message.
 */
function codeOf(error: ProviderError): string {
  const code = textOf(error.code);
  if (sliceIs(code, "context_length_exceeded")) return "context_length_exceeded";
  if (sliceIs(code, "insufficient_quota")) return "insufficient_quota";
  switch (error.kind) {
    case ErrorKind.RateLimit:
      return "rate_limit_exceeded";
    case ErrorKind.InvalidRequest:
    case ErrorKind.RequestTooLarge:
      return "invalid_prompt";
    default:
      return "server_error";
  }
}

function writeFailure(out: Bytes, error: ProviderError): void {
  out.ascii('{"code":"');
  out.ascii(codeOf(error));
  out.ascii('","message":');
  writeString(out, textOf(error.message));
  out.byte(0x7d);
}
