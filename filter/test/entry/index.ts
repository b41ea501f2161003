// The facade for tests on Node: texts go in by address and length, everything that comes out is in `out`, results with several fields as
// JSON.
import "../../assembly/host/abort";
import { Bytes } from "../../assembly/bytes/bytes";
import { writeHex } from "../../assembly/bytes/numbers";
import { SipHash } from "../../assembly/bytes/siphash";
import { Cursor } from "../../assembly/json/cursor";
import { ABSENT, Form, sliceOf, textOf } from "../../assembly/json/slice";
import { writeString, writeText } from "../../assembly/json/text";
import { EventStreamReader } from "../../assembly/stream/event_stream_reader";
import { Frame, FrameReader } from "../../assembly/stream/frame_reader";
import { SseReader } from "../../assembly/stream/sse_reader";
import * as facade from "../../assembly/translation";
import { asked, describeErrorOf, describeStreamOf, describeSummaryOf, field, originOf, out, textField } from "./described";

export { firstOtherSize, firstOtherSplit, isOtherCut, replayWhole } from "./replays";

const model = new Bytes();
const head = new facade.RequestHead();
const rules = new facade.ProviderRules();
const summary = new facade.ResponseSummary();
const error = new facade.ProviderError();
const cursor = new Cursor();
const hash = new SipHash();
const sse = new SseReader();
const eventStream = new EventStreamReader();
const streams = new Array<facade.StreamTranslator>();

export function allocate(size: u32): usize {
  return heap.alloc(max(size, 1));
}

export function deallocate(ptr: usize): void {
  heap.free(ptr);
}

export function outPtr(): usize {
  return out.ptr;
}

export function outLength(): u32 {
  return out.length;
}

export function clearOut(): void {
  out.clear();
}

export function formatNamed(ptr: usize, length: u32): i32 {
  return facade.formatNamed(ptr, length);
}

export function formatOfPath(ptr: usize, length: u32): i32 {
  return facade.formatOfPath(ptr, length);
}

/** The error's number, 0 for none; the offset is in `jsonOffset`. */
export function checkJson(ptr: usize, length: u32, depthMax: u32): i32 {
  cursor.open(ptr, length, depthMax);
  cursor.skip();
  cursor.finish();
  return cursor.error;
}

export function jsonOffset(): u32 {
  return cursor.offset;
}

/** Writes what a JSON string stands for, then 0 and the same text escaped again. */
export function decodeString(ptr: usize, length: u32): bool {
  cursor.open(ptr, length, 8);
  const slice = cursor.takeString();
  if (!cursor.finish()) return false;
  writeText(out, slice);
  const end = out.length;
  out.byte(0);
  const text = new Bytes();
  text.append(out.ptr, end);
  writeString(out, textOf(text));
  text.free();
  return true;
}

export function scanRequestHead(format: u8, ptr: usize, length: u32, depthMax: u32): bool {
  return facade.scanRequestHead(format, ptr, length, depthMax, head);
}

export function describeHead(): void {
  out.byte(0x7b);
  textField("model", head.model);
  field("modelStart", head.modelStart);
  field("modelEnd", head.modelEnd);
  field("stream", head.stream ? 1 : 0);
  field("includeUsage", head.includeUsage ? 1 : 0);
  field("hasTools", head.hasTools ? 1 : 0);
  out.byte(0x7d);
}

export function describeProblem(): void {
  out.byte(0x7b);
  field("status", facade.problem.status);
  field("kind", facade.problem.kind);
  field("offset", facade.problem.offset);
  textField("message", facade.problem.message);
  textField("param", facade.problem.param);
  out.byte(0x7d);
}

export function writeRoutingView(format: u8, ptr: usize, length: u32, bytesMax: u32): u32 {
  facade.openConversation(format, ptr, length);
  const textBytes = <u32>facade.writeRoutingView(bytesMax, out);
  facade.closeConversation();
  return textBytes;
}

/** Appends {"turn", "hasUser", "hash"}: where the request stands, and the hash of how its conversation begins. */
export function describeConversation(format: u8, ptr: usize, length: u32): void {
  facade.openConversation(format, ptr, length);
  hash.begin();
  const hasUser = facade.hashConversationOpening(hash);
  const turn = facade.conversationTurn();
  hash.finish();
  facade.closeConversation();
  out.byte(0x7b);
  field("turn", turn);
  field("hasUser", hasUser ? 1 : 0);
  out.ascii(',"hash":"');
  writeHex(out, hash.first);
  writeHex(out, hash.second);
  out.ascii('"}');
}

/** Appends the hash of one field. */
export function hashField(ptr: usize, length: u32): void {
  hash.begin();
  hash.field(ptr, length);
  hash.finish();
  writeHex(out, hash.first);
  writeHex(out, hash.second);
}

export function addDrop(ptr: usize, length: u32): void {
  rules.addDrop(ptr, length);
}

export function addRename(from: usize, fromLength: u32, to: usize, toLength: u32): void {
  rules.addRename(from, fromLength, to, toLength);
}

export function addMessageDrop(ptr: usize, length: u32): void {
  rules.addMessageDrop(ptr, length);
}

