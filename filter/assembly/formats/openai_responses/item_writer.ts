import { Bytes } from "../../bytes/bytes";
import { isText, writeUrlBody } from "../../canonical/data_url";
import { Message, Part, PartKind, Role } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest } from "../../canonical/request";
import { Seal } from "../../canonical/seal";
import { writeArgumentsString } from "../../canonical/tool_arguments";
import { writeToolId } from "../../canonical/tool_id";
import { ABSENT, sliceIsEmpty } from "../../json/slice";
import { writeString, writeStringBody } from "../../json/text";

/** "Expected a string with maximum length 64": https://github.com/decolua/9router/issues/393 */
export const CALL_ID_LENGTH_MAX: u32 = 64;
/** Where a message comes from that stood beside the client's list of messages. */
const BESIDE_THE_LIST: i32 = -1;

/** Appends the conversation as a list of items, what stood beside the client's list first. */
export function writeItems(request: CanonicalRequest, out: Bytes): bool {
  const start = out.length;
  if (!writeMessages(request, true, out) || !writeMessages(request, false, out)) return false;
  // Each item was written with a comma before it.
  if (out.length == start) out.byte(0x5b);
  else store<u8>(out.ptr + start, 0x5b);
  out.byte(0x5d);
  return true;
}

function writeMessages(request: CanonicalRequest, beside: bool, out: Bytes): bool {
  for (let i: u32 = 0; i < request.messages.count; i++) {
    const message = request.messages.at(i);
    if ((message.source == BESIDE_THE_LIST) != beside) continue;
    if (!writeMessage(request, message, out)) return false;
  }
  return true;
}

function writeMessage(request: CanonicalRequest, message: Message, out: Bytes): bool {
  switch (<Role>message.role) {
    case Role.Assistant:
      return writeAssistant(request, message, out);
    case Role.Tool:
      return writeCallOutput(request, message, out);
    case Role.User:
      return writeInputMessage(request, message, ',{"type":"message","role":"user","content":', out);
    default:
      return writeInputMessage(request, message, ',{"type":"message","role":"system","content":', out);
  }
}

function writeInputMessage(request: CanonicalRequest, message: Message, head: string, out: Bytes): bool {
  if (message.partCount == 0) return true;
  out.ascii(head);
  if (!writeContent(request, message, out)) return false;
  out.byte(0x7d);
  return true;
}

/** A string when it is one text; else a list of parts. */
function writeContent(request: CanonicalRequest, message: Message, out: Bytes): bool {
  if (message.partCount == 0) {
    out.ascii('""');
    return true;
  }
  const only = request.parts.at(message.firstPart);
  if (message.partCount == 1 && only.kind == <u8>PartKind.Text) {
    writeString(out, only.text);
    return true;
  }
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    out.byte(i == message.firstPart ? 0x5b : 0x2c);
    if (!writePart(message, request.parts.at(i), out)) return false;
  }
  out.byte(0x5d);
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
      writeInputText(part, out);
      return true;
  }
}

function writeInputText(part: Part, out: Bytes): void {
  out.ascii('{"type":"input_text","text":');
  writeString(out, part.text);
  out.byte(0x7d);
}

function refuseFile(message: Message): bool {
  return problem.refuseMessage(message.source, "a file stored with another provider cannot be sent to this model");
}

function writeImage(message: Message, part: Part, out: Bytes): bool {
  if (part.id != ABSENT) return refuseFile(message);
  out.ascii('{"type":"input_image","detail":');
  if (part.detail == ABSENT) out.ascii('"auto"');
  else writeString(out, part.detail);
  out.ascii(',"image_url":"');
  writeUrlBody(part, out);
  out.ascii('"}');
  return true;
}

/** A plain text document is text; one with data is a file, which must have a name. */
function writeDocument(message: Message, part: Part, out: Bytes): bool {
  if (part.id != ABSENT) return refuseFile(message);
  if (isText(part)) {
    writeInputText(part, out);
    return true;
  }
  if (part.mediaType == ABSENT) out.ascii('{"type":"input_file","file_url":"');
  else {
    out.ascii('{"type":"input_file","filename":');
    if (sliceIsEmpty(part.name)) out.ascii('"document.pdf"');
    else writeString(out, part.name);
    out.ascii(',"file_data":"');
  }
  writeUrlBody(part, out);
  out.ascii('"}');
  return true;
}

/** What the assistant said, and each of its calls as an item of its own. */
function writeAssistant(request: CanonicalRequest, message: Message, out: Bytes): bool {
  const end = message.firstPart + message.partCount;
  let texts = 0;
  for (let i = message.firstPart; i < end; i++) writeReasoning(request, request.parts.at(i), out);
  for (let i = message.firstPart; i < end; i++) {
    const part = request.parts.at(i);
    if (part.kind == <u8>PartKind.ToolCall) continue;
    if (part.kind == <u8>PartKind.Text || part.kind == <u8>PartKind.Refusal) {
      if (texts++ == 0) out.ascii(',{"type":"message","role":"assistant","content":"');
      writeStringBody(out, part.text);
    } else if (part.kind != <u8>PartKind.Reasoning && part.kind != <u8>PartKind.RedactedReasoning)
      return problem.refuseMessage(message.source, "an assistant's message can only be text and tool calls for this model");
  }
  if (texts > 0) out.ascii('"}');
  for (let i = message.firstPart; i < end; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.ToolCall) continue;
    if (part.signature != ABSENT) request.drop("messages[].tool_calls[].extra_content");
    writeCall(part, out);
  }
  return true;
}

/** OpenAI's own, encrypted: others' cannot be sent, and without that there is nothing but an id that nobody knows. */
function writeReasoning(request: CanonicalRequest, part: Part, out: Bytes): void {
  if (part.kind != <u8>PartKind.Reasoning && part.kind != <u8>PartKind.RedactedReasoning) return;
  if (part.seal != <u8>Seal.Openai || !request.takesSealed) {
    request.dropReasoning(part);
    return;
  }
  out.ascii(',{"type":"reasoning","summary":[');
  if (!sliceIsEmpty(part.text)) {
    out.ascii('{"type":"summary_text","text":');
    writeString(out, part.text);
    out.byte(0x7d);
  }
  out.ascii('],"encrypted_content":');
  writeString(out, part.id);
  out.byte(0x7d);
}

function writeCall(part: Part, out: Bytes): void {
  out.ascii(',{"type":"function_call","call_id":');
  writeToolId(out, part.id, CALL_ID_LENGTH_MAX);
  out.ascii(',"name":');
  writeString(out, part.name);
  out.ascii(',"arguments":');
  writeArgumentsString(out, part);
  out.byte(0x7d);
}

function writeCallOutput(request: CanonicalRequest, message: Message, out: Bytes): bool {
  if (message.isError) request.drop("messages[].content[].is_error");
  out.ascii(',{"type":"function_call_output","call_id":');
  writeToolId(out, message.toolCallId, CALL_ID_LENGTH_MAX);
  out.ascii(',"output":');
  if (!writeContent(request, message, out)) return false;
  out.byte(0x7d);
  return true;
}
