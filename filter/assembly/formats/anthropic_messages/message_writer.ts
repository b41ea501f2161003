import { Bytes } from "../../bytes/bytes";
import { isText } from "../../canonical/data_url";
import { ProviderRules } from "../../canonical/field_rules";
import { hasConversation, isFormatTold, isInstruction, writeFormatInstruction } from "../../canonical/instructions";
import { Message, Part, PartKind, Role } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest } from "../../canonical/request";
import { Seal } from "../../canonical/seal";
import { writeArgumentsObject } from "../../canonical/tool_arguments";
import { writeToolId } from "../../canonical/tool_id";
import { ABSENT, sliceIs, sliceIsEmpty } from "../../json/slice";
import { isBlank, writeString } from "../../json/text";
import { writeCacheControl } from "./cache_control";

/** The length that ids of this API and others keep below, in characters. */
export const TOOL_ID_LENGTH_MAX: u32 = 64;

/** All instructions, wherever in the conversation they stand, are one field here. `takesSchemas`: whether the model knows schemas for answers. */
export function writeSystem(request: CanonicalRequest, takesSchemas: bool, rules: ProviderRules, out: Bytes): bool {
  const isTold = isFormatTold(request, takesSchemas);
  const has = hasConversation(request);
  if (!has && !isTold) return true;
  let count = 0;
  for (let i: u32 = 0; i < request.messages.count; i++) {
    const message = request.messages.at(i);
    if (!has || !isInstruction(message)) continue;
    for (let j = message.firstPart; j < message.firstPart + message.partCount; j++) {
      const part = request.parts.at(j);
      if (part.kind != <u8>PartKind.Text) return problem.refuseMessage(message.source, "instructions can only be text for this model");
      if (isBlank(part.text)) continue;
      if (count == 0 && !rules.writeKey(out, "system")) return true;
      out.byte(count++ == 0 ? 0x5b : 0x2c);
      writeTextBlock(request, part, out);
    }
  }
  if (isTold) {
    if (count == 0 && !rules.writeKey(out, "system")) return true;
    out.byte(count++ == 0 ? 0x5b : 0x2c);
    out.ascii('{"type":"text","text":');
    writeFormatInstruction(request, out);
    out.byte(0x7d);
  }
  if (count > 0) out.byte(0x5d);
  return true;
}

/** The first turn must be the user's: put before a conversation that the assistant begins. */
const OPENING_TURN = '{"role":"user","content":[{"type":"text","text":"(The assistant begins.)"}]},';

/** Who speaks in the message that is open in the output; 0: none is. */
let openRole: u8 = 0;

/**
 * User and assistant take turns here: what one says in several messages is put into one, results of tools before the user's words. They
 * must all stand in the message after the one that called the tools.
 */
export function writeMessages(request: CanonicalRequest, rules: ProviderRules, out: Bytes): bool {
  if (!rules.writeKey(out, "messages")) return true;
  const instructionsOnly = !hasConversation(request);
  out.byte(0x5b);
  openRole = 0;
  for (let i: u32 = 0; i < request.messages.count; i++) {
    const message = request.messages.at(i);
    if (isInstruction(message) && !instructionsOnly) continue;
    if (message.role == <u8>Role.Tool) {
      if (!writeToolResult(request, message, out)) return false;
    } else if (!writeParts(request, message, out)) return false;
  }
  // The last word is the user's: newer models refuse to go on in the assistant's, and elsewhere that is no way to ask for it either.
  if (openRole == <u8>Role.Assistant) {
    beginBlock(<u8>Role.User, out);
    out.ascii('{"type":"text","text":"Continue."}');
  }
  out.ascii(openRole == 0 ? "]" : "]}]");
  return true;
}

/** Begins a content block of a speaker: in the message that is open if it is the same one's, else in a new one. */
function beginBlock(role: u8, out: Bytes): void {
  if (openRole == role) {
    out.byte(0x2c);
    return;
  }
  if (openRole != 0) out.ascii("]},");
  else if (role == <u8>Role.Assistant) out.ascii(OPENING_TURN);
  out.ascii(role == <u8>Role.Assistant ? '{"role":"assistant","content":[' : '{"role":"user","content":[');
  openRole = role;
}

/** Of an assistant's message, Claude's own thinking first, then the words and then the calls, wherever its fields stood. */
function writeParts(request: CanonicalRequest, message: Message, out: Bytes): bool {
  const role = message.role == <u8>Role.Assistant ? <u8>Role.Assistant : <u8>Role.User;
  const end = message.firstPart + message.partCount;
  for (let i = message.firstPart; i < end; i++) {
    const part = request.parts.at(i);
    if (!isReasoning(part) || !isOwn(request, part)) continue;
    beginBlock(role, out);
    writeThinking(part, out);
  }
  for (let i = message.firstPart; i < end; i++) {
    const part = request.parts.at(i);
    if (part.kind == <u8>PartKind.ToolCall || isReasoning(part) || isEmptyText(part)) continue;
    beginBlock(role, out);
    if (!writeContent(request, message, part, out)) return false;
  }
  for (let i = message.firstPart; i < end; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.ToolCall) continue;
    if (part.signature != ABSENT) request.drop("messages[].tool_calls[].extra_content");
    beginBlock(role, out);
    writeToolUse(part, out);
  }
  return true;
}

