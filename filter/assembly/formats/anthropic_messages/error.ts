import { Bytes } from "../../bytes/bytes";
import { ErrorKind } from "../../canonical/error_kind";
import { ProviderError } from "../../canonical/provider_error";
import { Cursor, Kind } from "../../json/cursor";
import { Slice, sliceIs, textOf } from "../../json/slice";
import { writeString, writeText } from "../../json/text";

// https://docs.anthropic.com/en/api/errors : {"type": "error", "error": {"type", "message"}, "request_id"}

export function readError(cursor: Cursor, error: ProviderError): bool {
  if (!cursor.enterObject()) return false;
  let found = false;
  error.isIncomplete = true;
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) error.isIncomplete = !sliceIs(cursor.takeToken(), "error");
    else if (cursor.keyIs("error")) found = readErrorValue(cursor, error) || found;
    else if (cursor.keyIs("message"))
      found = readInto(cursor, error.message) || found; // AWS and some proxies
    else cursor.skip();
  }
  error.settle(kindOfWord(textOf(error.type)));
  return found && cursor.ok;
}

function readErrorValue(cursor: Cursor, error: ProviderError): bool {
  if (cursor.kind() == Kind.String) return readInto(cursor, error.message);
  if (!cursor.enterObject()) {
    cursor.skip();
    return false;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("message")) readInto(cursor, error.message);
    else if (cursor.keyIs("type")) readInto(cursor, error.type);
    else cursor.skip();
  }
  return true;
}

function readInto(cursor: Cursor, target: Bytes): bool {
  if (cursor.kind() != Kind.String) {
    cursor.skip();
    return false;
  }
  target.clear();
  writeText(target, cursor.takeString());
  return true;
}

function kindOfWord(word: Slice): i32 {
  if (sliceIs(word, "invalid_request_error")) return ErrorKind.InvalidRequest;
  if (sliceIs(word, "authentication_error")) return ErrorKind.Authentication;
  if (sliceIs(word, "billing_error")) return ErrorKind.Billing;
  if (sliceIs(word, "permission_error")) return ErrorKind.Permission;
  if (sliceIs(word, "not_found_error")) return ErrorKind.NotFound;
  if (sliceIs(word, "request_too_large")) return ErrorKind.RequestTooLarge;
  if (sliceIs(word, "rate_limit_error")) return ErrorKind.RateLimit;
  if (sliceIs(word, "overloaded_error")) return ErrorKind.Overloaded;
  if (sliceIs(word, "timeout_error")) return ErrorKind.Timeout;
  if (sliceIs(word, "api_error")) return ErrorKind.Server;
  return -1;
}

function typeOfKind(kind: ErrorKind): string {
  switch (kind) {
    case ErrorKind.Authentication:
      return "authentication_error";
    case ErrorKind.Billing:
      return "billing_error";
    case ErrorKind.Permission:
      return "permission_error";
    case ErrorKind.NotFound:
      return "not_found_error";
    case ErrorKind.RequestTooLarge:
      return "request_too_large";
    case ErrorKind.RateLimit:
      return "rate_limit_error";
    case ErrorKind.Overloaded:
      return "overloaded_error";
    case ErrorKind.Timeout:
      return "timeout_error";
    case ErrorKind.Server:
      return "api_error";
    default:
      return "invalid_request_error";
  }
}

/** Tells Anthropic's SDKs to send the whole conversation again, without a thread (lib/internal/threads of @anthropic-ai/sdk 1.12). */
const THREAD_DETAILS = ',"details":{"error_code":"thread_unsupported_request","unsupported":["thread"]}';

/** The provider's own type stands only where it is one of this API's: clients choose by it what to do. */
export function writeError(error: ProviderError, out: Bytes): void {
  out.ascii('{"type":"error","error":{"type":');
  if (kindOfWord(textOf(error.type)) >= 0) writeString(out, textOf(error.type));
  else {
    out.byte(0x22);
    out.ascii(typeOfKind(error.kind));
    out.byte(0x22);
  }
  out.ascii(',"message":');
  writeString(out, textOf(error.message));
  if (error.param.equalsAscii("thread")) out.ascii(THREAD_DETAILS);
  out.ascii("}}");
}

export function writeErrorEvent(error: ProviderError, out: Bytes): void {
  out.ascii("event: error\ndata: ");
  writeError(error, out);
  out.ascii("\n\n");
}
