import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { hasConversation, isFormatTold, isInstruction, writeFormatInstruction } from "../../canonical/instructions";
import { Message, Part, PartKind, Role } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest } from "../../canonical/request";
import { Seal } from "../../canonical/seal";
import { writeArgumentsObject } from "../../canonical/tool_arguments";
import { writeToolId } from "../../canonical/tool_id";
import { ABSENT } from "../../json/slice";
import { isBlank, writeString } from "../../json/text";
import { writeCachePoint } from "./cache_point";
import { resetDocumentNames, writeMedia } from "./media_writer";
import { takesToolStatus } from "./models";
import { isToolName, TOOL_NAME_RULE } from "./tool_writer";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html */
const TOOL_ID_LENGTH_MAX: u32 = 64;

/** All instructions, wherever in the conversation they stand, are one field here, of text only. `takesSchemas`: the model knows some for answers. */
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
      writeTextBlock(part, out);
      writeCachePoint(request, part, out);
    }
  }
  if (isTold) {
    if (count == 0 && !rules.writeKey(out, "system")) return true;
    out.ascii(count++ == 0 ? '[{"text":' : ',{"text":');
    writeFormatInstruction(request, out);
    out.byte(0x7d);
  }
  if (count > 0) out.byte(0x5d);
  return true;
}

// Of the message that is open in the output.

/** Who speaks in it; 0: none is open. */
let openRole: u8 = 0;
let hasDocument: bool = false;
let hasText: bool = false;

/**
 * User and assistant take turns, and the user begins: what one says in several messages is put into one. Results of tools stand in the
 * message after the one that called them.
 */
export function writeMessages(request: CanonicalRequest, model: Bytes, rules: ProviderRules, out: Bytes): bool {
  if (!rules.writeKey(out, "messages")) return true;
  const instructionsOnly = !hasConversation(request);
  out.byte(0x5b);
  openRole = 0;
  resetDocumentNames();
  for (let i: u32 = 0; i < request.messages.count; i++) {
    const message = request.messages.at(i);
    if (isInstruction(message) && !instructionsOnly) continue;
    const isResult = message.role == <u8>Role.Tool;
    if (!(isResult ? writeToolResult(request, message, model, out) : writeParts(request, message, out))) return false;
  }
  // The last word is the user's: many models refuse to go on in the assistant's.
  if (openRole == <u8>Role.Assistant) {
    beginBlock(<u8>Role.User, out);
    out.ascii('{"text":"Continue."}');
    hasText = true;
  }
  closeMessage(out);
  out.byte(0x5d);
  return true;
}

/** Begins a content block of a speaker: in the message that is open if it is the same one's, else in a new one. */
function beginBlock(role: u8, out: Bytes): void {
  if (openRole == role) {
    out.byte(0x2c);
    return;
  }
  if (openRole != 0) {
    closeMessage(out);
    out.byte(0x2c);
  } else if (role == <u8>Role.Assistant) out.ascii('{"role":"user","content":[{"text":"(The assistant begins.)"}]},');
  out.ascii(role == <u8>Role.Assistant ? '{"role":"assistant","content":[' : '{"role":"user","content":[');
  openRole = role;
  hasDocument = false;
  hasText = false;
}

/** "If you include a document, you must include text": https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html */
function closeMessage(out: Bytes): void {
  if (openRole == 0) return;
  if (hasDocument && !hasText) out.ascii(',{"text":"(See the document.)"}');
  out.ascii("]}");
}

