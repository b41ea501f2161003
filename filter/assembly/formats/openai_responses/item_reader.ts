import { startsWithAscii } from "../../bytes/ascii";
import { isBroken, readFileData, readFileUrl, setUrl } from "../../canonical/data_url";
import { dropField, readElements } from "../../canonical/fields";
import { Message, Part, PartKind, Role } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest } from "../../canonical/request";
import { markedProof, markedSeal, readMark, Seal } from "../../canonical/seal";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr } from "../../json/slice";

/** The conversation: a string, the user's words, or a list of items. */
export function readInput(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.kind() != Kind.String) return readElements(cursor, request, "input", readItem);
  request.beginMessage(Role.User, 0);
  request.parts.add(PartKind.Text, cursor.takeString());
  return cursor.ok;
}

function readItem(cursor: Cursor, request: CanonicalRequest, index: i32): bool {
  const type = cursor.peekMember("type");
  if (!cursor.ok) return false;
  if (sliceIs(type, "message") || sliceIsEmpty(type)) return readMessage(cursor, request, index);
  if (sliceIs(type, "function_call")) return readCall(cursor, request, index, "arguments");
  if (sliceIs(type, "custom_tool_call")) return readCall(cursor, request, index, "input");
  if (sliceIs(type, "function_call_output") || sliceIs(type, "custom_tool_call_output")) return readCallOutput(cursor, request, index);
  if (sliceIs(type, "reasoning")) return readReasoning(cursor, request, index);
  const isReference = sliceIs(type, "item_reference");
  if (isHostedCall(type) || (isReference && isOfReasoning(cursor.peekMember("id")))) {
    // What OpenAI's own tools did in earlier turns, the outcome of which is in the text that follows; and reasoning by its id alone, as
    // Vercel's AI SDK sends it when it takes it for stored.
    request.drop("input[].type=", slicePtr(type), sliceLength(type));
    return cursor.skip();
  }
  if (isReference) {
    return problem.refuseElement(
      "input",
      index,
      "type",
      "an item_reference cannot be resolved, as no items are stored for this model; send the item itself, as clients do with store: false (Vercel's AI SDK: providerOptions.openai.store)",
    );
  }
  return problem.refuseElement(
    "input",
    index,
    "type",
    "only messages, calls of functions and custom tools, their outputs and reasoning can be sent to this model",
  );
}

function isOfReasoning(id: Slice): bool {
  return startsWithAscii(slicePtr(id), sliceLength(id), "rs_");
}

function isHostedCall(type: Slice): bool {
  return (
    sliceIs(type, "web_search_call") ||
    sliceIs(type, "file_search_call") ||
    sliceIs(type, "code_interpreter_call") ||
    sliceIs(type, "image_generation_call") ||
    sliceIs(type, "mcp_call") ||
    sliceIs(type, "mcp_list_tools")
  );
}

function roleOf(word: Slice): i32 {
  if (sliceIs(word, "user")) return Role.User;
  if (sliceIs(word, "assistant")) return Role.Assistant;
  if (sliceIs(word, "system")) return Role.System;
  if (sliceIs(word, "developer")) return Role.Developer;
  return 0;
}

/** The signature of the function call that follows, which another API's model made. */
let callSignature: Slice = ABSENT;

/** What it thought, encrypted or signed, only the provider that it comes from can read; under an id alone, not even that. */
function readReasoning(cursor: Cursor, request: CanonicalRequest, index: i32): bool {
  if (lastOfAssistant(request) == null) request.beginMessage(Role.Assistant, index);
  const part = request.parts.add(PartKind.Reasoning);
  let hasId = false;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("summary")) part.text = takeSummary(cursor);
    else if (cursor.keyIs("encrypted_content")) part.id = cursor.takeToken();
    else {
      hasId = hasId || cursor.keyIs("id");
      cursor.skip();
    }
  }
  if (!cursor.ok) return false;
  if (sliceIsEmpty(part.id)) {
    if (hasId && sliceIsEmpty(part.text)) request.drop(request.reasoningField);
    return true;
  }
  part.seal = <u8>Seal.Openai;
  if (!readMark(part.id)) return true;
  part.seal = <u8>markedSeal;
  part.id = markedProof;
  if (markedSeal == Seal.ClaudeRedacted) {
    part.kind = <u8>PartKind.RedactedReasoning;
    part.text = markedProof;
  } else if (markedSeal == Seal.Gemini && sliceIsEmpty(part.text)) {
    callSignature = markedProof;
    request.parts.dropLast();
  }
  return true;
}

/** Of a summary, its first part: signed reasoning has one. */
function takeSummary(cursor: Cursor): Slice {
  let text = ABSENT;
  if (!cursor.enterArray()) {
    cursor.skip();
    return text;
  }
  while (cursor.nextElement()) {
    if (text != ABSENT || !cursor.enterObject()) {
      cursor.skip();
      continue;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("text")) text = cursor.takeString();
      else cursor.skip();
    }
  }
  return text;
}

function readMessage(cursor: Cursor, request: CanonicalRequest, index: i32): bool {
  const role = roleOf(cursor.peekMember("role"));
  if (!cursor.ok) return false;
  if (role == 0) return problem.refuseElement("input", index, "role", "must be system, developer, user or assistant");
  // Words that follow the calls of a turn, before their outputs, belong to it: elsewhere calls and outputs must stand together. So do those
  // that follow its reasoning.
  if (role != Role.Assistant || !isTurnOpen(request)) request.beginMessage(<Role>role, index);
  callSignature = ABSENT;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("content")) {
      if (!readContent(cursor, request, index, "content")) return false;
    } else if (cursor.keyIs("role") || cursor.keyIs("type") || cursor.keyIs("id") || cursor.keyIs("status")) cursor.skip();
    else dropField(cursor, request, "input[].");
  }
  return cursor.ok;
}

