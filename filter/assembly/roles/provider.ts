import { Bytes } from "../bytes/bytes";
import { listObject } from "../bytes/chunk_memory";
import { appendToBody, Body, readBody, replaceBody } from "../host/body";
import { now_ns } from "../host/clock";
import { getHeader, getHeaderNamed, HeaderMap, removeHeader, setHeader } from "../host/headers";
import * as names from "../host/names";
import { CONTINUE, resetStream, STOP_AND_BUFFER, STOP_HEADERS, STOP_NO_BUFFER } from "../host/stream";
import { ABSENT, Form, Slice, sliceOf } from "../json/slice";
import {
  AnswerOrigin,
  answerIdHeader,
  ErrorKind,
  errorTypeHeader,
  ProviderError,
  ResponseResult,
  ResponseSummary,
  readProviderError,
  StreamProgress,
  StreamTranslator,
  setClock,
  translateResponse,
  writeProviderError,
} from "../translation";
import { answerExhausted, answerUnknownExchange, replaceEnvoysAnswer, writeFailure } from "./answers";
import { sendRequest } from "./attempt_request";
import { beginAttempt, settleAttempt } from "./attempts";
import { isByProvider } from "./envoy_says";
import { Candidate, Exchange, Outcome } from "./exchange";
import { findExchange } from "./exchanges";
import { readStatus, setContentLength, setHeaderNumber, setStatus } from "./numbers";
import { keepAnswerer } from "./pinned";
import { describeAnswer } from "./report";
import { endActivity, noteActivity, watchAnswer } from "./silence";
import { StreamContext } from "./stream_context";

const NS_PER_S: u64 = 1_000_000_000;
const STATUS_OK: u32 = 200;
const STATUS_UNREAD: u32 = 0;
/** Where the statuses of errors begin. */
const STATUS_CLIENT_ERROR: u32 = 400;
const STATUS_BAD_GATEWAY: u32 = 502;
/** How much of a provider's error body is read for its message. */
const ERROR_BODY_READ_BYTES_MAX: u32 = 64 * 1024;
/** How much of a stream may come (pings, empty deltas) before its first content. */
const HELD_BYTES_MAX: u32 = 1024 * 1024;

/** An HTTP date has 29 (RFC 9110, section 5.6.7). */
const RETRY_AFTER_BYTES_MAX: u32 = 32;

const enum Phase {
  /** The request is on its way; nothing has come back. */
  Sending,
  /** A stream whose headers wait for its first content. */
  HeldStream,
  /** A stream that the client has begun to read. */
  Stream,
  /** A whole reply, held until it is complete. */
  Whole,
  /** An error of the provider, held until it is complete. */
  ErrorBody,
  /** What still comes is of no use to anybody. */
  Discard,
}

/** What a request's or response's translation is written to: no two callbacks run at once, so one for all. */
const out = new Bytes();
const summary = new ResponseSummary();
const providerError = new ProviderError();

/** One attempt: the request in this provider's format, and what it answers in the client's. */
@final
export class ProviderStream extends StreamContext {
  // What every chunk needs stands first: each line of memory that a chunk touches is fetched anew, as others have used the cache meanwhile.
  private phase: Phase = Phase.Sending;
  private translator: StreamTranslator | null = null;
  private responseBytes: u32 = 0;
  private id: u32 = 0;
  private exchange: Exchange | null = null;
  /** The exchange's id when the attempt began; exchanges are used again. */
  private exchangeId: u32 = 0;
  private candidate: Candidate | null = null;
  private status: u32 = 0;
  private retriable: bool = false;
  private readonly origin: AnswerOrigin = new AnswerOrigin();
  /** The first events of a stream, in the client's format, until the stream is let go. */
  private readonly held: Bytes = new Bytes();
  private requestBytes: u32 = 0;

  begin(id: u32): void {
    this.id = id;
    this.phase = Phase.Sending;
    this.requestBytes = 0;
    this.responseBytes = 0;
  }

  onDelete(): void {
    const exchange = this.exchange;
    if (exchange != null && exchange.id == this.exchangeId) this.leave(exchange); // else the request was over first
    this.giveBack();
  }

  giveBack(): void {
    const translator = this.translator;
    if (translator != null) translator.release();
    this.translator = null;
    this.exchange = null;
    this.candidate = null;
    this.held.clear();
    spare.push(this);
  }