/** Of an assistant's message, Claude's own thinking first, then the words and then the calls, wherever its fields stood. */
function writeParts(request: CanonicalRequest, message: Message, out: Bytes): bool {
  const role = message.role == <u8>Role.Assistant ? <u8>Role.Assistant : <u8>Role.User;
  const end = message.firstPart + message.partCount;
  for (let i = message.firstPart; i < end; i++) {
    const part = request.parts.at(i);
    if (!isReasoning(part) || !isOwn(request, part)) continue;
    beginBlock(role, out);
    writeReasoning(part, out);
  }
  for (let i = message.firstPart; i < end; i++) {
    const part = request.parts.at(i);
    if (part.kind == <u8>PartKind.ToolCall || isReasoning(part) || isBlankText(part)) continue;
    beginBlock(role, out);
    if (!writeContent(request, message, part, out)) return false;
    writeCachePoint(request, part, out);
    hasText = hasText || part.kind == <u8>PartKind.Text;
    hasDocument = hasDocument || part.kind == <u8>PartKind.Document;
  }
  for (let i = message.firstPart; i < end; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.ToolCall) continue;
    if (part.signature != ABSENT) request.drop("messages[].tool_calls[].extra_content");
    if (!isToolName(part.name)) return problem.refuseMessage(message.source, TOOL_NAME_RULE);
    beginBlock(role, out);
    writeToolUse(part, out);
    writeCachePoint(request, part, out);
  }
  return true;
}

function isReasoning(part: Part): bool {
  return part.kind == <u8>PartKind.Reasoning || part.kind == <u8>PartKind.RedactedReasoning;
}

/** Whether reasoning is Claude's and goes to one: what others thought, or what has lost its signature, is refused. */
function isOwn(request: CanonicalRequest, part: Part): bool {
  const isOwn = request.takesSealed && (part.seal == <u8>Seal.Claude || part.seal == <u8>Seal.ClaudeRedacted);
  if (!isOwn) request.dropReasoning(part);
  return isOwn;
}

/** Blank text is refused. */
function isBlankText(part: Part): bool {
  return (part.kind == <u8>PartKind.Text || part.kind == <u8>PartKind.Refusal) && isBlank(part.text);
}

function writeContent(request: CanonicalRequest, message: Message, part: Part, out: Bytes): bool {
  switch (<PartKind>part.kind) {
    case PartKind.Text:
    case PartKind.Refusal:
      writeTextBlock(part, out);
      return true;
    default:
      return writeMedia(request, message, part, out);
  }
}

function writeTextBlock(part: Part, out: Bytes): void {
  out.ascii('{"text":');
  writeString(out, part.text);
  out.byte(0x7d);
}

/** Signatures are good on every platform: https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking#thinking-encryption */
function writeReasoning(part: Part, out: Bytes): void {
  if (part.kind == <u8>PartKind.RedactedReasoning) {
    out.ascii('{"reasoningContent":{"redactedContent":');
    writeString(out, part.text);
    out.ascii("}}");
    return;
  }
  out.ascii('{"reasoningContent":{"reasoningText":{"text":');
  writeString(out, part.text);
  out.ascii(',"signature":');
  writeString(out, part.id);
  out.ascii("}}}");
}

function writeToolUse(part: Part, out: Bytes): void {
  out.ascii('{"toolUse":{"toolUseId":');
  writeToolId(out, part.id, TOOL_ID_LENGTH_MAX);
  out.ascii(',"name":');
  writeString(out, part.name);
  out.ascii(',"input":');
  writeArgumentsObject(out, part);
  out.ascii("}}");
}

function writeToolResult(request: CanonicalRequest, message: Message, model: Bytes, out: Bytes): bool {
  beginBlock(<u8>Role.User, out);
  out.ascii('{"toolResult":{"toolUseId":');
  writeToolId(out, message.toolCallId, TOOL_ID_LENGTH_MAX);
  if (message.isError) {
    if (takesToolStatus(model)) out.ascii(',"status":"error"');
    else request.drop("messages[].is_error");
  }
  out.ascii(',"content":[');
  let count = 0;
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const part = request.parts.at(i);
    if (isBlankText(part)) continue;
    if (part.kind == <u8>PartKind.Audio) return problem.refuseMessage(message.source, "a tool cannot return audio to this model");
    if (count++ > 0) out.byte(0x2c);
    if (!writeContent(request, message, part, out)) return false;
  }
  out.ascii("]}}");
  // A result holds no such points: the last part's stands behind it.
  if (message.partCount > 0) writeCachePoint(request, request.parts.at(message.firstPart + message.partCount - 1), out);
  return true;
}