/** The message begun last, when it is the assistant's. */
function lastOfAssistant(request: CanonicalRequest): Message | null {
  if (request.messages.count == 0) return null;
  const message = request.messages.at(request.messages.count - 1);
  return message.role == <u8>Role.Assistant ? message : null;
}

function isTurnOpen(request: CanonicalRequest): bool {
  const message = lastOfAssistant(request);
  if (message == null) return false;
  request.endMessage();
  return request.has(message, PartKind.ToolCall) || !request.has(message, PartKind.Text);
}

/** A string or a list of parts, under `field` of an item. */
function readContent(cursor: Cursor, request: CanonicalRequest, item: i32, field: string): bool {
  const kind = cursor.kind();
  if (kind == Kind.String || kind == Kind.Null) {
    const text = cursor.takeString();
    if (!sliceIsEmpty(text)) request.parts.add(PartKind.Text, text);
    return cursor.ok;
  }
  if (!cursor.enterArray()) return problem.refuseElement("input", item, field, "must be a string or an array");
  let index = 0;
  while (cursor.nextElement()) {
    if (!request.hasRoom("input") || !readPart(cursor, request, item, field, index++)) return false;
  }
  return cursor.ok;
}

function kindOfPart(type: Slice): i32 {
  if (sliceIs(type, "input_text") || sliceIs(type, "output_text")) return PartKind.Text;
  if (sliceIs(type, "input_image")) return PartKind.Image;
  if (sliceIs(type, "input_file")) return PartKind.Document;
  if (sliceIs(type, "refusal")) return PartKind.Refusal;
  return 0;
}

function readPart(cursor: Cursor, request: CanonicalRequest, item: i32, field: string, index: i32): bool {
  const kind = kindOfPart(cursor.peekMember("type"));
  if (!cursor.ok) return false;
  if (kind == 0)
    return problem.refusePart("input", item, field, index, "type", "must be input_text, input_image, input_file, output_text or refusal");
  const part = request.parts.add(<PartKind>kind);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (kind == PartKind.Image || kind == PartKind.Document) readSource(cursor, request, part);
    else if (cursor.keyIs("text") || cursor.keyIs("refusal")) part.text = cursor.takeString();
    else if (cursor.keyIs("type") || cursor.keyIs("annotations") || cursor.keyIs("logprobs"))
      cursor.skip(); // told with an answer, not asked for
    else dropField(cursor, request, "input[].content[].");
  }
  if (!cursor.ok) return false;
  if (kind == PartKind.Document && isBroken(part))
    return problem.refusePart("input", item, field, index, "file_data", "must be UTF-8 in base64, as it is of type text/plain");
  const isEmpty = sliceIsEmpty(part.text) && sliceIsEmpty(part.id);
  if (isEmpty && kind == PartKind.Image) return problem.refusePart("input", item, field, index, "image_url", "is required");
  if (isEmpty && kind == PartKind.Document) return problem.refusePart("input", item, field, index, "file_data", "is required");
  if (isEmpty) request.parts.dropLast(); // says nothing, and other APIs refuse it
  return true;
}

function readSource(cursor: Cursor, request: CanonicalRequest, part: Part): void {
  if (cursor.kind() == Kind.Null || cursor.keyIs("type")) cursor.skip();
  else if (cursor.keyIs("image_url")) setUrl(cursor.takeToken(), part);
  else if (cursor.keyIs("file_url")) readFileUrl(cursor, part);
  else if (cursor.keyIs("file_data")) readFileData(cursor, part);
  else if (cursor.keyIs("file_id")) part.id = cursor.takeString();
  else if (cursor.keyIs("filename")) part.name = cursor.takeString();
  else if (cursor.keyIs("detail") && part.kind == <u8>PartKind.Image) part.detail = cursor.takeString();
  else dropField(cursor, request, "input[].content[].");
}

/** Calls of one turn are items of their own here; elsewhere they are part of the assistant's message. `input`: where what is given stands. */
function readCall(cursor: Cursor, request: CanonicalRequest, index: i32, input: string): bool {
  if (lastOfAssistant(request) == null) request.beginMessage(Role.Assistant, index);
  const part = request.parts.add(PartKind.ToolCall);
  part.isCustom = input == "input";
  part.signature = callSignature;
  callSignature = ABSENT;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("call_id")) part.id = cursor.takeString();
    else if (cursor.keyIs("name")) part.name = cursor.takeString();
    else if (cursor.keyIs(input)) part.text = cursor.takeString();
    else if (cursor.keyIs("type") || cursor.keyIs("id") || cursor.keyIs("status")) cursor.skip();
    else dropField(cursor, request, "input[].");
  }
  if (!cursor.ok) return false;
  if (sliceIsEmpty(part.id)) return problem.refuseElement("input", index, "call_id", "is required");
  return !sliceIsEmpty(part.name) || problem.refuseElement("input", index, "name", "is required");
}

function readCallOutput(cursor: Cursor, request: CanonicalRequest, index: i32): bool {
  const message = request.beginMessage(Role.Tool, index);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("call_id")) message.toolCallId = cursor.takeString();
    else if (cursor.keyIs("output")) {
      if (!readContent(cursor, request, index, "output")) return false;
    } else if (cursor.keyIs("type") || cursor.keyIs("id") || cursor.keyIs("status")) cursor.skip();
    else dropField(cursor, request, "input[].");
  }
  return cursor.ok && (!sliceIsEmpty(message.toolCallId) || problem.refuseElement("input", index, "call_id", "is required"));
}
