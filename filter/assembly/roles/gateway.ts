import { Bytes } from "../bytes/bytes";
import { listObject } from "../bytes/chunk_memory";
import { Body, readBody, replaceBody } from "../host/body";
import { now_ns } from "../host/clock";
import { HeaderMap } from "../host/headers";
import { Literal } from "../host/literal";
import * as names from "../host/names";
import { setProperty } from "../host/property";
import { CONTINUE, continueRequest, STOP_AND_BUFFER, STOP_HEADERS, STOP_NO_BUFFER } from "../host/stream";
import { formatOfPath, Operation, operationOf, scanRequestHead } from "../translation";
import * as answers from "./answers";
import { settleAttempt } from "./attempts";
import { addStandIns, completeCandidates, resolveModel } from "./candidates";
import { GatewayConfig } from "./config";
import { forgetDecision, startDecision } from "./decisions";
import { isByProvider, isEndedByProvider } from "./envoy_says";
import { recordEvent } from "./event_batch";
import { CANDIDATES_MAX, Exchange } from "./exchange";
import { closeExchange, openExchange, publishExchange } from "./exchanges";
import { readStatus, setHeaderNumber } from "./numbers";
import { recallUndecided } from "./pinned";
import { openProviderStream, ProviderStream } from "./provider";
import { describeAnswer } from "./report";
import { RequestHeaders } from "./request_headers";
import { watchBody } from "./silence";
import { StreamContext } from "./stream_context";

/** Before the path of a client's format: only the decision is asked for. */
const DECISION_PREFIX = new Literal("/routing");
/** `llm.candidate.2` and so on: the cluster of each later attempt, which Envoy's routes look up by the attempt's number. */
const CANDIDATE_PROPERTIES: Literal[] = candidateProperties();
/** A body whose model stands this near to its beginning needs no second look at its head. */
const PREFIX_BYTES_MAX: u32 = 1024;

const STATUS_OK: u32 = 200;

const enum Phase {
  /** Not a request to a model: nothing to do with it. */
  Passing,
  /** The body is being collected. */
  Body,
  /** brightstaff has been asked which models. */
  Deciding,
  /** With the candidates, or answered. */
  Sent,
  /** Envoy's own answer is being replaced by one in the client's format. */
  Answering,
}

const requestHeaders = new RequestHeaders();

/** The client's side of a request: reads it once, finds the models that may answer it, and says in the answer's headers what happened. */
@final
export class GatewayStream extends StreamContext {
  private id: u32 = 0;
  private root: u32 = 0;
  /** Under which brightstaff's answer is waited for, 0 while it is not. */
  private decisionKey: u64 = 0;
  private config: GatewayConfig | null = null;
  private exchange: Exchange | null = null;
  /** The request's only attempt, when it is served here. */
  private attempt: ProviderStream | null = null;
  private phase: Phase = Phase.Passing;
  private bodyBytes: u32 = 0;
  /** What replaces the body of an answer of Envoy's own. */
  private readonly answer: Bytes = new Bytes();
  /** For who asked for a decision only. */
  private readonly traceId: Bytes = new Bytes();

  open(id: u32, root: u32, config: GatewayConfig): void {
    this.id = id;
    this.root = root;
    this.config = config;
    this.phase = Phase.Passing;
    this.bodyBytes = 0;
  }

  /** The request that waits for a decision. */
  get waitingExchange(): Exchange {
    return this.exchange!;
  }

  onDelete(): void {
    if (this.decisionKey != 0) forgetDecision(this.decisionKey);
    this.decisionKey = 0;
    const exchange = this.exchange;
    if (exchange != null) {
      if (this.attempt != null) this.endAttempt(exchange, this.attempt!);
      // A count uses no tokens, and how a provider counts says nothing of how its models answer; a mere decision asks no model.
      if (exchange.operation != Operation.CountTokens && !exchange.decisionOnly) recordEvent(exchange, this.root);
      closeExchange(exchange);
    }
    this.exchange = null;
    this.config = null;
    this.answer.clear();
    spare.push(this);
  }

  /** The only attempt ends with the request, whoever has ended that. */
  private endAttempt(exchange: Exchange, attempt: ProviderStream): void {
    const record = exchange.record;
    record.closeStream();
    if (!record.isComplete && isEndedByProvider()) {
      record.providerEnded = true;
      settleAttempt(exchange, exchange.candidates[0]);
    }
    attempt.giveBack();
    this.attempt = null;
  }

