import { isBroken, readFileData, setUrl } from "../../canonical/data_url";
import { dropField, readCacheControl, readElements } from "../../canonical/fields";
import { Message, Part, PartKind, Role } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest } from "../../canonical/request";
import { Seal } from "../../canonical/seal";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty } from "../../json/slice";
import { isReasoningKey } from "./content";
import { readReasoningDetails } from "./reasoning";
import { takeCallSignature } from "./signature";

export function readMessages(cursor: Cursor, request: CanonicalRequest): bool {
  if (!readElements(cursor, request, "messages", readMessage)) return false;
  request.endMessage();
  return true;
}

function roleOf(word: Slice): i32 {
  if (sliceIs(word, "user")) return Role.User;
  if (sliceIs(word, "assistant")) return Role.Assistant;
  if (sliceIs(word, "tool")) return Role.Tool;
  if (sliceIs(word, "system")) return Role.System;
  if (sliceIs(word, "developer")) return Role.Developer;
  return 0;
}

function readMessage(cursor: Cursor, request: CanonicalRequest, index: i32): bool {
  const role = roleOf(cursor.peekMember("role"));
  if (!cursor.ok) return false;
  if (role == 0) return problem.refuseElement("messages", index, "role", "must be system, developer, user, assistant or tool");
  const message = request.beginMessage(<Role>role, index);
  hasDetails = false;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (!readMember(cursor, request, message, index)) return false;
  }
  if (!cursor.ok) return false;
  if (hasDetails) forgetRepeatedReasoning(request, message);
  if (role == Role.Tool && message.toolCallId == ABSENT) return problem.refuseElement("messages", index, "tool_call_id", "is required");
  return true;
}

/** The message has reasoning with its proofs, which is the same that `reasoning_content` is for reading. */
let hasDetails: bool = false;

function forgetRepeatedReasoning(request: CanonicalRequest, message: Message): void {
  for (let i = message.firstPart; i < request.parts.count; i++) {
    const part = request.parts.at(i);
    if (part.kind == <u8>PartKind.Reasoning && part.seal == <u8>Seal.None) part.text = ABSENT;
  }
}

function readMember(cursor: Cursor, request: CanonicalRequest, message: Message, index: i32): bool {
  if (cursor.keyIs("role")) return cursor.skip();
  if (cursor.keyIs("content")) return readContent(cursor, request, index);
  if (cursor.keyIs("tool_call_id")) {
    message.toolCallId = cursor.takeString();
    return cursor.ok;
  }
  if (message.role == <u8>Role.Assistant) {
    if (cursor.keyIs("tool_calls")) return readToolCalls(cursor, request, index);
    if (cursor.keyIs("refusal")) return addText(cursor, request, PartKind.Refusal);
    if (isReasoningKey(cursor)) return addText(cursor, request, PartKind.Reasoning);
    if (cursor.keyIs("reasoning_details")) {
      hasDetails = readReasoningDetails(cursor, request);
      return cursor.ok;
    }
    if (cursor.keyIs("function_call") && cursor.kind() != Kind.Null)
      return problem.refuseElement(
        "messages",
        index,
        "function_call",
        "is deprecated and cannot be translated for this model; use tool_calls",
      );
  }
  dropField(cursor, request, "messages[].");
  return cursor.ok;
}

/** A string as a part of its own; null and the empty string are none. */
function addText(cursor: Cursor, request: CanonicalRequest, kind: PartKind): bool {
  const text = cursor.takeString();
  if (!sliceIsEmpty(text)) request.parts.add(kind, text);
  return cursor.ok;
}

function readContent(cursor: Cursor, request: CanonicalRequest, message: i32): bool {
  const kind = cursor.kind();
  if (kind == Kind.String || kind == Kind.Null) return addText(cursor, request, PartKind.Text);
  if (!cursor.enterArray()) return problem.refuseElement("messages", message, "content", "must be a string or an array");
  let index = 0;
  while (cursor.nextElement()) {
    if (!request.hasRoom("messages") || !readPart(cursor, request, message, index++)) return false;
  }
  return cursor.ok;
}

function kindOfPart(type: Slice): i32 {
  if (sliceIs(type, "text")) return PartKind.Text;
  if (sliceIs(type, "image_url")) return PartKind.Image;
  if (sliceIs(type, "refusal")) return PartKind.Refusal;
  if (sliceIs(type, "file")) return PartKind.Document;
  if (sliceIs(type, "input_audio")) return PartKind.Audio;
  return 0;
}

