import { Bytes } from "../bytes/bytes";
import { readInteger, writeInteger } from "../bytes/numbers";
import { Body, readBody, replaceBody } from "../host/body";
import { now_ns } from "../host/clock";
import { HeaderMap, HeaderPairs, removeHeader, removeHeaderNamed, setHeader } from "../host/headers";
import { Literal } from "../host/literal";
import * as names from "../host/names";
import { setProperty } from "../host/property";
import { CONTINUE, clearRouteCache, continueRequest, STOP_AND_BUFFER, STOP_HEADERS, STOP_NO_BUFFER } from "../host/stream";
import { formatOfPath, Operation, operationOf, ProviderRules, problem, scanRequestHead, translateRequest } from "../translation";
import * as answers from "./answers";
import { GatewayConfig, Model } from "./config";
import { forgetDecision, startDecision } from "./decisions";
import { recordEvent } from "./event_batch";
import { CANDIDATES_MAX, Exchange } from "./exchange";
import { closeExchange, openExchange, publishExchange } from "./exchanges";
import { readStatus, setContentLength, setHeaderNumber } from "./numbers";
import { recallUndecided } from "./pinned";
import { describeAnswer } from "./report";
import { Session } from "./session";
import { StreamContext } from "./stream_context";
import { Text } from "./text";

const ROUTER_PREFIX = new Literal("router:");
/** Before the path of a client's format: only the decision is asked for. */
const DECISION_PREFIX = new Literal("/routing");
const BEARER = new Literal("Bearer ");
/** `llm.candidate.2` and so on: the cluster of each later attempt, which Envoy's routes look up by the attempt's number. */
const CANDIDATE_PROPERTIES: Literal[] = candidateProperties();
/** A body whose model stands this near to its beginning needs no second look at its head. */
const PREFIX_BYTES_MAX: u32 = 1024;

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

const NO_RULES = new ProviderRules();
const NO_MODELS: Model[] = [];
const pairs = new HeaderPairs();
const scratch = new Bytes();

