// What the roles use of the formats, and all they use. Formats are named by their number in the registry (`formatNamed`, `formatOfPath`).

import { Bytes } from "./bytes/bytes";
import { SipHash } from "./bytes/siphash";
import { AnswerOrigin } from "./canonical/answer_origin";
import { clock } from "./canonical/clock";
import { hashOpening, hashSaid, Turn, turnOf } from "./canonical/conversation";
import { ErrorKind, statusOfErrorKind } from "./canonical/error_kind";
import { patchFields, patchModel } from "./canonical/field_patch";
import { ProviderRules } from "./canonical/field_rules";
import { Problem, problem } from "./canonical/problem";
import { ProviderError } from "./canonical/provider_error";
import { canonicalRequest } from "./canonical/request";
import { RequestHead } from "./canonical/request_head";
import { canonicalResponse, ResponseResult } from "./canonical/response";
import { textBytesOf, writeView } from "./canonical/routing_view";
import { ResponseSummary } from "./canonical/summary";
import { settleToolCallIds } from "./canonical/tool_call_ids";
import { formatAt, formatNamed, formatOfPath, operationOf } from "./formats/registry";
import { Cursor } from "./json/cursor";
import { Slice, sliceIsEmpty, textOf } from "./json/slice";
import { StreamProgress, StreamTranslator } from "./stream_translator";

export { ErrorKind, errorKindOfStatus, statusOfErrorKind } from "./canonical/error_kind";
export { writeModel } from "./canonical/field_patch";
export { Operation } from "./canonical/operation";
export { StopReason } from "./canonical/summary";
export {
  AnswerOrigin,
  formatNamed,
  formatOfPath,
  operationOf,
  Problem,
  ProviderError,
  ProviderRules,
  problem,
  RequestHead,
  ResponseResult,
  ResponseSummary,
  StreamProgress,
  StreamTranslator,
  Turn,
};

/** How deep an answer may be nested; requests have their limit from the configuration. */
const RESPONSE_DEPTH_MAX: u32 = 256;

const cursor = new Cursor();

/** What configuration files call a format. */
export function formatName(format: u8): string {
  return formatAt(format).name;
}

/** The name of the header in which answers of a format have their id; empty where the body has it. */
export function answerIdHeader(format: u8): Bytes {
  return formatAt(format).answerIdHeader;
}

/** The name of the header that says an error's type; empty where the body does. */
export function errorTypeHeader(format: u8): Bytes {
  return formatAt(format).errorTypeHeader;
}

/** The name of the header in which clients of a format look for the request's id. */
export function requestIdHeader(format: u8): Bytes {
  return formatAt(format).requestIdHeader;
}

/** Tells the formats what time it is, for answers that carry a date. Call it before translating an answer. */
export function setClock(unixSeconds: i64): void {
  clock.seconds = unixSeconds;
}

/**
 * Checks a whole request body (JSON grammar, UTF-8, `depthMax`, keys given twice, the types that routing relies on) and reads its head.
 * False: `problem` says why, with a 400.
 */
export function scanRequestHead(format: u8, ptr: usize, length: u32, depthMax: u32, head: RequestHead): bool {
  head.clear();
  head.depthMax = depthMax;
  cursor.open(ptr, length, depthMax);
  return formatAt(format).scanHead(cursor, head) || refused();
}

/** A body that is no JSON is refused as that, whatever was found wrong before. */
function refused(): bool {
  return cursor.ok ? false : problem.refuseJson(cursor);
}

/**
 * Reads a conversation for the functions below, until `closeConversation`. Of a body that cannot be read to its end, what was read.
 * Nothing may be translated in between.
 */
export function openConversation(format: u8, ptr: usize, length: u32): void {
  canonicalRequest.clear();
  cursor.open(ptr, length, RESPONSE_DEPTH_MAX);
  formatAt(format).readRequest(cursor, canonicalRequest);
  canonicalRequest.endMessage();
}

/** Where in the conversation the request stands. */
export function conversationTurn(): Turn {
  return turnOf(canonicalRequest);
}

/** Hashes what its user has said last. */
export function hashConversationSaid(hash: SipHash): void {
  hashSaid(canonicalRequest, hash);
}

/** Hashes how the conversation begins; false when nothing tells it from others. */
export function hashConversationOpening(hash: SipHash): bool {
  return hashOpening(canonicalRequest, hash);
}

/**
 * Appends what a routing decision needs of the conversation: a JSON array of {"role", "content", "tool_calls"?} in order, at most
 * `bytesMax` bytes, the most recent messages first chosen.
 * @returns how much text there is in all, in bytes
 */
export function writeRoutingView(bytesMax: u32, out: Bytes): u64 {
  writeView(canonicalRequest, bytesMax, out);
  return textBytesOf(canonicalRequest);
}

export function closeConversation(): void {
  canonicalRequest.clear();
}

/**
 * Appends the request as the provider takes it, for `model`, the provider's name. Within one format only the model is changed (and what
 * `rules` say), byte for byte otherwise. `head` is from `scanRequestHead` of the same body, and is told whether the provider is asked to search the web. False: `problem` says what cannot be
 * translated, with a 400.
 */
