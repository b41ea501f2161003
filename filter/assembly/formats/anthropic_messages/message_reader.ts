import { dropField, readCacheControl, readElements } from "../../canonical/fields";
import { Part, PartKind, Role } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest } from "../../canonical/request";
import { Cursor, Kind } from "../../json/cursor";
import { Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr } from "../../json/slice";
import { forgetCallSignature, readRedactedThinking, readThinking, takeCallSignature } from "./thinking";

/** The source of messages that stood beside the list: the top-level `system`. They come first, wherever in the body they stood. */
const BESIDE_THE_LIST: i32 = -1;
const BLOCK_PATH = "messages[].content[].";

export function readSystem(cursor: Cursor, request: CanonicalRequest): bool {
  const kind = cursor.kind();
  if (kind == Kind.Null) return cursor.skip();
  if (kind != Kind.String && kind != Kind.Array) return problem.refuse("system", "must be a string or an array");
  request.beginMessage(Role.System, BESIDE_THE_LIST);
  if (!readContent(cursor, request, BESIDE_THE_LIST, Role.System)) return false;
  request.endMessage();
  return cursor.ok;
}

export function readMessages(cursor: Cursor, request: CanonicalRequest): bool {
  if (!readElements(cursor, request, "messages", readMessage)) return false;
  request.endMessage();
  return true;
}

function roleOf(word: Slice): i32 {
  if (sliceIs(word, "user")) return Role.User;
  if (sliceIs(word, "assistant")) return Role.Assistant;
  if (sliceIs(word, "system")) return Role.System;
  return 0;
}

function readMessage(cursor: Cursor, request: CanonicalRequest, index: i32): bool {
  const role = roleOf(cursor.peekMember("role"));
  if (!cursor.ok) return false;
  if (role == 0) return problem.refuseElement("messages", index, "role", "must be user, assistant or system");
  const first = request.messages.count;
  request.beginMessage(<Role>role, index);
  forgetCallSignature();
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("content")) {
      if (!readContent(cursor, request, index, <Role>role)) return false;
    } else if (cursor.keyIs("role")) cursor.skip();
    else dropField(cursor, request, "messages[].");
  }
  // What a result has left of it.
  if (request.messages.count > first + 1) request.dropEmptyMessage();
  return cursor.ok;
}

function readContent(cursor: Cursor, request: CanonicalRequest, message: i32, role: Role): bool {
  if (!cursor.enterArray()) {
    const text = cursor.takeString();
    if (!sliceIsEmpty(text)) request.parts.add(PartKind.Text, text);
    return cursor.ok;
  }
  let index = 0;
  while (cursor.nextElement()) {
    if (!request.hasRoom("messages") || !readBlock(cursor, request, message, role, index++)) return false;
  }
  return cursor.ok;
}

function readBlock(cursor: Cursor, request: CanonicalRequest, message: i32, role: Role, index: i32): bool {
  const type = cursor.peekMember("type");
  if (!cursor.ok) return false;
  if (cursor.kind() != Kind.Object) return problem.refusePart("messages", message, "content", index, "", "must be an object");
  if (sliceIs(type, "text")) readText(cursor, request);
  else if (sliceIs(type, "tool_result") && role != Role.Tool) return readToolResult(cursor, request, message, role, index);
  else if (sliceIs(type, "tool_use")) return readToolUse(cursor, request, message, index);
  else if (sliceIs(type, "image")) readWithSource(cursor, request, PartKind.Image);
  else if (sliceIs(type, "document")) readWithSource(cursor, request, PartKind.Document);
  else if (sliceIs(type, "thinking")) readThinking(cursor, request);
  else if (sliceIs(type, "redacted_thinking")) readRedactedThinking(cursor, request);
  else if (sliceIs(type, "search_result") && !insideSearchResult) return readSearchResult(cursor, request, message, role);
  else if (role == Role.User || sliceIs(type, "tool_result"))
    return problem.refusePart("messages", message, "content", index, "type", "cannot be translated for this model");
  else {
    // What server tools did in earlier turns; their outcome is in the text that follows.
    request.drop("messages[].content[].type=", slicePtr(type), sliceLength(type));
    cursor.skip();
  }
  return cursor.ok;
}

