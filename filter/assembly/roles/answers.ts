import { Bytes } from "../bytes/bytes";
import { writeInteger } from "../bytes/numbers";
import { HeaderBlock } from "../host/header_block";
import { HeaderMap, setHeader } from "../host/headers";
import { Literal } from "../host/literal";
import * as names from "../host/names";
import { sendLocalReply } from "../host/stream";
import { textOf } from "../json/slice";
import { writeString } from "../json/text";
import { ErrorKind, errorKindOfStatus, Operation, operationOf, ProviderError, problem, writeProviderError } from "../translation";
import { Exchange } from "./exchange";
import { setContentLength } from "./numbers";
import { addDescription, appendAttempts, describeAnswer } from "./report";

// What the gateway answers by itself, always in the form of errors that the client's API has. `details` name the answers in Envoy's
// access log; nothing of a request's text goes there.
const REFUSED = new Literal("llm_request_refused");
const EXHAUSTED = new Literal("llm_candidates_exhausted");
/** What became of a conversation, as brightstaff says it. */
const PINNED = new Literal("pinned");
const SWITCHED = new Literal("switched");
const DECIDED = new Literal("llm_decision");
const RELOADED = new Literal("llm_gateway_reloaded");

/** The answer being made; its kind decides on the type that each API calls it by. */
const error = new ProviderError();
const body = new Bytes();
const headers = new HeaderBlock();

function send(status: u32, details: Literal, described: Exchange | null = null): void {
  headers.reset();
  headers.addLiteral(names.CONTENT_TYPE, names.APPLICATION_JSON);
  if (described != null) addDescription(described, headers);
  headers.finish();
  sendLocalReply(status, details, headers, body.ptr, body.length);
}

function begin(status: u32, kind: ErrorKind, text: string): void {
  error.clear();
  error.status = <u16>status;
  error.kind = kind;
  error.message.ascii(text);
}

function refuse(format: u8): void {
  body.clear();
  writeProviderError(format, error, body);
  send(error.status, REFUSED);
}

export function refuseMethod(format: u8): void {
  begin(405, ErrorKind.InvalidRequest, "This path takes POST only.");
  refuse(format);
}

export function refuseEncoding(format: u8): void {
  begin(415, ErrorKind.InvalidRequest, "content-encoding: the body must be sent as it is, not compressed.");
  refuse(format);
}

export function refuseNoBody(format: u8): void {
  begin(400, ErrorKind.InvalidRequest, "The request has no body; a JSON object is expected.");
  refuse(format);
}

export function refuseLargeBody(format: u8, limitBytes: u32): void {
  begin(413, ErrorKind.RequestTooLarge, "The request body is larger than the limit of ");
  writeInteger(error.message, limitBytes);
  error.message.ascii(" bytes.");
  refuse(format);
}

export function refuseSlowBody(format: u8): void {
  begin(408, ErrorKind.InvalidRequest, "The request body did not arrive in time.");
  refuse(format);
}

/** Answers with what the translation's readers found wrong. */
export function refuseProblem(format: u8): void {
  begin(problem.status, problem.kind, "");
  error.message.appendBytes(problem.message);
  error.param.appendBytes(problem.param);
  refuse(format);
}

export function refuseUnknownModel(exchange: Exchange): void {
  begin(404, ErrorKind.NotFound, "model: '");
  error.message.appendBytes(exchange.head.model);
  error.message.ascii("' is not among the models, aliases and routers of this gateway; GET /v1/models lists them.");
  error.param.ascii("model");
  error.code.ascii("model_not_found");
  refuse(exchange.clientFormat);
}

/** None of a router's models can be asked what the request asks. */
export function refuseUntranslatable(exchange: Exchange): void {
  begin(400, ErrorKind.InvalidRequest, "None of the router's models can serve this request: ");
  error.message.appendBytes(exchange.failureMessage);
  error.param.appendBytes(exchange.failureParam);
  refuse(exchange.clientFormat);
}

/** What the request says of how it is to be routed is wrong. */
export function refusePreferences(exchange: Exchange): void {
  begin(400, ErrorKind.InvalidRequest, "");
  error.message.appendBytes(exchange.failureMessage);
  error.param.appendBytes(exchange.failureParam);
  refuse(exchange.clientFormat);
}

/**
 * The decision itself, for clients who ask the providers themselves: `models` best first, `route` null when no task matched, and whether
 * the conversation stays on its model or has left it. Plano's form, with the resolver's confidence beside it:
 * https://github.com/katanemo/plano/blob/main/docs/routing-api.md.
 */