export function translateRequest(
  from: u8,
  to: u8,
  ptr: usize,
  length: u32,
  head: RequestHead,
  model: Bytes,
  rules: ProviderRules,
  out: Bytes,
): bool {
  canonicalRequest.clear();
  canonicalRequest.toolIdLength = rules.toolIdLength;
  if (from == to && isOwnBody(to, head, model, rules)) {
    patchModel(ptr, length, head, model, out);
    return true;
  }
  cursor.open(ptr, length, head.depthMax);
  if (from == to) {
    if (!patchFields(cursor, formatAt(to), head, model, rules, out)) return refused();
    rules.writeAdded(out);
    return true;
  }
  out.reserve(length);
  problem.messageList = formatAt(from).messageList;
  canonicalRequest.takesCacheMarks = formatAt(to).takesCacheMarks;
  let translated = formatAt(from).readRequest(cursor, canonicalRequest);
  if (translated) {
    settleToolCallIds(canonicalRequest);
    translated = formatAt(to).writeRequest(canonicalRequest, model, rules, out);
  }
  canonicalRequest.forget();
  if (!translated) return refused();
  canonicalRequest.dropOptions();
  rules.writeAdded(out);
  head.searchesWeb = canonicalRequest.hasWebSearch;
  return true;
}

/** Whether a provider of the client's own format takes the request as it came, but for the model's name. */
export function isOwnBody(to: u8, head: RequestHead, model: Bytes, rules: ProviderRules): bool {
  if (head.hasPreferences || (head.addsUsage && head.hasStreamOptions) || rules.touch(head)) return false;
  const format = formatAt(to);
  return !format.refusesReasoning(head, model) && !format.refusesBudget(head, model);
}

/** What the last `translateRequest` between two formats left out: paths of fields, one a line. Empty within one format. */
export function droppedFields(): Bytes {
  return canonicalRequest.dropped;
}

/**
 * Reads a whole answer with a 2xx status to the request with this `head`: fills `summary`, and appends the body in the client's format where that is another one.
 * ProviderError: the body says that it failed, and `error` has what.
 */
export function translateResponse(
  providerFormat: u8,
  clientFormat: u8,
  head: RequestHead,
  ptr: usize,
  length: u32,
  origin: AnswerOrigin,
  out: Bytes,
  summary: ResponseSummary,
  error: ProviderError,
): ResponseResult {
  const format = formatAt(providerFormat);
  summary.clear();
  if (providerFormat == clientFormat && format.readTail(cursor, ptr, length, summary)) return ResponseResult.Unchanged;
  canonicalResponse.clear(summary);
  canonicalResponse.id = textOf(origin.id);
  canonicalResponse.model = textOf(origin.model);
  canonicalResponse.includesReasoning = head.includeReasoning;
  canonicalResponse.wantsLogprobs = head.wantsLogprobs && providerFormat != clientFormat;
  canonicalResponse.customTools = head.customTools;
  cursor.open(ptr, length, RESPONSE_DEPTH_MAX);
  const isAnswer = format.readResponse(cursor, canonicalResponse);
  if (!cursor.ok) return ResponseResult.Malformed;
  if (canonicalResponse.isTooLong || canonicalResponse.logprobs.isTooLong || canonicalResponse.citations.isTooLong)
    return ResponseResult.Malformed;
  if (!isAnswer) return readBodyError(providerFormat, ptr, length, error) ? ResponseResult.ProviderError : ResponseResult.Malformed;
  if (providerFormat == clientFormat) return ResponseResult.Unchanged;
  formatAt(clientFormat).writeResponse(canonicalResponse, out);
  return ResponseResult.Rewritten;
}

function readBodyError(format: u8, ptr: usize, length: u32, error: ProviderError): bool {
  error.clear();
  cursor.open(ptr, length, RESPONSE_DEPTH_MAX);
  if (!formatAt(format).readError(cursor, error)) return false;
  if (error.message.length == 0) error.describeNothing();
  return true;
}

/**
 * Reads the body that came with an error status: the provider's own words, or for HTML and the like a sentence with the status. `type` is
 * what the format's header for it says, absent when there is none.
 */
export function readProviderError(format: u8, status: u16, type: Slice, ptr: usize, length: u32, error: ProviderError): void {
  error.clear();
  error.status = status;
  if (!sliceIsEmpty(type)) formatAt(format).readErrorType(type, error);
  cursor.open(ptr, length, RESPONSE_DEPTH_MAX);
  const found = formatAt(format).readError(cursor, error);
  // A body's own idea of it does not count, unless it knows better what is wrong.
  error.status = error.trueStatus == 0 ? status : error.trueStatus;
  error.settle(-1);
  if (!found) {
    error.type.clear();
    error.code.clear();
  }
  if (!found || error.message.length == 0) error.describeStatus();
}

const reported = new ProviderError();

function reportOf(status: u16, kind: ErrorKind, message: Bytes, param: Bytes | null): ProviderError {
  reported.clear();
  reported.status = status;
  reported.kind = kind;
  reported.message.appendBytes(message);
  if (param) reported.param.appendBytes(param);
  return reported;
}

/** Appends an error body of the gateway's own in the client's format. */
export function writeError(format: u8, status: u16, kind: ErrorKind, message: Bytes, param: Bytes | null, out: Bytes): void {
  formatAt(format).writeError(reportOf(status, kind, message, param), out);
}

/** Appends an error of the gateway's own as the last event of a stream in the client's format. */
export function writeErrorEvent(format: u8, kind: ErrorKind, message: Bytes, out: Bytes): void {
  formatAt(format).writeErrorEvent(reportOf(statusOfErrorKind(kind), kind, message, null), out);
}

/** Appends a provider's error as a body in the client's format, with the provider's message and, where the format has it, type. */
export function writeProviderError(format: u8, error: ProviderError, out: Bytes): void {
  formatAt(format).writeError(error, out);
}