export function addMessageRole(from: usize, fromLength: u32, to: usize, toLength: u32): void {
  rules.addMessageRole(from, fromLength, to, toLength);
}

export function setToolIdLength(length: u32): void {
  rules.toolIdLength = length;
}

export function addField(name: usize, nameLength: u32, value: usize, valueLength: u32): void {
  rules.addField(name, nameLength, value, valueLength);
}

export function setNoToolIds(none: bool): void {
  rules.hasNoToolIds = none;
}

export function clearRules(): void {
  rules.clear();
}

/** `scanRequestHead` must have accepted the same body. */
export function translateRequest(from: u8, to: u8, ptr: usize, length: u32, modelPtr: usize, modelLength: u32): bool {
  model.clear();
  model.append(modelPtr, modelLength);
  return facade.translateRequest(from, to, ptr, length, head, model, rules, out);
}

export function writeDropped(): void {
  out.appendBytes(facade.droppedFields());
}

export function setClock(seconds: i32): void {
  facade.setClock(seconds);
}

export function translateResponse(provider: u8, client: u8, ptr: usize, length: u32): i32 {
  return facade.translateResponse(provider, client, asked, ptr, length, originOf(provider), out, summary, error);
}

export function describeSummary(): void {
  describeSummaryOf(summary);
}

export function describeError(): void {
  describeErrorOf(error);
}

export function readProviderError(format: u8, status: u16, ptr: usize, length: u32): void {
  facade.readProviderError(format, status, ABSENT, ptr, length, error);
}

export function writeProviderError(format: u8): void {
  facade.writeProviderError(format, error, out);
}

export function writeError(format: u8, status: u16, kind: i32, message: usize, length: u32): void {
  model.clear();
  model.append(message, length);
  facade.writeError(format, status, kind, model, null, out);
}

export function writeErrorEvent(format: u8, kind: i32, message: usize, length: u32): void {
  model.clear();
  model.append(message, length);
  facade.writeErrorEvent(format, kind, model, out);
}

/** Opens a stream and returns its number. */
export function openStream(provider: u8, client: u8): i32 {
  return streams.push(facade.StreamTranslator.acquire(provider, client, asked, originOf(provider))) - 1;
}

/** What the clients of the answers that follow have asked for. */
export function ask(includeUsage: bool, includeReasoning: bool, addsUsage: bool, wantsLogprobs: bool, searchesWeb: bool): void {
  asked.includeUsage = includeUsage;
  asked.includeReasoning = includeReasoning;
  asked.addsUsage = addsUsage;
  asked.wantsLogprobs = wantsLogprobs;
  asked.searchesWeb = searchesWeb;
  asked.customTools.clear();
}

/** Whether the request that was scanned last offers a custom tool of this name. */
export function isCustomTool(ptr: usize, length: u32): bool {
  return head.customTools.has(sliceOf(ptr, length, Form.Text));
}

/** They have offered a custom tool of this name as well. */
export function offerCustomTool(ptr: usize, length: u32): void {
  asked.customTools.add(sliceOf(ptr, length, Form.Text));
}

export function feed(stream: i32, ptr: usize, length: u32): i32 {
  return streams[stream].feed(ptr, length, out);
}

export function finish(stream: i32): i32 {
  return streams[stream].finish(out);
}

/** Releases the stream opened last. */
export function closeStream(): void {
  streams.pop().release();
}

export function describeStream(stream: i32): void {
  describeStreamOf(streams[stream]);
}

/** Writes each event's data as a JSON string on a line of its own; the last event too, when only its end was missing. */
export function splitEvents(ptr: usize, length: u32, chunkBytes: u32): bool {
  sse.reset();
  for (let at: u32 = 0; at < length; at += chunkBytes) {
    sse.feed(ptr + at, min(chunkBytes, length - at));
    for (let frame = sse.next(); frame != Frame.None; frame = sse.next()) if (frame == Frame.Event) writeData(sse);
  }
  if (!sse.finish()) return false;
  writeData(sse);
  return true;
}

function writeData(reader: FrameReader): void {
  writeString(out, sliceOf(reader.dataPtr, reader.dataLength, Form.Text));
  out.byte(0x0a);
}

/**
 * Writes each message of a binary event stream as three lines: its type as a JSON string, whether it is an error, its data. Returns what
 * ended the reading: None at the end of the bytes.
 */
export function splitMessages(ptr: usize, length: u32, chunkBytes: u32): i32 {
  eventStream.reset();
  for (let at: u32 = 0; at < length; at += chunkBytes) {
    eventStream.feed(ptr + at, min(chunkBytes, length - at));
    for (let frame = eventStream.next(); frame != Frame.None; frame = eventStream.next()) {
      if (frame != Frame.Event) return frame;
      writeString(out, sliceOf(eventStream.typePtr, eventStream.typeLength, Form.Text));
      out.ascii(eventStream.isError ? "\ntrue\n" : "\nfalse\n");
      writeData(eventStream);
    }
  }
  return eventStream.isInsideEvent ? -1 : Frame.None;
}