  /** The attempt ends before the request that it belongs to. */
  private leave(exchange: Exchange): void {
    const candidate = this.candidate!;
    settleAttempt(exchange, candidate);
    if (exchange.responder == this.id) exchange.record.closeStream();
    else if (candidate.ended_ns == 0) candidate.ended_ns = now_ns();
    if (exchange.openAttempt == this.id) exchange.openAttempt = 0;
  }

  /** Serves a request with one candidate in the place of the gateway role, whose callbacks for the answer then come here. */
  serve(exchange: Exchange, size: u32): void {
    this.exchange = exchange;
    this.exchangeId = exchange.id;
    const candidate = beginAttempt(exchange, this.id)!;
    this.candidate = candidate;
    sendRequest(exchange, candidate, size);
  }

  onRequestHeaders(endOfStream: bool): i32 {
    const exchange = findExchange();
    if (exchange != null) {
      this.exchange = exchange;
      this.exchangeId = exchange.id;
      this.candidate = beginAttempt(exchange, this.id);
    }
    if (this.candidate == null) answerUnknownExchange();
    return STOP_HEADERS;
  }

  onRequestBody(size: u32, endOfStream: bool): i32 {
    this.requestBytes = size;
    return endOfStream ? this.send(size) : STOP_AND_BUFFER;
  }

  onRequestTrailers(): i32 {
    return this.send(this.requestBytes);
  }

  private send(size: u32): i32 {
    const exchange = this.exchange!;
    return sendRequest(exchange, this.candidate!, size) ? CONTINUE : STOP_NO_BUFFER;
  }

  onResponseHeaders(endOfStream: bool): i32 {
    const exchange = this.exchange;
    if (exchange == null || exchange.answeredLocally) return CONTINUE;
    return this.onStatus(readStatus(), endOfStream);
  }

  /**
   * An answer to the request's only attempt has begun whose body will tell what it is. Its status is asked for only when that is no answer: nobody
   * else would be tried, the client gets the provider's status as it is, and asking costs a twentieth of plain Envoy's instructions.
   */
  onWholeBegun(): i32 {
    this.status = STATUS_UNREAD;
    watchAnswer(this.exchange!, this.candidate!);
    this.noteOrigin();
    this.phase = Phase.Whole;
    return STOP_HEADERS;
  }

  /** The provider has answered with this status; `endOfStream`: and with nothing more. */
  onStatus(status: u32, endOfStream: bool): i32 {
    const exchange = this.exchange!;
    const candidate = this.candidate!;
    this.status = status;
    if (exchange.isServedHere) watchAnswer(exchange, candidate);
    if (this.status == STATUS_OK) return this.onGoodHeaders(exchange, endOfStream);
    if (this.status < STATUS_CLIENT_ERROR) return this.failUnknownStatus(STOP_HEADERS);
    this.noteErrorStatus(candidate);
    if (this.retriable && !exchange.isLastAttempt) {
      watchAnswer(exchange, candidate); // should Envoy have too many retries under way, and the provider hang in the error's body
      return CONTINUE; // Envoy retries at once and resets this stream
    }
    this.phase = Phase.ErrorBody;
    if (!endOfStream) return STOP_HEADERS;
    readProviderError(candidate.endpoint!.format, <u16>this.status, this.errorType(), 0, 0, providerError);
    this.noteFailure(providerError.kind, providerError.message);
    answerExhausted(exchange, this.status);
    return STOP_HEADERS;
  }

  /** No API of models answers so; a client would follow a redirect with the whole prompt, or take an error for an answer. */
  private failUnknownStatus(stop: i32): i32 {
    return this.fail("the answer has a status that is neither 200 nor an error", stop);
  }

  private noteErrorStatus(candidate: Candidate): void {
    candidate.settle(Outcome.Answered, this.status);
    this.retriable = isRetriable(this.status);
    if (this.retriable) noteRetryAfter(candidate);
  }

  private onGoodHeaders(exchange: Exchange, endOfStream: bool): i32 {
    if (endOfStream) return this.fail("the answer has no body", STOP_HEADERS);
    this.noteOrigin();
    if (exchange.head.stream) {
      this.phase = Phase.HeldStream;
      this.tellTime();
      const translator = StreamTranslator.acquire(this.candidate!.endpoint!.format, exchange.clientFormat, exchange.head, this.origin);
      this.translator = translator;
    } else {
      this.phase = Phase.Whole;
    }
    return STOP_HEADERS;
  }