  onRequestHeaders(endOfStream: bool): i32 {
    const head = requestHeaders;
    head.read(this.config!.tenantHeader);
    // A client's own x-envoy-attempt-count would choose the candidate, its timeouts and retries would change the route's.
    head.removeUntrusted();
    const prefix = DECISION_PREFIX.isPrefixOf(head.path, head.pathLength) ? DECISION_PREFIX.length : 0;
    const known = formatOfPath(head.path + prefix, head.pathLength - prefix);
    if (known < 0) return CONTINUE;
    const format = <u8>known;
    if (prefix > 0 && operationOf(format) != Operation.Generate) return CONTINUE;

    const exchange = openExchange(this.id);
    this.exchange = exchange;
    exchange.config = this.config;
    exchange.clientFormat = format;
    exchange.decisionOnly = prefix > 0;
    if (prefix > 0) head.keepTraceId(this.traceId);
    exchange.path.clear();
    exchange.path.append(head.path, head.pathAndQueryLength);
    exchange.pathLength = head.pathLength;
    exchange.record.begin(now_ns(), head.requestId, head.requestIdLength);
    const limit = this.config!.requestBodyBytesMax;
    if (!head.isPost) answers.refuseMethod(format);
    else if (head.isEncoded) answers.refuseEncoding(format);
    else if (endOfStream) answers.refuseNoBody(format);
    else if (head.contentLength > <i64>limit) answers.refuseLargeBody(format, limit);
    else {
      if (this.config!.hasPassthrough) head.keepKey(exchange.clientKey);
      if (this.config!.routers.length > 0) head.describeSession(exchange.session);
      head.removeCredentials();
      head.removeOwn();
      this.phase = Phase.Body;
      watchBody(exchange);
      return STOP_HEADERS;
    }
    return this.refused(STOP_HEADERS);
  }

  onRequestBody(size: u32, endOfStream: bool): i32 {
    if (this.phase == Phase.Passing) return CONTINUE;
    if (this.phase != Phase.Body || this.exchange!.answeredLocally) return STOP_NO_BUFFER;
    const limit = this.config!.requestBodyBytesMax;
    if (size > limit) {
      answers.refuseLargeBody(this.exchange!.clientFormat, limit);
      return this.refused(STOP_NO_BUFFER);
    }
    this.bodyBytes = size;
    return endOfStream ? this.choose(size, CONTINUE, STOP_AND_BUFFER) : STOP_AND_BUFFER;
  }

  onRequestTrailers(): i32 {
    return this.phase == Phase.Body && !this.exchange!.answeredLocally ? this.choose(this.bodyBytes, CONTINUE, STOP_HEADERS) : CONTINUE;
  }

  /** An answer is under way from here. */
  private refused(stop: i32): i32 {
    this.exchange!.answeredLocally = true;
    this.phase = Phase.Sent;
    return stop;
  }

  /** The body is complete: which models may answer? */
  private choose(size: u32, go: i32, stop: i32): i32 {
    const exchange = this.exchange!;
    const config = this.config!;
    const head = exchange.head;
    exchange.completeBy_ns = 0;
    const body = readBody(Body.Request, size);
    const text = body.ptr;
    const length = body.length;
    if (!scanRequestHead(exchange.clientFormat, text, length, config.jsonDepthMax, head)) {
      answers.refuseProblem(exchange.clientFormat);
      return this.refused(stop);
    }
    exchange.prefixKept = head.modelStart <= PREFIX_BYTES_MAX;
    exchange.prefix.clear();
    if (exchange.prefixKept) exchange.prefix.append(text, head.modelStart);

    if (!resolveModel(exchange, head.model)) {
      answers.refuseUnknownModel(exchange);
      return this.refused(stop);
    }
    if (!exchange.isRouted) {
      if (!completeCandidates(exchange, text, length)) return this.refused(stop);
      this.dispatch();
      return exchange.answeredLocally ? stop : go;
    }
    if (exchange.operation == Operation.Embed) {
      answers.refuseRouterOfEmbeddings(exchange);
      return this.refused(stop);
    }
    this.decisionKey = startDecision(this, this.root, exchange, text, length);
    if (this.decisionKey == 0) {
      this.onDecided(text, length);
      return exchange.answeredLocally ? stop : go;
    }
    this.phase = Phase.Deciding;
    return stop;
  }

