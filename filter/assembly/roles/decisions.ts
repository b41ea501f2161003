import { Bytes } from "../bytes/bytes";
import { writeHex, writeInteger } from "../bytes/numbers";
import { Body, readBody } from "../host/body";
import { now_ns } from "../host/clock";
import { HeaderBlock } from "../host/header_block";
import { getHeader, HeaderMap } from "../host/headers";
import { Literal } from "../host/literal";
import * as names from "../host/names";
import { actOn, startCall } from "../host/stream";
import { Cursor, Kind } from "../json/cursor";
import { Form, sliceLength, sliceOf, slicePtr } from "../json/slice";
import { writeString, writeText } from "../json/text";
import { closeConversation, openConversation, Turn, writeRoutingView } from "../translation";
import { Exchange } from "./exchange";
import { GatewayStream } from "./gateway";
import { keepDecision, recallLoop, recallNamed, writeAnswerer } from "./pinned";

const DECISION_DEPTH_MAX: u32 = 8;
/** The longest name of a route that a header is made of. */
const ROUTE_BYTES_MAX: u32 = 256;
/** The longest word that says what became of a conversation, or why. */
const STATE_BYTES_MAX: u32 = 32;
const OK = new Literal("200");
/** The request's own routing preferences are wrong, which is the client's to put right. */
const UNPROCESSABLE = new Literal("422");

/**
 * The streams that wait for brightstaff, by the call's token and the root context that it belongs to (tokens are counted for each root,
 * and a new configuration is a new root). A stream that ends while it waits is taken out, so a late answer meets nobody.
 */
const waiting: Map<u64, GatewayStream> = new Map<u64, GatewayStream>();
const question = new Bytes();
const headers = new HeaderBlock();
const cursor = new Cursor();
const name = new Bytes();

/**
 * Finds out which models this conversation should go to: by a decision that is kept for it, or by asking brightstaff, which gets a bounded view
 * of the conversation's text, never the body.
 * @returns the key under which the stream waits, 0 when brightstaff need not be asked, or could not be (`exchange.isDecided` tells)
 */
export function startDecision(stream: GatewayStream, root: u32, exchange: Exchange, body: usize, length: u32): u64 {
  exchange.decisionStarted_ns = now_ns();
  const session = exchange.session;
  if (session.isNamed) {
    session.identifyNamed(exchange.head.model);
    if (recallNamed(exchange)) return 0;
  }
  openConversation(exchange.clientFormat, body, length);
  session.takeTurn();
  if (!session.isNamed && !session.isOff && exchange.config!.derivesSessions) session.identifyDerived(exchange.head.model);
  const isRecalled = recallLoop(exchange);
  if (!isRecalled) writeQuestion(exchange, body);
  closeConversation();
  return isRecalled ? 0 : ask(stream, root, exchange);
}

function ask(stream: GatewayStream, root: u32, exchange: Exchange): u64 {
  const config = exchange.config!;
  headers.reset();
  headers.addLiteral(names.METHOD, names.POST);
  headers.add(names.PATH, config.decisionPath.ptr, config.decisionPath.length);
  headers.add(names.AUTHORITY, config.decisionAuthority.ptr, config.decisionAuthority.length);
  headers.addLiteral(names.CONTENT_TYPE, names.APPLICATION_JSON);
  headers.finish();
  const cluster = config.decisionCluster;
  const token = startCall(cluster.ptr, cluster.length, headers, question.ptr, question.length, config.decision_ms);
  if (token == 0) return 0;
  const key = keyOf(root, token);
  waiting.set(key, stream);
  return key;
}

/** The stream is gone: nobody waits any more. */
export function forgetDecision(key: u64): void {
  waiting.delete(key);
}

/** brightstaff has answered, or has not in time (no body then). */
export function onDecision(root: u32, token: u32, bodySize: u32): void {
  const key = keyOf(root, token);
  if (!waiting.has(key)) return;
  const stream = waiting.get(key);
  waiting.delete(key);
  const exchange = stream.waitingExchange;
  if (bodySize > 0) {
    const status = getHeader(HeaderMap.CallResponse, names.STATUS);
    const isDecision = status.is(OK);
    const isRefusal = status.is(UNPROCESSABLE);
    const body = readBody(Body.CallResponse, bodySize);
    if (isDecision) readDecision(exchange, body.ptr, body.length);
    else if (isRefusal) readRefusal(exchange, body.ptr, body.length);
  }
  actOn(exchange.id);
  stream.resume();
}

function keyOf(root: u32, token: u32): u64 {
  return ((<u64>root) << 32) | token;
}