  /** For answers that do not name themselves, what else is known of this one. */
  private noteOrigin(): void {
    const header = answerIdHeader(this.candidate!.endpoint!.format);
    const origin = this.origin;
    origin.clear();
    if (header.length == 0) return;
    const id = getHeaderNamed(HeaderMap.Response, header.ptr, header.length);
    origin.id.append(id.ptr, id.length);
    origin.model.appendBytes(this.candidate!.model);
  }

  /** What the provider's header says of an error, where its format has such a header. */
  private errorType(): Slice {
    const header = errorTypeHeader(this.candidate!.endpoint!.format);
    if (header.length == 0) return ABSENT;
    const type = getHeaderNamed(HeaderMap.Response, header.ptr, header.length);
    return sliceOf(type.ptr, type.length, Form.Text);
  }

  onResponseBody(size: u32, endOfStream: bool): i32 {
    this.responseBytes = size;
    switch (this.phase) {
      case Phase.Stream:
        return this.onStream(size, endOfStream);
      case Phase.HeldStream:
        return this.onHeldStream(size, endOfStream);
      case Phase.Whole:
        if (size > this.exchange!.config!.responseBodyBytesMax)
          return this.fail("the answer is larger than the gateway can hold", STOP_NO_BUFFER);
        return endOfStream ? this.onWhole(size) : STOP_AND_BUFFER;
      case Phase.ErrorBody:
        return endOfStream ? this.onErrorBody(size) : STOP_AND_BUFFER;
      case Phase.Discard:
        replaceBody(Body.Response, 0, 0);
        return CONTINUE;
      default:
        return CONTINUE;
    }
  }

  /** The client is getting a stream: no other answer can come now. */
  get isStreaming(): bool {
    return this.phase == Phase.Stream;
  }

  listChunkMemory(): bool {
    const translator = this.translator;
    if (translator == null) return true;
    listObject(this, offsetof<ProviderStream>("id"));
    translator.listChunkMemory();
    return true;
  }

  onResponseTrailers(): i32 {
    switch (this.phase) {
      case Phase.HeldStream:
        return this.fail("the stream ended before its first content", STOP_HEADERS);
      case Phase.Whole:
        return this.onWhole(this.responseBytes);
      case Phase.ErrorBody:
        return this.onErrorBody(this.responseBytes);
      case Phase.Stream:
        this.endByTrailers();
        return CONTINUE;
      default:
        return CONTINUE;
    }
  }

  /** Nothing can be added to a stream that ends by trailers: one that is not complete is reset, lest it look so. */
  private endByTrailers(): void {
    const translator = this.translator!;
    endActivity(this.exchange!, translator);
    if (!translator.terminalSeen && !translator.errorSeen) resetStream();
  }

  private onHeldStream(size: u32, endOfStream: bool): i32 {
    const translator = this.translator!;
    const chunk = readBody(Body.Response, size);
    out.clear();
    let progress = translator.feed(chunk.ptr, chunk.length, out);
    // Some formats have no last event: that the stream ends is what makes an answer of nothing whole.
    if (endOfStream && progress != StreamProgress.Failed) progress = translator.close(out);
    if (progress == StreamProgress.Failed || (translator.errorSeen && !translator.contentSeen)) {
      return this.failWith(translator.error.status, translator.error.kind, translator.error.message, STOP_NO_BUFFER);
    }
    const isOpened = translator.contentSeen || translator.terminalSeen;
    const rewritten = progress == StreamProgress.Rewritten;
    if (isOpened && this.held.length == 0) return this.open(size, rewritten, endOfStream);
    if (!isOpened && endOfStream) return this.fail("the stream ended before its first content", STOP_NO_BUFFER);
    if (rewritten) this.held.appendBytes(out);
    else this.held.append(chunk.ptr, chunk.length);
    if (!isOpened) {
      if (this.held.length > HELD_BYTES_MAX) return this.fail("the stream has no content", STOP_NO_BUFFER);
      replaceBody(Body.Response, 0, 0);
      return STOP_NO_BUFFER;
    }
    out.clear();
    out.appendBytes(this.held);
    this.held.clear();
    return this.open(size, true, endOfStream);
  }