/** The client's side of a request: reads it once, finds the models that may answer it, and says in the answer's headers what happened. */
@final
export class GatewayStream extends StreamContext {
  private id: u32 = 0;
  private root: u32 = 0;
  /** Under which brightstaff's answer is waited for, 0 while it is not. */
  private decisionKey: u64 = 0;
  private config: GatewayConfig | null = null;
  private exchange: Exchange | null = null;
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
      // A count uses no tokens, and how a provider counts says nothing of how its models answer; a mere decision asks no model.
      if (exchange.operation != Operation.CountTokens && !exchange.decisionOnly) recordEvent(exchange, this.root);
      closeExchange(exchange);
    }
    this.exchange = null;
    this.config = null;
    this.answer.clear();
    spare.push(this);
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
      head.removeOwn();
      this.phase = Phase.Body;
      return STOP_HEADERS;
    }
    return this.refused(STOP_HEADERS);
  }

  onRequestBody(size: u32, endOfStream: bool): i32 {
    if (this.phase == Phase.Passing) return CONTINUE;
    if (this.phase != Phase.Body) return STOP_NO_BUFFER;
    const limit = this.config!.requestBodyBytesMax;
    if (size > limit) {
      answers.refuseLargeBody(this.exchange!.clientFormat, limit);
      return this.refused(STOP_NO_BUFFER);
    }
    this.bodyBytes = size;
    return endOfStream ? this.choose(size, CONTINUE, STOP_AND_BUFFER) : STOP_AND_BUFFER;
  }

  onRequestTrailers(): i32 {
    return this.phase == Phase.Body ? this.choose(this.bodyBytes, CONTINUE, STOP_HEADERS) : CONTINUE;
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

    // Of a model that was named, the provider says by itself what it can't do; of these there is another to ask.
    if (exchange.operation == Operation.CountTokens) this.leaveOutFormats(exchange, text, length);
    if (!this.resolveModel(exchange, head.model)) {
      answers.refuseUnknownModel(exchange);
      return this.refused(stop);
    }
    if (!exchange.isRouted) {
      if (!this.completeCandidates(exchange)) return this.refused(stop);
      this.dispatch();
      return exchange.answeredLocally ? stop : go;
    }
    if (exchange.operation == Operation.Embed) {
      answers.refuseRouterOfEmbeddings(exchange);
      return this.refused(stop);
    }
    if (exchange.operation == Operation.Generate && !exchange.decisionOnly) this.leaveOutFormats(exchange, text, length);
    this.decisionKey = startDecision(this, this.root, exchange, text, length);
    if (this.decisionKey == 0) {
      this.onDecided();
      return exchange.answeredLocally ? stop : go;
    }
    this.phase = Phase.Deciding;
    return stop;
  }

  /**
   * Finds the formats that a router's models may have and that cannot say what this request says. It is found out here because an attempt
   * could only answer the client, not go on to the next candidate.
   */
  private leaveOutFormats(exchange: Exchange, body: usize, length: u32): void {
    const providers = this.config!.providers;
    let tried: u32 = 1 << exchange.clientFormat;
    for (let i = 0; i < providers.length; i++) {
      const endpoint = providers[i].endpointFor(exchange.clientFormat);
      if (endpoint == null || (tried & (1 << endpoint.format)) != 0) continue;
      const format = endpoint.format;
      tried |= 1 << format;
      scratch.clear();
      const head = exchange.head;
      if (translateRequest(exchange.clientFormat, format, body, length, head, head.model, NO_RULES, scratch)) continue;
      exchange.untranslatable |= 1 << format;
      exchange.failureMessage.clear();
      exchange.failureMessage.appendBytes(problem.message);
      exchange.failureParam.clear();
      exchange.failureParam.appendBytes(problem.param);
    }
  }

  /** Finds the router or the model that the client named; false when there is none of that name. */
  private resolveModel(exchange: Exchange, model: Bytes): bool {
    const config = this.config!;
    if (ROUTER_PREFIX.isPrefixOf(model.ptr, model.length)) {
      exchange.router = config.findRouter(model.ptr + ROUTER_PREFIX.length, model.length - ROUTER_PREFIX.length);
      return exchange.router != null;
    }
    // A vector is of use beside others of the same model only: what every chat request is routed by is not asked.
    exchange.router = exchange.operation == Operation.Embed ? null : config.routeAll;
    if (!exchange.isRouted) return config.addNamed(exchange, model.ptr, model.length);
    return config.hasNamed(model.ptr, model.length) || config.defaultModel != null;
  }

  /** The decision is there, or there is none to be had: what was decided is tried first, behind it what stands in. */
  private onDecided(): void {
    const exchange = this.exchange!;
    const config = this.config!;
    exchange.decision_us = <u32>((now_ns() - exchange.decisionStarted_ns) / 1000);
    if (exchange.preferencesRefused) {
      answers.refusePreferences(exchange);
      this.refused(CONTINUE);
      return;
    }
    if (!exchange.isDecided) recallUndecided(exchange);
    const router = exchange.router;
    if (router == null || router === config.routeAll) {
      const model = exchange.head.model;
      if (!config.addNamed(exchange, model.ptr, model.length)) exchange.addModel(config.defaultModel!);
    }
    const fallback = router == null ? NO_MODELS : router.fallback;
    for (let i = 0; i < fallback.length; i++) exchange.addModel(fallback[i]);
    if (this.completeCandidates(exchange)) this.dispatch();
    else this.refused(CONTINUE);
  }

  /** Adds who stands in for all models; false, with an answer under way, when there is nobody to ask. */
  private completeCandidates(exchange: Exchange): bool {
    const estimator = this.config!.tokenEstimator;
    if (exchange.operation == Operation.CountTokens && estimator != null) exchange.addTokenEstimator(estimator);
    if (exchange.candidateCount > 0) return true;
    if (exchange.operation == Operation.Embed) answers.refuseNoEmbeddings(exchange);
    else answers.refuseUntranslatable(exchange);
    return false;
  }

  /** brightstaff has answered, or will not: the request, which waits for that, goes on. */
  resume(): void {
    this.decisionKey = 0;
    this.onDecided();
    if (!this.exchange!.answeredLocally) continueRequest();
  }

  /** Tells Envoy which clusters to try, in their order; or the client, if that is what it wants to know. */
  private dispatch(): void {
    const exchange = this.exchange!;
    if (exchange.decisionOnly) {
      answers.tellDecision(exchange, this.traceId);
      this.refused(CONTINUE);
      return;
    }
    this.phase = Phase.Sent;
    publishExchange(exchange);
    for (let i: u32 = 1; i < exchange.candidateCount; i++) {
      const cluster = exchange.candidates[i].provider!.cluster;
      setProperty(CANDIDATE_PROPERTIES[i], cluster.ptr, cluster.length);
    }
    // Attempts end with the list: without this a retry past it would call the last provider again.
    if (exchange.candidateCount > 1) setHeaderNumber(HeaderMap.Request, names.X_ENVOY_MAX_RETRIES, exchange.candidateCount - 1);
    clearRouteCache();
  }

  onResponseHeaders(endOfStream: bool): i32 {
    const exchange = this.exchange;
    if (exchange == null) return CONTINUE;
    // A provider's answer was described where it came in, and Envoy does not even call for it: see gateway_filter.ts.
    if (exchange.responder != 0) return CONTINUE;
    exchange.record.status = readStatus();
    describeAnswer(exchange);
    if (exchange.answeredLocally || endOfStream) return CONTINUE;
    // Envoy's own answer: no provider could be reached, or none answered in time.
    answers.writeFailure(exchange, exchange.record.status, this.answer);
    setHeader(HeaderMap.Response, names.CONTENT_TYPE, names.APPLICATION_JSON.ptr, names.APPLICATION_JSON.length);
    setContentLength(HeaderMap.Response, this.answer.length);
    this.phase = Phase.Answering;
    return CONTINUE;
  }

  onResponseBody(size: u32, endOfStream: bool): i32 {
    if (this.phase != Phase.Answering) return CONTINUE;
    replaceBody(Body.Response, this.answer.ptr, this.answer.length);
    this.answer.clear();
    return CONTINUE;
  }

  onResponseTrailers(): i32 {
    return CONTINUE;
  }
}