function isReasoning(part: Part): bool {
  return part.kind == <u8>PartKind.Reasoning || part.kind == <u8>PartKind.RedactedReasoning;
}

/** Whether reasoning is Claude's: what others thought, or what has lost its signature, is refused. */
function isOwn(request: CanonicalRequest, part: Part): bool {
  const isOwn = request.takesSealed && (part.seal == <u8>Seal.Claude || part.seal == <u8>Seal.ClaudeRedacted);
  if (!isOwn) request.dropReasoning(part);
  return isOwn;
}

function writeThinking(part: Part, out: Bytes): void {
  if (part.kind == <u8>PartKind.RedactedReasoning) out.ascii('{"type":"redacted_thinking","data":');
  else {
    out.ascii('{"type":"thinking","thinking":');
    writeString(out, part.text);
    out.ascii(',"signature":');
  }
  writeString(out, part.kind == <u8>PartKind.RedactedReasoning ? part.text : part.id);
  out.byte(0x7d);
}

/** Blank text is refused. */
function isEmptyText(part: Part): bool {
  return (part.kind == <u8>PartKind.Text || part.kind == <u8>PartKind.Refusal) && isBlank(part.text);
}

function writeContent(request: CanonicalRequest, message: Message, part: Part, out: Bytes): bool {
  switch (<PartKind>part.kind) {
    case PartKind.Text:
    case PartKind.Refusal:
      writeTextBlock(request, part, out);
      return true;
    case PartKind.Image:
      return writeImage(request, message, part, out);
    case PartKind.Document:
      return writeDocument(request, message, part, out);
    default:
      return problem.refuseMessage(message.source, "audio cannot be sent to this model");
  }
}

function writeTextBlock(request: CanonicalRequest, part: Part, out: Bytes): void {
  out.ascii('{"type":"text","text":');
  writeString(out, part.text);
  writeCacheControl(request, part, out);
  out.byte(0x7d);
}

function writeImage(request: CanonicalRequest, message: Message, part: Part, out: Bytes): bool {
  if (part.id != ABSENT) return refuseFile(message);
  if (part.detail != ABSENT) request.drop("messages[].content[].image_url.detail");
  out.ascii('{"type":"image","source":');
  writeSource(part, out);
  writeCacheControl(request, part, out);
  out.byte(0x7d);
  return true;
}

function writeDocument(request: CanonicalRequest, message: Message, part: Part, out: Bytes): bool {
  if (part.id != ABSENT) return refuseFile(message);
  const isUrl = part.mediaType == ABSENT && !sliceIsEmpty(part.text);
  if (!isUrl && !isText(part) && !sliceIs(part.mediaType, "application/pdf"))
    return problem.refuseMessage(message.source, "only PDF and plain text files can be sent to this model");
  out.ascii('{"type":"document","source":');
  writeSource(part, out);
  if (!sliceIsEmpty(part.name)) {
    out.ascii(',"title":');
    writeString(out, part.name);
  }
  writeCacheControl(request, part, out);
  out.byte(0x7d);
  return true;
}

function refuseFile(message: Message): bool {
  return problem.refuseMessage(message.source, "a file stored with another provider cannot be sent to this model");
}

function writeSource(part: Part, out: Bytes): void {
  if (part.mediaType == ABSENT) out.ascii('{"type":"url","url":');
  else if (isText(part)) out.ascii('{"type":"text","media_type":"text/plain","data":');
  else {
    out.ascii('{"type":"base64","media_type":');
    // A name that many use for it and this API refuses.
    if (sliceIs(part.mediaType, "image/jpg")) out.ascii('"image/jpeg"');
    else writeString(out, part.mediaType);
    out.ascii(',"data":');
  }
  writeString(out, part.text);
  out.byte(0x7d);
}

function writeToolUse(part: Part, out: Bytes): void {
  out.ascii('{"type":"tool_use","id":');
  writeToolId(out, part.id, TOOL_ID_LENGTH_MAX);
  out.ascii(',"name":');
  writeString(out, part.name);
  out.ascii(',"input":');
  writeArgumentsObject(out, part);
  out.byte(0x7d);
}

function writeToolResult(request: CanonicalRequest, message: Message, out: Bytes): bool {
  beginBlock(<u8>Role.User, out);
  out.ascii('{"type":"tool_result","tool_use_id":');
  writeToolId(out, message.toolCallId, TOOL_ID_LENGTH_MAX);
  if (message.isError) out.ascii(',"is_error":true');
  let count = 0;
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const part = request.parts.at(i);
    if (isEmptyText(part)) continue;
    out.ascii(count++ == 0 ? ',"content":[' : ",");
    if (!writeContent(request, message, part, out)) return false;
  }
  out.ascii(count == 0 ? "}" : "]}");
  return true;
}