  /** The first content is there: from here on there is no way back. */
  private open(size: u32, rewritten: bool, endOfStream: bool): i32 {
    this.phase = Phase.Stream;
    this.letGo();
    this.exchange!.record.openStream(this.translator!, now_ns());
    noteActivity(this.translator!);
    if (getHeader(HeaderMap.Response, names.CONTENT_LENGTH).length > 0) removeHeader(HeaderMap.Response, names.CONTENT_LENGTH);
    if (rewritten) setHeader(HeaderMap.Response, names.CONTENT_TYPE, names.TEXT_EVENT_STREAM.ptr, names.TEXT_EVENT_STREAM.length);
    return this.passOn(size, rewritten, endOfStream);
  }

  private onStream(size: u32, endOfStream: bool): i32 {
    const translator = this.translator!;
    noteActivity(translator);
    out.clear();
    let progress = StreamProgress.Unchanged;
    if (size > 0) {
      const chunk = readBody(Body.Response, size);
      progress = translator.feed(chunk.ptr, chunk.length, out);
    }
    if (progress == StreamProgress.Failed) {
      this.phase = Phase.Discard;
      this.exchange!.record.providerEnded = true;
      translator.finish(out); // says why
      replaceBody(Body.Response, out.ptr, out.length);
      return CONTINUE;
    }
    return this.passOn(size, progress == StreamProgress.Rewritten, endOfStream);
  }

  /** Sends a stream's piece as it came or, when it was `rewritten`, as `out` has it; at the end with the error event that is missing. */
  private passOn(size: u32, rewritten: bool, endOfStream: bool): i32 {
    if (endOfStream) endActivity(this.exchange!, this.translator!);
    if (rewritten) {
      if (endOfStream) this.translator!.finish(out);
      replaceBody(Body.Response, out.ptr, out.length);
    } else if (endOfStream) {
      out.clear();
      this.translator!.finish(out);
      if (out.length > 0) appendToBody(Body.Response, size, out.ptr, out.length);
    }
    return CONTINUE;
  }

  private onWhole(size: u32): i32 {
    const exchange = this.exchange!;
    this.tellTime();
    const body = readBody(Body.Response, size);
    out.clear();
    const result = translateResponse(
      this.candidate!.endpoint!.format,
      exchange.clientFormat,
      exchange.head,
      body.ptr,
      body.length,
      this.origin,
      out,
      summary,
      providerError,
    );
    if (this.status == STATUS_UNREAD) {
      const isAnswer = result == ResponseResult.Unchanged || result == ResponseResult.Rewritten;
      this.status = isAnswer ? STATUS_OK : readStatus();
      if (this.status != STATUS_OK) return this.onNoAnswer(size);
    }
    switch (result) {
      case ResponseResult.Malformed:
        return this.fail("the answer is not what the provider's API promises", STOP_NO_BUFFER);
      case ResponseResult.ProviderError:
        return this.failWith(providerError.status, providerError.kind, providerError.message, STOP_NO_BUFFER);
      case ResponseResult.Rewritten:
        setContentLength(HeaderMap.Response, out.length);
        replaceBody(Body.Response, out.ptr, out.length);
        break;
    }
    this.letGo();
    exchange.record.keep(summary);
    return CONTINUE;
  }

  /** The body, complete, is no answer, and neither is the status that of one. */
  private onNoAnswer(size: u32): i32 {
    const exchange = this.exchange!;
    if (!isByProvider()) {
      exchange.completeBy_ns = 0;
      replaceEnvoysAnswer(exchange, this.status, out);
      replaceBody(Body.Response, out.ptr, out.length);
      return CONTINUE;
    }
    if (this.status < STATUS_CLIENT_ERROR) return this.failUnknownStatus(STOP_NO_BUFFER);
    this.noteErrorStatus(this.candidate!);
    return this.onErrorBody(size);
  }

  /** OpenAI's answers carry the time that their making began at, which the other formats do not tell. */
  private tellTime(): void {
    setClock(this.candidate!.started_ns / NS_PER_S);
  }

  /** The answer is good: it goes to the client. */
  private letGo(): void {
    this.candidate!.settle(Outcome.Answered, this.status);
    this.respond();
  }

