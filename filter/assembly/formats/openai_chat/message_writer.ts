import { Bytes } from "../../bytes/bytes";
import { isText, writeUrlBody } from "../../canonical/data_url";
import { Message, Part, PartKind, Role } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest } from "../../canonical/request";
import { writeArgumentsString } from "../../canonical/tool_arguments";
import { writeExactToolId, writeToolId } from "../../canonical/tool_id";
import { ABSENT, Slice, sliceIsEmpty } from "../../json/slice";
import { writeString, writeStringBody } from "../../json/text";

/** OpenAI refuses longer ids ("Expected a string with maximum length 40"). */
const TOOL_ID_LENGTH_MAX: u32 = 40;

/** Where a message comes from that stood beside the client's list of messages. */
const BESIDE_THE_LIST: i32 = -1;

export function writeMessages(request: CanonicalRequest, out: Bytes): bool {
  const start = out.length;
  for (let i: u32 = 0; i < request.messages.count; i++) {
    const message = request.messages.at(i);
    if (message.source == BESIDE_THE_LIST && !writeMessage(request, message, out)) return false;
  }
  const count = request.messages.count;
  for (let i: u32 = 0; i < count; i++) {
    const message = request.messages.at(i);
    if (message.source == BESIDE_THE_LIST) continue;
    if (!writeMessage(request, message, out)) return false;
    const isLastResult = message.role == <u8>Role.Tool && (i + 1 == count || request.messages.at(i + 1).role != <u8>Role.Tool);
    if (isLastResult && !writeImagesOfResults(request, i, out)) return false;
  }
  // Each message was written with a comma before it.
  if (out.length == start) out.byte(0x5b);
  else store<u8>(out.ptr + start, 0x5b);
  out.byte(0x5d);
  return true;
}

function writeMessage(request: CanonicalRequest, message: Message, out: Bytes): bool {
  switch (<Role>message.role) {
    case Role.Assistant:
      return writeAssistant(request, message, out);
    case Role.Tool:
      return writeToolResult(request, message, out);
    case Role.User:
      return writeContentMessage(request, message, '"user","content":', out);
    default:
      return writeContentMessage(request, message, '"system","content":', out);
  }
}

/** A message of text and other parts: a string when it is one text, which every server takes; else an array. */
function writeContentMessage(request: CanonicalRequest, message: Message, role: string, out: Bytes): bool {
  if (message.partCount == 0) return true;
  out.ascii(',{"role":');
  out.ascii(role);
  const only = request.parts.at(message.firstPart);
  if (message.partCount == 1 && only.kind == <u8>PartKind.Text) writeString(out, only.text);
  else {
    for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
      out.byte(i == message.firstPart ? 0x5b : 0x2c);
      if (!writePart(message, request.parts.at(i), out)) return false;
    }
    out.byte(0x5d);
  }
  out.byte(0x7d);
  return true;
}

function writePart(message: Message, part: Part, out: Bytes): bool {
  switch (<PartKind>part.kind) {
    case PartKind.Image:
      return writeImage(message, part, out);
    case PartKind.Document:
      return writeDocument(message, part, out);
    case PartKind.Audio:
      return problem.refuseMessage(message.source, "audio cannot be sent to this model");
    default:
      out.ascii('{"type":"text","text":');
      writeString(out, part.text);
      out.byte(0x7d);
      return true;
  }
}

function refuseFile(message: Message): bool {
  return problem.refuseMessage(message.source, "a file stored with another provider cannot be sent to this model");
}

function writeImage(message: Message, part: Part, out: Bytes): bool {
  if (part.id != ABSENT) return refuseFile(message);
  out.ascii('{"type":"image_url","image_url":{"url":"');
  writeUrlBody(part, out);
  out.byte(0x22);
  if (part.detail != ABSENT) {
    out.ascii(',"detail":');
    writeString(out, part.detail);
  }
  out.ascii("}}");
  return true;
}