function readText(cursor: Cursor, request: CanonicalRequest): void {
  const part = request.parts.add(PartKind.Text);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("text")) part.text = cursor.takeString();
    else if (cursor.keyIs("type")) cursor.skip();
    else if (cursor.keyIs("cache_control")) readCacheControl(cursor, request, part, BLOCK_PATH);
    else dropField(cursor, request, BLOCK_PATH);
  }
  if (sliceIsEmpty(part.text)) request.parts.dropLast();
}

function readToolUse(cursor: Cursor, request: CanonicalRequest, message: i32, index: i32): bool {
  const part = request.parts.add(PartKind.ToolCall);
  part.signature = takeCallSignature();
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("id")) part.id = cursor.takeString();
    else if (cursor.keyIs("name")) part.name = cursor.takeString();
    else if (cursor.keyIs("input")) part.text = cursor.takeValue();
    else if (cursor.keyIs("cache_control")) readCacheControl(cursor, request, part, BLOCK_PATH);
    else if (cursor.keyIs("type")) cursor.skip();
    else dropField(cursor, request, "messages[].content[].");
  }
  if (!cursor.ok) return false;
  if (sliceIsEmpty(part.id)) return problem.refusePart("messages", message, "content", index, "id", "is required");
  return !sliceIsEmpty(part.name) || problem.refusePart("messages", message, "content", index, "name", "is required");
}

/** An image or document: `source` is a URL, base64 data, plain text, or the id of a file at Anthropic's. */
function readWithSource(cursor: Cursor, request: CanonicalRequest, kind: PartKind): void {
  const part = request.parts.add(kind);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("source")) readSource(cursor, part);
    else if (cursor.keyIs("title")) part.name = cursor.takeString();
    else if (cursor.keyIs("cache_control")) readCacheControl(cursor, request, part, BLOCK_PATH);
    else if (cursor.keyIs("type")) cursor.skip();
    else dropField(cursor, request, "messages[].content[].");
  }
}

function readSource(cursor: Cursor, part: Part): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("data") || cursor.keyIs("url")) part.text = cursor.takeString();
    else if (cursor.keyIs("media_type")) part.mediaType = cursor.takeToken();
    else if (cursor.keyIs("file_id")) part.id = cursor.takeString();
    else cursor.skip();
  }
}

/**
 * The result of a tool call is a message of its own in canonical terms, so the user's message around it is split. Results that follow each
 * other are to do so there as well, with nothing between.
 */
function readToolResult(cursor: Cursor, request: CanonicalRequest, message: i32, role: Role, index: i32): bool {
  request.dropEmptyMessage();
  const result = request.messages.count;
  request.beginMessage(Role.Tool, message);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("tool_use_id")) request.messages.at(result).toolCallId = cursor.takeString();
    else if (cursor.keyIs("is_error")) request.messages.at(result).isError = cursor.takeTrue();
    else if (cursor.keyIs("content")) {
      if (!readContent(cursor, request, message, Role.Tool)) return false;
    } else if (cursor.keyIs("type")) cursor.skip();
    else dropField(cursor, request, "messages[].content[].");
  }
  if (!cursor.ok) return false;
  if (sliceIsEmpty(request.messages.at(result).toolCallId))
    return problem.refusePart("messages", message, "content", index, "tool_use_id", "is required");
  request.beginMessage(role, message);
  return true;
}

/** Results are not in results, though JSON could nest them. */
let insideSearchResult: bool = false;

/** Of a search result, its text. */
function readSearchResult(cursor: Cursor, request: CanonicalRequest, message: i32, role: Role): bool {
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("content")) {
      insideSearchResult = true;
      const isRead = readContent(cursor, request, message, role);
      insideSearchResult = false;
      if (!isRead) return false;
    } else if (cursor.keyIs("type")) cursor.skip();
    else dropField(cursor, request, "messages[].content[].");
  }
  return cursor.ok;
}
