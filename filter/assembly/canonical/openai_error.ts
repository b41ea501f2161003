import { Bytes } from "../bytes/bytes";
import { readInteger } from "../bytes/numbers";
import { Cursor, Kind } from "../json/cursor";
import { Slice, sliceIs, sliceLength, slicePtr, textOf } from "../json/slice";
import { writeString, writeText } from "../json/text";
import { ErrorKind } from "./error_kind";
import { ProviderError } from "./provider_error";

// The error object that both of OpenAI's APIs have, and most servers that imitate them.
// https://platform.openai.com/docs/guides/error-codes : {"error": {"message", "type", "param", "code"}}

export function readError(cursor: Cursor, error: ProviderError): bool {
  if (!cursor.enterObject()) return false;
  let found = false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("error")) found = readErrorValue(cursor, error) || found;
    // Compatible servers (vLLM, Mistral, FastAPI) also put the message at the top.
    else if (cursor.keyIs("message") || cursor.keyIs("detail")) found = readMessage(cursor, error) || found;
    else if (cursor.keyIs("type") || cursor.keyIs("code")) readTypeOrCode(cursor, error, cursor.keyIs("type"));
    else cursor.skip();
  }
  error.settle(kindOfWords(error));
  return found && cursor.ok;
}

/** The value of `error`: an object, or with some servers just the message. */
function readErrorValue(cursor: Cursor, error: ProviderError): bool {
  if (cursor.kind() == Kind.String) return readMessage(cursor, error);
  if (!cursor.enterObject()) {
    cursor.skip();
    return false;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("message")) readMessage(cursor, error);
    else if (cursor.keyIs("type")) readTypeOrCode(cursor, error, true);
    else if (cursor.keyIs("code")) readTypeOrCode(cursor, error, false);
    else if (cursor.keyIs("param")) {
      error.param.clear();
      writeText(error.param, cursor.takeString());
    } else cursor.skip();
  }
  return true;
}

function readMessage(cursor: Cursor, error: ProviderError): bool {
  if (cursor.kind() != Kind.String) {
    cursor.skip();
    return false;
  }
  error.message.clear();
  writeText(error.message, cursor.takeString());
  return true;
}

/** `code` is a word with OpenAI; with some compatible servers it is the HTTP status. */
function readTypeOrCode(cursor: Cursor, error: ProviderError, isType: bool): void {
  if (cursor.kind() == Kind.Number) {
    const value = cursor.takeNumber();
    const status = readInteger(slicePtr(value), sliceLength(value));
    if (!isType && error.status == 0 && status >= 400 && status < 600) error.status = <u16>status;
    return;
  }
  const word = cursor.takeToken();
  if (sliceLength(word) == 0) return;
  const target = isType ? error.type : error.code;
  target.clear();
  writeText(target, word);
}

/**
 * The kind that OpenAI's words stand for, or -1. Its `code` is more exact than its `type`, which is invalid_request_error for a wrong key
 * too.
 */
function kindOfWords(error: ProviderError): i32 {
  const byCode = kindOfWord(textOf(error.code));
  return byCode >= 0 ? byCode : kindOfWord(textOf(error.type));
}

function kindOfWord(word: Slice): i32 {
  if (sliceIs(word, "invalid_api_key") || sliceIs(word, "authentication_error")) return ErrorKind.Authentication;
  if (sliceIs(word, "insufficient_quota") || sliceIs(word, "billing_hard_limit_reached")) return ErrorKind.RateLimit;
  if (sliceIs(word, "rate_limit_exceeded") || sliceIs(word, "rate_limit_error") || sliceIs(word, "requests") || sliceIs(word, "tokens"))
    return ErrorKind.RateLimit;
  if (sliceIs(word, "model_not_found") || sliceIs(word, "not_found_error")) return ErrorKind.NotFound;
  if (sliceIs(word, "permission_error") || sliceIs(word, "insufficient_permissions")) return ErrorKind.Permission;
  if (sliceIs(word, "overloaded_error") || sliceIs(word, "server_overloaded") || sliceIs(word, "engine_overloaded"))
    return ErrorKind.Overloaded;
  if (sliceIs(word, "server_error") || sliceIs(word, "internal_error") || sliceIs(word, "api_error")) return ErrorKind.Server;
  if (sliceIs(word, "timeout") || sliceIs(word, "timeout_error")) return ErrorKind.Timeout;
  if (sliceIs(word, "invalid_request_error") || sliceIs(word, "context_length_exceeded")) return ErrorKind.InvalidRequest;
  return -1;
}

/** The `type` that stands for a kind. */
function typeOfKind(kind: ErrorKind): string {
  switch (kind) {
    case ErrorKind.Authentication:
      return "authentication_error";
    case ErrorKind.Permission:
      return "permission_error";
    case ErrorKind.RateLimit:
      return "rate_limit_error";
    case ErrorKind.Billing:
      return "insufficient_quota";
    case ErrorKind.Timeout:
      return "timeout_error";
    // 503 "The engine is currently overloaded" too: https://developers.openai.com/api/docs/guides/error-codes
    case ErrorKind.Overloaded:
    case ErrorKind.Server:
      return "server_error";
    default: // of a model that is not there too; that has the code model_not_found
      return "invalid_request_error";
  }
}

export function writeError(error: ProviderError, out: Bytes): void {
  out.byte(0x7b);
  writeErrorMember(error, out);
  out.byte(0x7d);
}

/** Appends `"error":{…}`. */
export function writeErrorMember(error: ProviderError, out: Bytes): void {
  out.ascii('"error":{"message":');
  writeString(out, textOf(error.message));
  out.ascii(',"type":');
  if (error.type.length > 0) writeString(out, textOf(error.type));
  else {
    out.byte(0x22);
    out.ascii(typeOfKind(error.kind));
    out.byte(0x22);
  }
  out.ascii(',"param":');
  writeStringOrNull(out, error.param);
  out.ascii(',"code":');
  writeStringOrNull(out, error.code);
  out.byte(0x7d);
}

function writeStringOrNull(out: Bytes, text: Bytes): void {
  if (text.length == 0) out.ascii("null");
  else writeString(out, textOf(text));
}