  /** From here on this attempt's response is the client's. */
  private respond(): void {
    const exchange = this.exchange!;
    exchange.completeBy_ns = 0;
    exchange.responder = this.id;
    exchange.record.status = this.status;
    describeAnswer(exchange);
    keepAnswerer(exchange);
  }

  private onErrorBody(size: u32): i32 {
    const exchange = this.exchange!;
    const format = this.candidate!.endpoint!.format;
    const type = this.errorType(); // before the body: both lie where the host's last answer does
    const body = readBody(Body.Response, min(size, ERROR_BODY_READ_BYTES_MAX));
    readProviderError(format, <u16>this.status, type, body.ptr, body.length, providerError);
    this.noteFailure(providerError.kind, providerError.message);
    if (providerError.status != this.status && this.correctStatus(providerError.status)) return CONTINUE;
    this.respond();
    const retryAfter = providerError.retryAfterSeconds;
    if (retryAfter > 0 && getHeader(HeaderMap.Response, names.RETRY_AFTER).length == 0)
      setHeaderNumber(HeaderMap.Response, names.RETRY_AFTER, retryAfter);
    const exhausted = this.retriable && exchange.attemptCount > 1;
    if (!exhausted && format == exchange.clientFormat && providerError.type.length > 0 && !providerError.isIncomplete) return CONTINUE;
    if (exhausted) {
      writeFailure(exchange, this.status, out);
    } else {
      out.clear();
      writeProviderError(exchange.clientFormat, providerError, out);
    }
    setHeader(HeaderMap.Response, names.CONTENT_TYPE, names.APPLICATION_JSON.ptr, names.APPLICATION_JSON.length);
    setContentLength(HeaderMap.Response, out.length);
    replaceBody(Body.Response, out.ptr, out.length);
    return CONTINUE;
  }

  /** The body says that the status is another one. Whether Envoy goes on to the next candidate with it. */
  private correctStatus(status: u32): bool {
    this.status = status;
    this.candidate!.settle(Outcome.Answered, status);
    this.retriable = isRetriable(status);
    setStatus(status);
    if (!this.retriable || this.exchange!.isLastAttempt) return false;
    this.phase = Phase.Discard;
    return true;
  }

  /** The attempt came to nothing, for a reason that is this side's finding and not the provider's word. */
  private fail(reason: string, stop: i32): i32 {
    message.clear();
    message.ascii(reason);
    return this.failWith(STATUS_BAD_GATEWAY, ErrorKind.Server, message, stop);
  }

  /**
   * The attempt came to nothing while the client has seen none of it. Envoy goes on to the next candidate when it sees a retriable
   * status; the last one's failure is answered here.
   */
  private failWith(status: u32, kind: ErrorKind, reason: Bytes, stop: i32): i32 {
    const exchange = this.exchange!;
    const candidate = this.candidate!;
    candidate.settle(Outcome.StreamError, 0);
    this.noteFailure(kind, reason);
    this.phase = Phase.Discard;
    if (exchange.isLastAttempt) {
      answerExhausted(exchange, status);
      return stop;
    }
    setStatus(STATUS_BAD_GATEWAY);
    return CONTINUE;
  }

  private noteFailure(kind: ErrorKind, reason: Bytes): void {
    const exchange = this.exchange!;
    exchange.failureKind = kind;
    exchange.failureMessage.clear();
    exchange.failureMessage.appendBytes(reason);
  }
}

const message = new Bytes();
const spare: ProviderStream[] = [];

export function openProviderStream(id: u32): ProviderStream {
  const stream = spare.length > 0 ? spare.pop() : new ProviderStream();
  stream.begin(id);
  return stream;
}

/** What Envoy's route retries on; see `retry_on` in the rendered routes. */
function isRetriable(status: u32): bool {
  return status >= 500 || status == 401 || status == 403 || status == 404 || status == 408 || status == 424 || status == 429;
}

/** Text that is longer than any of the two forms is neither. */
function noteRetryAfter(candidate: Candidate): void {
  const value = getHeader(HeaderMap.Response, names.RETRY_AFTER);
  if (value.length <= RETRY_AFTER_BYTES_MAX) candidate.retryAfter.append(value.ptr, value.length);
}
