import { equal } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { Body, readBody, replaceBody, replaceBodyHead } from "../host/body";
import { getHeaderNamed, HeaderMap, removeHeaderNamed, setHeader, setHeaderNamed } from "../host/headers";
import * as names from "../host/names";
import { isOwnBody, translateRequest, writeModel } from "../translation";
import { refuseProblem } from "./answers";
import { Endpoint, Provider } from "./config";
import { Candidate, Exchange } from "./exchange";
import { takeFirstBody } from "./first_body";
import { setContentLength } from "./numbers";

/** What headers and bodies are written to before they go to Envoy. */
const out = new Bytes();

/**
 * Makes the request, whose body of `size` bytes Envoy holds, one to the candidate's provider: path, headers and body. All attempts begin with
 * the client's body and share one set of headers.
 * @returns false when the client was told instead that it cannot be said in the provider's format
 */
export function sendRequest(exchange: Exchange, candidate: Candidate, size: u32): bool {
  const provider = candidate.provider!;
  const endpoint = candidate.endpoint!;
  if (exchange.attemptCount > 1) dropHeadersOf(exchange, exchange.candidates[exchange.attemptCount - 2].provider!);
  setPath(exchange, endpoint, candidate.model);
  setHeaders(exchange, endpoint);
  if (provider.signatureHeaders.length > 0) dropSignatureOf(provider);
  if (provider.passthroughAuth && exchange.clientKey.length > 0) setClientKey(provider, exchange.clientKey);

  const modelOnly = endpoint.format == exchange.clientFormat && isOwnBody(endpoint.format, exchange.head, candidate.model, candidate.rules);
  if (!modelOnly) return sendTranslated(exchange, candidate, size);
  sendWithModel(exchange, candidate.model, size);
  return true;
}

/** The client's own bytes, but for the model's name: everything behind it stays where it is in Envoy's memory. */
function sendWithModel(exchange: Exchange, model: Bytes, size: u32): void {
  out.clear();
  if (exchange.prefixKept) {
    out.appendBytes(exchange.prefix);
  } else {
    const head = readBody(Body.Request, exchange.head.modelStart);
    out.append(head.ptr, head.length);
  }
  writeModel(model, exchange.head, out);
  setContentLength(HeaderMap.Request, size - exchange.head.modelEnd + out.length);
  replaceBodyHead(Body.Request, exchange.head.modelEnd, out.ptr, out.length);
}

function sendTranslated(exchange: Exchange, candidate: Candidate, size: u32): bool {
  const made = takeFirstBody(exchange);
  if (made != null) {
    setContentLength(HeaderMap.Request, made.length);
    replaceBody(Body.Request, made.ptr, made.length);
    return true;
  }
  const endpoint = candidate.endpoint!;
  const body = readBody(Body.Request, size);
  out.clear();
  const from = exchange.clientFormat;
  if (!translateRequest(from, endpoint.format, body.ptr, body.length, exchange.head, candidate.model, candidate.rules, out)) {
    exchange.answeredLocally = true;
    exchange.attemptCount--; // nothing was sent
    refuseProblem(from);
    return false;
  }
  setContentLength(HeaderMap.Request, out.length);
  replaceBody(Body.Request, out.ptr, out.length);
  return true;
}

/** A client of the provider's own format may say better what the configuration says for those who do not (`anthropic-version`). */
function setHeaders(exchange: Exchange, endpoint: Endpoint): void {
  const headers = endpoint.provider.headers;
  exchange.headersSet = 0;
  const isOwnFormat = endpoint.format == exchange.clientFormat;
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i];
    if (isOwnFormat && getHeaderNamed(HeaderMap.Request, header.name.ptr, header.name.length).length > 0) continue;
    exchange.headersSet |= 1 << i;
    setHeaderNamed(HeaderMap.Request, header.name.ptr, header.name.length, header.value.ptr, header.value.length);
  }
}

/** All attempts share one set of headers: what the attempt before set for its provider, its key above all, must not reach the next. */
function dropHeadersOf(exchange: Exchange, provider: Provider): void {
  dropSignatureOf(provider);
  for (let i = 0; i < provider.headers.length; i++) {
    if ((exchange.headersSet & (1 << i)) == 0) continue;
    const name = provider.headers[i].name;
    removeHeaderNamed(HeaderMap.Request, name.ptr, name.length);
  }
}

/** The credential and what else Envoy adds behind this filter, be it an attempt's before or the client's own: a signature is added anew. */
function dropSignatureOf(provider: Provider): void {
  removeHeaderNamed(HeaderMap.Request, provider.authHeader.ptr, provider.authHeader.length);
  for (let i = 0; i < provider.signatureHeaders.length; i++) {
    const name = provider.signatureHeaders[i];
    removeHeaderNamed(HeaderMap.Request, name.ptr, name.length);
  }
}

/** The provider's path; a query of the client's means something to a provider of the client's own format only. */
function setPath(exchange: Exchange, endpoint: Endpoint, model: Bytes): void {
  out.clear();
  endpoint.pathFor(exchange.head.stream).write(model, out);
  if (endpoint.format == exchange.clientFormat) {
    if (exchange.attemptCount == 1 && equal(out.ptr, out.length, exchange.path.ptr, exchange.pathLength)) return;
    out.append(exchange.path.ptr + exchange.pathLength, exchange.path.length - exchange.pathLength);
  }
  setHeader(HeaderMap.Request, names.PATH, out.ptr, out.length);
}

function setClientKey(provider: Provider, key: Bytes): void {
  out.clear();
  out.append(provider.authPrefix.ptr, provider.authPrefix.length);
  out.appendBytes(key);
  setHeaderNamed(HeaderMap.Request, provider.authHeader.ptr, provider.authHeader.length, out.ptr, out.length);
}