/** What the gateway role needs of a request's headers, from one host call that fetches them all. */
@final
class RequestHeaders {
  path: usize = 0;
  /** Without its query. */
  pathLength: u32 = 0;
  pathAndQueryLength: u32 = 0;
  isPost: bool = false;
  isEncoded: bool = false;
  contentLength: i64 = 0;
  private key: usize = 0;
  private keyLength: u32 = 0;
  /** Envoy's, of which a client that sends one has no say. */
  requestId: usize = 0;
  requestIdLength: u32 = 0;
  private tenant: usize = 0;
  private tenantLength: u32 = 0;
  private affinity: usize = 0;
  private affinityLength: u32 = 0;
  private spendPct: usize = 0;
  private spendPctLength: u32 = 0;
  private isCacheOff: bool = false;
  private hasUntrusted: bool = false;
  /** Whether there is anything that is said to this gateway alone. */
  private hasOwn: bool = false;
  private traceParent: usize = 0;
  private traceParentLength: u32 = 0;

  read(tenantHeader: Text): void {
    this.pathLength = 0;
    this.isPost = false;
    this.isEncoded = false;
    this.contentLength = 0;
    this.keyLength = 0;
    this.requestIdLength = 0;
    this.tenantLength = 0;
    this.affinityLength = 0;
    this.spendPctLength = 0;
    this.isCacheOff = false;
    this.hasUntrusted = false;
    this.hasOwn = false;
    this.traceParentLength = 0;
    pairs.fetch(HeaderMap.Request);
    while (pairs.next()) {
      this.readPair();
      if (tenantHeader.length > 0 && tenantHeader.equals(pairs.name, pairs.nameLength)) {
        this.tenant = pairs.value;
        this.tenantLength = pairs.valueLength;
      }
    }
  }