function writeQuestion(exchange: Exchange, body: usize): void {
  const config = exchange.config!;
  question.clear();
  question.ascii('{"router":');
  const router = exchange.router;
  if (router == null || router === config.routeAll) question.ascii("null");
  else writeQuoted(router.name.ptr, router.name.length);
  question.ascii(',"model":');
  writeQuoted(exchange.head.model.ptr, exchange.head.model.length);
  if (exchange.session.hasKey) writeSession(exchange);
  if (exchange.hasOwnPreferences) {
    const start = exchange.head.preferencesStart;
    question.ascii(',"routing_preferences":');
    question.append(body + start, exchange.head.preferencesEnd - start);
  }
  question.ascii(',"messages":');
  const textBytes = writeRoutingView(config.viewBytesMax, question);
  question.ascii(',"text_bytes":');
  writeInteger(question, textBytes);
  question.byte(0x7d);
}

function writeSession(exchange: Exchange): void {
  const session = exchange.session;
  question.ascii(',"session":{"key":"');
  session.writeKey(question);
  question.ascii(session.isNamed ? '","explicit":true,"turn":"' : '","explicit":false,"turn":"');
  question.ascii(turnName(session.turn));
  question.ascii('","said":"');
  writeHex(question, session.said);
  question.byte(0x22);
  if (session.spendPct.length > 0) {
    question.ascii(',"max_switch_spend_pct":');
    question.appendBytes(session.spendPct);
  }
  writeAnswerer(exchange, question);
  question.byte(0x7d);
}

function turnName(turn: Turn): string {
  if (turn == Turn.Opening) return "opening";
  return turn == Turn.User ? "user" : "continuation";
}

function writeQuoted(ptr: usize, length: u32): void {
  writeString(question, sliceOf(ptr, length, Form.Text));
}

/** Fills in the route, the models in their order and what the decision took; what is not as it should be is left out. */
function readDecision(exchange: Exchange, body: usize, length: u32): void {
  cursor.open(body, length, DECISION_DEPTH_MAX);
  if (!cursor.enterObject()) return;
  exchange.isDecided = true;
  let pin_ms: i64 = 0;
  while (cursor.nextKey()) {
    if (cursor.keyIs("route")) readRoute(exchange);
    else if (cursor.keyIs("models")) readModels(exchange);
    else if (cursor.keyIs("confidence")) readNumber(exchange.confidence);
    else if (cursor.keyIs("resolve_ms")) readNumber(exchange.resolve_ms);
    else if (cursor.keyIs("rank_ms")) readNumber(exchange.rank_ms);
    else if (cursor.keyIs("session")) pin_ms = readSession(exchange.session.state);
    else cursor.skip();
  }
  if (cursor.ok) keepDecision(exchange, pin_ms);
}

/** What became of the conversation: its state and why. @returns how long this decision may be kept, 0 for not at all */
function readSession(state: Bytes): i64 {
  let pin_ms: i64 = 0;
  if (!cursor.enterObject()) {
    cursor.skip();
    return pin_ms;
  }
  state.clear();
  while (cursor.nextKey()) {
    if (cursor.keyIs("state")) readWord(state);
    else if (cursor.keyIs("reason")) {
      state.ascii("; reason=");
      readWord(state);
    } else if (cursor.keyIs("pin_ms")) pin_ms = cursor.takeInteger(0);
    else cursor.skip();
  }
  return pin_ms;
}

function readWord(out: Bytes): void {
  const word = cursor.takeString();
  if (sliceLength(word) <= STATE_BYTES_MAX) writeText(out, word);
}

/** What is wrong with the request's own preferences, and where. */
function readRefusal(exchange: Exchange, body: usize, length: u32): void {
  cursor.open(body, length, DECISION_DEPTH_MAX);
  if (!exchange.hasOwnPreferences || !cursor.enterObject()) return;
  while (cursor.nextKey()) {
    if (!cursor.keyIs("error") || !cursor.enterObject()) {
      cursor.skip();
      continue;
    }
    exchange.preferencesRefused = true;
    exchange.failureMessage.clear();
    exchange.failureParam.clear();
    while (cursor.nextKey()) {
      if (cursor.keyIs("message")) writeText(exchange.failureMessage, cursor.takeString());
      else if (cursor.keyIs("param")) writeText(exchange.failureParam, cursor.takeString());
      else cursor.skip();
    }
  }
}

function readRoute(exchange: Exchange): void {
  const isRoute = cursor.kind() == Kind.String;
  const route = cursor.takeString();
  exchange.route.clear();
  if (isRoute && sliceLength(route) <= ROUTE_BYTES_MAX) writeText(exchange.route, route);
}

function readModels(exchange: Exchange): void {
  if (!cursor.enterArray()) {
    cursor.skip();
    return;
  }
  while (cursor.nextElement()) {
    name.clear();
    writeText(name, cursor.takeString());
    exchange.config!.addNamed(exchange, name.ptr, name.length);
  }
}

/** A number as it stands there; nothing for anything else. */
function readNumber(out: Bytes): void {
  out.clear();
  if (cursor.kind() != Kind.Number) {
    cursor.skip();
    return;
  }
  const number = cursor.takeNumber();
  out.append(slicePtr(number), sliceLength(number));
}
