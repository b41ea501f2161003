import { readNumber } from "../../bytes/numbers";
import { ErrorKind } from "../../canonical/error_kind";
import { ProviderError } from "../../canonical/provider_error";
import { Cursor, Kind } from "../../json/cursor";
import { Slice, sliceIs, sliceLength, slicePtr, textOf } from "../../json/slice";
import { writeText } from "../../json/text";
import { isFailure } from "./finish_reason";

/** What is later than a day is nobody's wait. */
const RETRY_AFTER_SECONDS_MAX: f64 = 86_400;

// https://cloud.google.com/apis/design/errors : {"error": {"code", "message", "status", "details"}}, where code is the HTTP status and status
// the name of a google.rpc.Code.

/**
 * Reads an error, alone or as the one element of a list, as streams without alt=sse have it; or an answer that ended because something went
 * wrong.
 */
export function readError(cursor: Cursor, error: ProviderError): bool {
  if (cursor.enterArray()) return cursor.nextElement() && readErrorObject(cursor, error);
  return readErrorObject(cursor, error);
}

function readErrorObject(cursor: Cursor, error: ProviderError): bool {
  if (!cursor.enterObject()) return false;
  let found = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("error")) found = readErrorValue(cursor, error) || found;
    else if (cursor.keyIs("candidates")) found = readCandidates(cursor, error) || found;
    else cursor.skip();
  }
  error.settle(kindOfWord(textOf(error.code)));
  return found && cursor.ok;
}

function readErrorValue(cursor: Cursor, error: ProviderError): bool {
  if (!cursor.enterObject()) {
    cursor.skip();
    return false;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("code")) readStatus(cursor, error);
    else if (cursor.keyIs("message") && cursor.kind() == Kind.String) {
      error.message.clear();
      writeText(error.message, cursor.takeString());
    } else if (cursor.keyIs("status")) {
      error.code.clear();
      writeText(error.code, cursor.takeString());
    } else if (cursor.keyIs("details")) readDetails(cursor, error);
    else cursor.skip();
  }
  return true;
}

/**
 * https://cloud.google.com/apis/design/errors#error_details : RetryInfo says when to try again ("34.4s"), ErrorInfo why. A wrong key comes with
 * status 400: https://ai.google.dev/gemini-api/docs/troubleshooting .
 */
function readDetails(cursor: Cursor, error: ProviderError): void {
  if (!cursor.enterArray()) {
    cursor.skip();
    return;
  }
  while (cursor.nextElement()) {
    if (!cursor.enterObject()) {
      cursor.skip();
      continue;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("retryDelay")) error.retryAfterSeconds = wholeSeconds(cursor.takeToken());
      else if (cursor.keyIs("reason") && sliceIs(cursor.takeToken(), "API_KEY_INVALID")) error.trueStatus = 401;
      else if (!cursor.keyIs("reason")) cursor.skip();
    }
  }
}

/** The seconds of a protobuf duration, rounded up; 0 for what is none. */
function wholeSeconds(duration: Slice): u32 {
  const seconds = readNumber(slicePtr(duration), sliceLength(duration));
  return seconds > 0 && seconds < RETRY_AFTER_SECONDS_MAX ? <u32>Math.ceil(seconds) : 0;
}

function readStatus(cursor: Cursor, error: ProviderError): void {
  const status = cursor.takeInteger(0);
  if (error.status == 0 && status >= 400 && status < 600) error.status = <u16>status;
}

/** The first candidate's end, when that is none of an answer. */
function readCandidates(cursor: Cursor, error: ProviderError): bool {
  let failed = false;
  if (!cursor.enterArray()) {
    cursor.skip();
    return false;
  }
  while (cursor.nextElement()) failed = readCandidate(cursor, error) || failed;
  return failed;
}

function readCandidate(cursor: Cursor, error: ProviderError): bool {
  const reason = cursor.peekMember("finishReason");
  const message = cursor.peekMember("finishMessage");
  cursor.skip();
  if (!isFailure(reason)) return false;
  describeFailure(error, reason, message);
  return true;
}

/** Fills `error` for an answer that ended with `reason`. */
export function describeFailure(error: ProviderError, reason: Slice, message: Slice): void {
  error.code.clear();
  writeText(error.code, reason);
  error.message.clear();
  error.message.ascii("The model's answer ended with ");
  writeText(error.message, reason);
  error.message.byte(0x2e);
  if (message != 0) {
    error.message.byte(0x20);
    writeText(error.message, message);
  }
  error.kind = ErrorKind.Server;
  error.status = 502;
}

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto , which gives each its HTTP status. */
function kindOfWord(word: Slice): i32 {
  if (sliceIs(word, "INVALID_ARGUMENT") || sliceIs(word, "FAILED_PRECONDITION") || sliceIs(word, "OUT_OF_RANGE"))
    return ErrorKind.InvalidRequest;
  if (sliceIs(word, "UNAUTHENTICATED")) return ErrorKind.Authentication;
  if (sliceIs(word, "PERMISSION_DENIED")) return ErrorKind.Permission;
  if (sliceIs(word, "NOT_FOUND")) return ErrorKind.NotFound;
  if (sliceIs(word, "RESOURCE_EXHAUSTED")) return ErrorKind.RateLimit;
  if (sliceIs(word, "UNAVAILABLE")) return ErrorKind.Overloaded;
  if (sliceIs(word, "DEADLINE_EXCEEDED")) return ErrorKind.Timeout;
  return -1;
}