/** A plain text document is text; one with data is a file, which must have a name; one behind a URL cannot be said. */
function writeDocument(message: Message, part: Part, out: Bytes): bool {
  if (part.id != ABSENT) return refuseFile(message);
  if (part.mediaType == ABSENT)
    return problem.refuseMessage(message.source, "a document's URL cannot be sent to this model; send its data");
  if (isText(part)) {
    out.ascii('{"type":"text","text":');
    writeString(out, part.text);
    out.byte(0x7d);
    return true;
  }
  out.ascii('{"type":"file","file":{"filename":');
  if (sliceIsEmpty(part.name)) out.ascii('"document.pdf"');
  else writeString(out, part.name);
  out.ascii(',"file_data":"');
  writeUrlBody(part, out);
  out.ascii('"}}');
  return true;
}

/** Text blocks that follow one another are one text cut up (around citations, say): they are put together as they are. */
function writeAssistant(request: CanonicalRequest, message: Message, out: Bytes): bool {
  const end = message.firstPart + message.partCount;
  let texts = 0;
  let calls = 0;
  for (let i = message.firstPart; i < end; i++) {
    const kind = request.parts.at(i).kind;
    if (kind == <u8>PartKind.Text || kind == <u8>PartKind.Refusal) texts++;
    else if (kind == <u8>PartKind.ToolCall) calls++;
    else if (kind == <u8>PartKind.Reasoning || kind == <u8>PartKind.RedactedReasoning) request.dropReasoning(request.parts.at(i));
    else return problem.refuseMessage(message.source, "an assistant's message can only be text and tool calls for this model");
  }
  if (texts == 0 && calls == 0) return true;
  out.ascii(',{"role":"assistant","content":');
  if (texts == 0) out.ascii("null");
  else {
    out.byte(0x22);
    writeTextBodies(request, message, false, out);
    out.byte(0x22);
  }
  if (calls > 0) writeToolCalls(request, message, out);
  out.byte(0x7d);
  return true;
}

/** Appends the texts of a message as the inside of one JSON string, `apart` on lines of their own. */
function writeTextBodies(request: CanonicalRequest, message: Message, apart: bool, out: Bytes): void {
  let first = true;
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.Text && part.kind != <u8>PartKind.Refusal) continue;
    if (apart && !first) out.ascii("\\n");
    writeStringBody(out, part.text);
    first = false;
  }
}

function writeToolCalls(request: CanonicalRequest, message: Message, out: Bytes): void {
  out.ascii(',"tool_calls":[');
  let count = 0;
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.ToolCall) continue;
    if (count++ > 0) out.byte(0x2c);
    out.ascii('{"id":');
    writeCallId(request, part.id, out);
    out.ascii(',"type":"function","function":{"name":');
    writeString(out, part.name);
    out.ascii(',"arguments":');
    writeArgumentsString(out, part);
    out.ascii("}}");
  }
  out.byte(0x5d);
}

function writeCallId(request: CanonicalRequest, id: Slice, out: Bytes): void {
  if (request.toolIdLength > 0) writeExactToolId(out, id, request.toolIdLength);
  else writeToolId(out, id, TOOL_ID_LENGTH_MAX);
}

/** A tool's message holds text only; its images follow in a message of the user's. */
function writeToolResult(request: CanonicalRequest, message: Message, out: Bytes): bool {
  if (message.isError) request.drop("messages[].content[].is_error");
  out.ascii(',{"role":"tool","tool_call_id":');
  writeCallId(request, message.toolCallId, out);
  out.ascii(',"content":"');
  writeTextBodies(request, message, true, out);
  out.ascii('"}');
  return true;
}

/**
 * What the results that end with message `last` hold besides text, as a message of the user's: tool messages take no images, and none may
 * stand between results.
 */
function writeImagesOfResults(request: CanonicalRequest, last: u32, out: Bytes): bool {
  let first = last;
  while (first > 0 && request.messages.at(first - 1).role == <u8>Role.Tool) first--;
  let count = 0;
  for (let i = first; i <= last; i++) {
    const message = request.messages.at(i);
    for (let j = message.firstPart; j < message.firstPart + message.partCount; j++) {
      const part = request.parts.at(j);
      if (part.kind == <u8>PartKind.Text) continue;
      if (count++ == 0) out.ascii(',{"role":"user","content":[{"type":"text","text":"Returned by the tools:"},');
      else out.byte(0x2c);
      if (!writePart(message, part, out)) return false;
    }
  }
  if (count > 0) out.ascii("]}");
  return true;
}