  /** The decision is there, or there is none to be had: what was decided is tried first, behind it what stands in. */
  private onDecided(body: usize, length: u32): void {
    const exchange = this.exchange!;
    exchange.decision_us = <u32>((now_ns() - exchange.decisionStarted_ns) / 1000);
    if (exchange.preferencesRefused) {
      answers.refusePreferences(exchange);
      this.refused(CONTINUE);
      return;
    }
    if (!exchange.isDecided) recallUndecided(exchange);
    addStandIns(exchange);
    if (completeCandidates(exchange, body, length)) this.dispatch();
    else this.refused(CONTINUE);
  }

  /** brightstaff has answered, or will not: the request, which waits for that, goes on. */
  resume(): void {
    this.decisionKey = 0;
    const body = readBody(Body.Request, this.bodyBytes);
    this.onDecided(body.ptr, body.length);
    if (!this.exchange!.answeredLocally) continueRequest();
  }

  /**
   * Tells Envoy which clusters to try, in their order; or the client, if that is what it wants to know. Envoy chooses the route anew whenever a
   * filter of this version of the ABI sets a header of the request (`Context::onHeadersModified` in source/extensions/common/wasm/context.cc).
   */
  private dispatch(): void {
    const exchange = this.exchange!;
    if (exchange.decisionOnly) {
      answers.tellDecision(exchange, this.traceId);
      this.refused(CONTINUE);
      return;
    }
    this.phase = Phase.Sent;
    publishExchange(exchange);
    if (exchange.isServedHere) {
      const attempt = openProviderStream(this.id);
      this.attempt = attempt;
      attempt.serve(exchange, this.bodyBytes);
      return;
    }
    for (let i: u32 = 1; i < exchange.candidateCount; i++) {
      const cluster = exchange.candidates[i].provider!.cluster;
      setProperty(CANDIDATE_PROPERTIES[i], cluster.ptr, cluster.length);
    }
    // Attempts end with the list: without this a retry past it would call the last provider again.
    if (exchange.candidateCount > 1) setHeaderNumber(HeaderMap.Request, names.X_ENVOY_MAX_RETRIES, exchange.candidateCount - 1);
  }

  onResponseHeaders(endOfStream: bool): i32 {
    const exchange = this.exchange;
    // A provider's answer to one of several attempts was described where it came in.
    if (exchange == null || exchange.responder != 0) return CONTINUE;
    const attempt = this.attempt;
    if (attempt != null && !exchange.answeredLocally && !exchange.head.stream && !endOfStream) return attempt.onWholeBegun();
    const status = readStatus();
    if (attempt != null && !exchange.answeredLocally && (status == STATUS_OK || isByProvider()))
      return attempt.onStatus(status, endOfStream);
    if (exchange.answeredLocally || endOfStream) {
      exchange.record.status = status;
      describeAnswer(exchange);
      return CONTINUE;
    }
    answers.replaceEnvoysAnswer(exchange, status, this.answer);
    this.phase = Phase.Answering;
    return CONTINUE;
  }

  onResponseBody(size: u32, endOfStream: bool): i32 {
    if (this.phase == Phase.Answering) {
      replaceBody(Body.Response, this.answer.ptr, this.answer.length);
      this.answer.clear();
      return CONTINUE;
    }
    const attempt = this.attempt;
    if (attempt == null) return CONTINUE;
    return attempt.isStreaming || !this.exchange!.answeredLocally ? attempt.onResponseBody(size, endOfStream) : CONTINUE;
  }

  listChunkMemory(): bool {
    const attempt = this.attempt;
    if (attempt == null) return this.phase == Phase.Answering;
    listObject(this, offsetof<GatewayStream>("bodyBytes"));
    return attempt.listChunkMemory();
  }

  onResponseTrailers(): i32 {
    const attempt = this.attempt;
    return attempt == null || this.exchange!.answeredLocally ? CONTINUE : attempt.onResponseTrailers();
  }
}

const spare: GatewayStream[] = [];

export function openGatewayStream(id: u32, root: u32, config: GatewayConfig): GatewayStream {
  const stream = spare.length > 0 ? spare.pop() : new GatewayStream();
  stream.open(id, root, config);
  return stream;
}

function candidateProperties(): Literal[] {
  const properties: Literal[] = [];
  for (let k: u32 = 1; k <= CANDIDATES_MAX; k++) properties.push(new Literal("llm.candidate." + k.toString()));
  return properties;
}