  /** Names are told apart by their length first: it is unlike for all but few. */
  private readPair(): void {
    switch (pairs.nameLength) {
      case 5:
        if (pairs.nameIs(names.PATH)) this.readPath();
        break;
      case 7:
        if (pairs.nameIs(names.METHOD)) this.isPost = names.POST.equals(pairs.value, pairs.valueLength);
        break;
      case 9:
        if (pairs.nameIs(names.X_API_KEY)) {
          this.key = pairs.value;
          this.keyLength = pairs.valueLength;
        }
        break;
      case 11:
        if (pairs.nameIs(names.TRACEPARENT)) {
          this.traceParent = pairs.value;
          this.traceParentLength = pairs.valueLength;
        }
        break;
      case 12:
        if (pairs.nameIs(names.X_REQUEST_ID)) {
          this.requestId = pairs.value;
          this.requestIdLength = pairs.valueLength;
        }
        break;
      case 13:
        if (pairs.nameIs(names.AUTHORIZATION)) this.readAuthorization();
        else if (pairs.nameIs(names.X_PLANO_CACHE)) {
          this.isCacheOff = names.OFF.equals(pairs.value, pairs.valueLength);
          this.hasOwn = true;
        }
        break;
      case 14:
        if (pairs.nameIs(names.CONTENT_LENGTH)) this.contentLength = readInteger(pairs.value, pairs.valueLength);
        break;
      case 16:
        if (pairs.nameIs(names.CONTENT_ENCODING)) this.isEncoded = !names.IDENTITY.equals(pairs.value, pairs.valueLength);
        else if (pairs.nameIs(names.X_MODEL_AFFINITY)) {
          this.affinity = pairs.value;
          this.affinityLength = pairs.valueLength;
          this.hasOwn = true;
        }
        break;
      case 28:
        if (pairs.nameIs(names.X_PLANO_MAX_SWITCH_SPEND_PCT)) {
          this.spendPct = pairs.value;
          this.spendPctLength = pairs.valueLength;
          this.hasOwn = true;
        }
        break;
    }
    if (names.X_ENVOY_PREFIX.isPrefixOf(pairs.name, pairs.nameLength)) this.hasUntrusted = true;
  }

  private readPath(): void {
    this.path = pairs.value;
    let length: u32 = 0;
    while (length < pairs.valueLength && load<u8>(pairs.value + length) != 0x3f) length++;
    this.pathLength = length;
    this.pathAndQueryLength = pairs.valueLength;
  }

  private readAuthorization(): void {
    if (this.keyLength > 0 || !BEARER.isPrefixOf(pairs.value, pairs.valueLength)) return;
    this.key = pairs.value + BEARER.length;
    this.keyLength = pairs.valueLength - BEARER.length;
  }

  removeUntrusted(): void {
    if (!this.hasUntrusted) return;
    // Envoy has chosen a route already, and may have gone by one of them.
    clearRouteCache();
    // The pairs were copied, so removing while stepping through them is safe.
    pairs.rewind();
    while (pairs.next()) {
      if (names.X_ENVOY_PREFIX.isPrefixOf(pairs.name, pairs.nameLength)) removeHeaderNamed(HeaderMap.Request, pairs.name, pairs.nameLength);
    }
  }

  /** What the headers say of the conversation. They are for this gateway alone: no provider gets them. */
  describeSession(session: Session): void {
    session.takeClient(this.key, this.keyLength, this.tenant, this.tenantLength);
    if (!this.hasOwn) return;
    session.isOff = this.isCacheOff;
    session.takeName(this.affinity, this.affinityLength);
    session.takeSpendPct(this.spendPct, this.spendPctLength);
  }

  removeOwn(): void {
    if (!this.hasOwn) return;
    removeHeader(HeaderMap.Request, names.X_MODEL_AFFINITY);
    removeHeader(HeaderMap.Request, names.X_PLANO_CACHE);
    removeHeader(HeaderMap.Request, names.X_PLANO_MAX_SWITCH_SPEND_PCT);
  }

  /** The trace that the client is in (W3C Trace Context, section 3.2), else one of the request's own: the digits of its id. */
  keepTraceId(out: Bytes): void {
    out.clear();
    if (this.traceParentLength >= TRACE_ID_START + TRACE_ID_LENGTH) {
      out.append(this.traceParent + TRACE_ID_START, TRACE_ID_LENGTH);
      return;
    }
    for (let i: u32 = 0; i < this.requestIdLength && out.length < TRACE_ID_LENGTH; i++) {
      const character = load<u8>(this.requestId + i);
      if (character != 0x2d) out.byte(character);
    }
  }

  /** Keeps the client's own key for providers that are configured to be called with it; Envoy's route takes it from the request. */
  keepKey(key: Bytes): void {
    key.append(this.key, this.keyLength);
  }
}

const TRACE_ID_START: u32 = 3;
const TRACE_ID_LENGTH: u32 = 32;

const requestHeaders = new RequestHeaders();
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