export function tellDecision(exchange: Exchange, traceId: Bytes): void {
  body.clear();
  for (let i: u32 = 0; i < exchange.candidateCount; i++) {
    const id = exchange.candidates[i].id;
    body.ascii(i == 0 ? '{"models":[' : ",");
    writeString(body, textOf(id));
  }
  body.ascii('],"route":');
  if (exchange.route.length > 0) writeString(body, textOf(exchange.route));
  else body.ascii("null");
  body.ascii(',"confidence":');
  if (exchange.confidence.length > 0) body.appendBytes(exchange.confidence);
  else body.ascii("null");
  body.ascii(',"trace_id":');
  writeString(body, textOf(traceId));
  const state = exchange.session.state;
  body.ascii(PINNED.isPrefixOf(state.ptr, state.length) ? ',"pinned":true' : ',"pinned":false');
  body.ascii(SWITCHED.isPrefixOf(state.ptr, state.length) ? ',"switched":true}' : ',"switched":false}');
  send(200, DECIDED);
}

/** A router's models answer alike, but the vectors of different models have nothing in common. */
export function refuseRouterOfEmbeddings(exchange: Exchange): void {
  begin(
    400,
    ErrorKind.InvalidRequest,
    "model: embeddings of different models can't be compared, so no router chooses among them; name a model.",
  );
  error.param.ascii("model");
  refuse(exchange.clientFormat);
}

export function refuseNoEmbeddings(exchange: Exchange): void {
  begin(400, ErrorKind.InvalidRequest, "model: the provider of '");
  const message = error.message;
  message.appendBytes(exchange.head.model);
  message.ascii("' has no embeddings. ");
  const providers = exchange.config!.providers;
  let count = 0;
  for (let i = 0; i < providers.length; i++) {
    const provider = providers[i];
    const isFurtherPlace = operationOf(provider.endpoint.format) != Operation.Generate;
    if (isFurtherPlace || provider.endpointFor(exchange.clientFormat) == null) continue;
    message.ascii(count == 0 ? "Of the configured ones these have: " : ", ");
    message.append(provider.cluster.ptr, provider.cluster.length);
    count++;
  }
  message.ascii(count == 0 ? "None of the configured ones has." : ".");
  error.param.ascii("model");
  refuse(exchange.clientFormat);
}

/** The exchange is not known to this VM: another one began it, and a trap or a new build of the module has ended that. */
export function answerUnknownExchange(): void {
  body.clear();
  body.ascii('{"error":{"message":"The gateway was reloaded while it worked on this request; send it again.","type":"server_error"}}');
  send(503, RELOADED);
}

/** The last attempt has failed, and nothing of it is fit to be passed on: answers in its place. */
export function answerExhausted(exchange: Exchange, status: u32): void {
  exchange.answeredLocally = true;
  writeFailure(exchange, status, body);
  if (!exchange.isServedHere) {
    send(status, EXHAUSTED);
    return;
  }
  // Envoy takes this in place of an answer that has begun, and calls no filter for it.
  exchange.record.status = status;
  send(status, EXHAUSTED, exchange);
}

/**
 * Envoy's own answer, whose headers are held: no provider could be reached, or none answered in time. It becomes one in the client's format, of which
 * `out` gets the body.
 */
export function replaceEnvoysAnswer(exchange: Exchange, status: u32, out: Bytes): void {
  exchange.record.status = status;
  describeAnswer(exchange);
  writeFailure(exchange, status, out);
  setHeader(HeaderMap.Response, names.CONTENT_TYPE, names.APPLICATION_JSON.ptr, names.APPLICATION_JSON.length);
  setContentLength(HeaderMap.Response, out.length);
}

/**
 * The error body for a request that no attempt has answered: what the last one said and, when there were several, how each ended. The
 * kind is the last provider's, else what the status stands for.
 */
export function writeFailure(exchange: Exchange, status: u32, out: Bytes): void {
  const told = exchange.failureMessage.length > 0;
  begin(status, told ? exchange.failureKind : errorKindOfStatus(<u16>status), "");
  const message = error.message;
  if (exchange.attemptCount > 1) {
    message.ascii("All ");
    writeInteger(message, exchange.attemptCount);
    message.ascii(" attempts failed: ");
    appendAttempts(exchange, message);
    message.ascii(told ? ". The last one said: " : ".");
  } else if (!told) {
    message.ascii("The provider gave no answer: ");
    appendAttempts(exchange, message);
    message.byte(0x2e);
  }
  message.appendBytes(exchange.failureMessage);
  out.clear();
  writeProviderError(exchange.clientFormat, error, out);
}