function readPart(cursor: Cursor, request: CanonicalRequest, message: i32, index: i32): bool {
  const kind = kindOfPart(cursor.peekMember("type"));
  if (!cursor.ok) return false;
  if (kind == 0)
    return problem.refusePart("messages", message, "content", index, "type", "must be text, image_url, input_audio, file or refusal");
  const part = request.parts.add(<PartKind>kind);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) cursor.skip();
    else if (cursor.keyIs("text") || cursor.keyIs("refusal")) part.text = cursor.takeString();
    else if (cursor.keyIs("image_url")) readImage(cursor, part);
    else if (cursor.keyIs("file")) readFile(cursor, part);
    else if (cursor.keyIs("input_audio")) readAudio(cursor, part);
    // Anthropic's, in OpenAI's form, as gateways before this one have it: https://docs.litellm.ai/docs/completion/prompt_caching
    else if (cursor.keyIs("cache_control")) readCacheControl(cursor, request, part, "messages[].content[].");
    else dropField(cursor, request, "messages[].content[].");
  }
  if (!cursor.ok) return false;
  if (kind == PartKind.Image && sliceIsEmpty(part.text))
    return problem.refusePart("messages", message, "content", index, "image_url.url", "is required");
  if (kind == PartKind.Document && isBroken(part))
    return problem.refusePart(
      "messages",
      message,
      "content",
      index,
      "file.file_data",
      "must be UTF-8 in base64, as it is of type text/plain",
    );
  if (kind == PartKind.Text && sliceIsEmpty(part.text)) request.parts.dropLast(); // says nothing, and Anthropic refuses it
  return true;
}

/** {"url", "detail"}, or just the URL, as some clients send it. */
function readImage(cursor: Cursor, part: Part): void {
  if (cursor.kind() == Kind.String) {
    setUrl(cursor.takeToken(), part);
    return;
  }
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("url")) setUrl(cursor.takeToken(), part);
    else if (cursor.keyIs("detail")) part.detail = cursor.takeString();
    else cursor.skip();
  }
}

/** Of a file, its data (a data URL, or base64 alone) or the id under which OpenAI has it. */
function readFile(cursor: Cursor, part: Part): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("file_data")) readFileData(cursor, part);
    else if (cursor.keyIs("filename")) part.name = cursor.takeString();
    else if (cursor.keyIs("file_id")) part.id = cursor.takeString();
    else cursor.skip();
  }
}

function readAudio(cursor: Cursor, part: Part): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("data")) part.text = cursor.takeString();
    else if (cursor.keyIs("format")) part.mediaType = cursor.takeString();
    else cursor.skip();
  }
}

function readToolCalls(cursor: Cursor, request: CanonicalRequest, message: i32): bool {
  if (cursor.kind() == Kind.Null) return cursor.skip();
  if (!cursor.enterArray()) return problem.refuseElement("messages", message, "tool_calls", "must be an array");
  let index = 0;
  while (cursor.nextElement()) {
    if (!request.hasRoom("messages") || !readToolCall(cursor, request, message, index++)) return false;
  }
  return cursor.ok;
}

function readToolCall(cursor: Cursor, request: CanonicalRequest, message: i32, index: i32): bool {
  const part = request.parts.add(PartKind.ToolCall);
  let type = ABSENT;
  if (!cursor.enterObject()) return problem.refusePart("messages", message, "tool_calls", index, "", "must be an object");
  while (cursor.nextKey()) {
    if (cursor.keyIs("id")) part.id = cursor.takeString();
    else if (cursor.keyIs("type")) type = cursor.takeToken();
    else if (cursor.keyIs("function")) readFunction(cursor, request, part);
    else if (cursor.keyIs("custom")) readCustomCall(cursor, part);
    else if (cursor.keyIs("extra_content")) part.signature = takeCallSignature(cursor);
    else if (cursor.keyIs("index"))
      cursor.skip(); // streams number the calls, and some clients send the number back
    else dropField(cursor, request, "messages[].tool_calls[].");
  }
  if (!cursor.ok) return false;
  if (type != ABSENT && !sliceIs(type, part.isCustom ? "custom" : "function"))
    return problem.refusePart(
      "messages",
      message,
      "tool_calls",
      index,
      "type",
      "must be function or custom, and say so in a member of that name",
    );
  if (part.id == ABSENT) return problem.refusePart("messages", message, "tool_calls", index, "id", "is required");
  const name = part.isCustom ? "custom.name" : "function.name";
  return !sliceIsEmpty(part.name) || problem.refusePart("messages", message, "tool_calls", index, name, "is required");
}

function readCustomCall(cursor: Cursor, part: Part): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  part.isCustom = true;
  while (cursor.nextKey()) {
    if (cursor.keyIs("name")) part.name = cursor.takeString();
    else if (cursor.keyIs("input")) part.text = cursor.takeString();
    else cursor.skip();
  }
}

function readFunction(cursor: Cursor, request: CanonicalRequest, part: Part): void {
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("name")) part.name = cursor.takeString();
    else if (cursor.keyIs("arguments")) part.text = cursor.kind() == Kind.Object ? cursor.takeValue() : cursor.takeString();
    else dropField(cursor, request, "messages[].tool_calls[].function.");
  }
}
