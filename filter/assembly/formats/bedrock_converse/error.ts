import { indexOfAscii } from "../../bytes/ascii";
import { ErrorKind } from "../../canonical/error_kind";
import { ProviderError } from "../../canonical/provider_error";
import { Cursor, Kind } from "../../json/cursor";
import { Slice, sliceIs, sliceIsEmpty, textOf } from "../../json/slice";
import { writeText } from "../../json/text";
import { isFailure } from "./stop_reason";

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors : {"message"}, with the error's
// name in a header or in `__type`. In streams the frame has it.

/**
 * The name may have its namespace before it and a page's address behind it, com.amazon.coral#ThrottlingException:http://… , and begins with a
 * small letter in streams.
 */
export function readErrorType(type: Slice, error: ProviderError): void {
  error.code.clear();
  writeText(error.code, type);
  const address = indexOfAscii(error.code.ptr, error.code.length, ":");
  if (address >= 0) error.code.length = address;
  error.code.dropFront(indexOfAscii(error.code.ptr, error.code.length, "#") + 1);
  if (error.code.length > 0 && load<u8>(error.code.ptr) - 0x61 <= 25) store<u8>(error.code.ptr, load<u8>(error.code.ptr) - 0x20);
}

export function readError(cursor: Cursor, error: ProviderError): bool {
  if (!cursor.enterObject()) return false;
  let found = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("message") || cursor.keyIs("Message")) found = readMessage(cursor, error) || found;
    else if (cursor.keyIs("__type")) readErrorType(cursor.takeToken(), error);
    else if (cursor.keyIs("stopReason")) found = readFailure(cursor, error) || found;
    else cursor.skip();
  }
  error.settle(kindOfType(textOf(error.code)));
  return found && cursor.ok;
}

function readMessage(cursor: Cursor, error: ProviderError): bool {
  if (cursor.kind() != Kind.String) {
    cursor.skip();
    return false;
  }
  error.message.clear();
  writeText(error.message, cursor.takeString());
  return error.message.length > 0;
}

/** An answer that ended because the model's output could not be used. */
function readFailure(cursor: Cursor, error: ProviderError): bool {
  const reason = cursor.takeToken();
  if (!isFailure(reason)) return false;
  describeFailure(reason, error);
  return true;
}

export function describeFailure(reason: Slice, error: ProviderError): void {
  error.code.clear();
  writeText(error.code, reason);
  error.message.clear();
  error.message.ascii("The model's answer ended with ");
  writeText(error.message, reason);
  error.message.byte(0x2e);
  error.kind = ErrorKind.Server;
  error.status = 502;
}

/** Reads an error that came in a stream: JSON as in a body, or words of the platform's own. */
export function readStreamError(type: Slice, cursor: Cursor, ptr: usize, length: u32, error: ProviderError): void {
  error.clear();
  readErrorType(type, error);
  const isJson = cursor.kind() == Kind.Object;
  if (isJson) readError(cursor, error);
  else error.message.append(ptr, length);
  if (error.message.length == 0) {
    error.message.ascii("The provider ended its stream with ");
    error.message.appendBytes(error.code);
    error.message.byte(0x2e);
  }
  error.settle(kindOfType(textOf(error.code)));
}

/** -1: it says nothing. */
function kindOfType(type: Slice): i32 {
  if (sliceIsEmpty(type)) return -1;
  if (sliceIs(type, "ThrottlingException") || sliceIs(type, "ModelNotReadyException")) return ErrorKind.RateLimit;
  if (sliceIs(type, "ValidationException") || sliceIs(type, "ServiceQuotaExceededException")) return ErrorKind.InvalidRequest;
  if (sliceIs(type, "AccessDeniedException")) return ErrorKind.Permission;
  if (sliceIs(type, "ResourceNotFoundException")) return ErrorKind.NotFound;
  if (sliceIs(type, "ModelTimeoutException")) return ErrorKind.Timeout;
  if (sliceIs(type, "ServiceUnavailableException")) return ErrorKind.Overloaded;
  return ErrorKind.Server;
}
