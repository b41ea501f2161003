import { Bytes } from "../bytes/bytes";
import { sliceLength } from "../json/slice";
import { writeEscaped, writeText } from "../json/text";
import { Message, PartKind, Role } from "./parts";
import { CanonicalRequest } from "./request";

/** How many messages the view has at most; a decision looks at the last few turns. */
const VIEW_MESSAGES_MAX: i32 = 256;
/** How much of one message's text is shown, in bytes. */
const VIEW_TEXT_BYTES_MAX: u32 = 16384;
/** How much of a tool's result is shown: enough to see what it is, in bytes. */
const VIEW_TOOL_RESULT_BYTES_MAX: u32 = 512;
/** A text that would be cut to less is left out, in bytes. */
const VIEW_TEXT_BYTES_MIN: u32 = 64;

const text = new Bytes();
const chosen = new Bytes();
/** Where in `chosen` the messages of the view are, the latest first. */
const starts = new StaticArray<u32>(VIEW_MESSAGES_MAX);
const ends = new StaticArray<u32>(VIEW_MESSAGES_MAX);

/**
 * Appends what a routing decision needs of a conversation: a JSON array of {"role", "content"}, text only, in order, `bytesMax` bytes at
 * most. The most recent messages are kept, and the user's last one, however many steps an agent has taken since; a long text loses its
 * middle. An assistant's message that calls tools has "tool_calls": true.
 */
export function writeView(request: CanonicalRequest, bytesMax: u32, out: Bytes): void {
  chosen.clear();
  const room: i32 = <i32>bytesMax - 2; // the brackets
  // Written first, so that there is room for it, and put in its place below.
  const asked = lastAsked(request);
  if (asked >= 0) writeFitting(request, request.messages.at(asked), room);
  const askedLength = chosen.length;
  let left = room - <i32>askedLength - 1;
  let count = 0;
  let i = <i32>request.messages.count - 1;
  for (; i >= 0 && i != asked && count < VIEW_MESSAGES_MAX - 1; i--) {
    const start = chosen.length;
    if (!writeFitting(request, request.messages.at(i), left)) break;
    left -= keep(count, start);
    if (chosen.length > start) count++;
  }
  if (askedLength > 0) {
    unchecked((starts[count] = 0));
    unchecked((ends[count++] = askedLength));
  }
  // What is before it, where there is room and nothing is left out between.
  for (i = i == asked ? i - 1 : -1; i >= 0 && count < VIEW_MESSAGES_MAX; i--) {
    const start = chosen.length;
    if (!writeFitting(request, request.messages.at(i), left)) break;
    left -= keep(count, start);
    if (chosen.length > start) count++;
  }
  out.byte(0x5b);
  for (let k = count - 1; k >= 0; k--) {
    if (k < count - 1) out.byte(0x2c);
    const start = unchecked(starts[k]);
    out.append(chosen.ptr + start, unchecked(ends[k]) - start);
  }
  out.byte(0x5d);
  text.clear();
}

/** Notes where the view's message `index` is, from `start` to the end of `chosen`; what it takes of the room, with its comma. */
function keep(index: i32, start: u32): i32 {
  if (chosen.length == start) return 0; // nothing to show
  unchecked((starts[index] = start));
  unchecked((ends[index] = chosen.length));
  return <i32>(chosen.length - start) + 1;
}

/** The user's last message that has text; -1 for none. */
function lastAsked(request: CanonicalRequest): i32 {
  for (let i = <i32>request.messages.count - 1; i >= 0; i--) {
    const message = request.messages.at(i);
    if (message.role == <u8>Role.User && request.has(message, PartKind.Text)) return i;
  }
  return -1;
}

/**
 * How much text a model reads of the request, in bytes as they stand in the body: messages, calls and tool definitions, however little of it
 * the view shows. Images, audio and documents are billed by other measures and left out.
 */
export function textBytesOf(request: CanonicalRequest): u64 {
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < request.parts.count; i++) {
    const part = request.parts.at(i);
    switch (<PartKind>part.kind) {
      case PartKind.Text:
      case PartKind.Reasoning:
      case PartKind.ToolCall:
      case PartKind.Refusal:
        bytes += sliceLength(part.text);
    }
  }
  for (let i: u32 = 0; i < request.tools.count; i++) {
    const tool = request.tools.at(i);
    bytes += sliceLength(tool.description) + sliceLength(tool.grammar) + sliceLength(tool.text);
  }
  return bytes;
}

/** Appends one message to `chosen`, its text cut until `left` bytes hold it; false when they cannot. */
function writeFitting(request: CanonicalRequest, message: Message, left: i32): bool {
  gatherText(request, message);
  const calls = request.has(message, PartKind.ToolCall);
  if (text.length == 0 && !calls) return true;
  let limit = message.role == <u8>Role.Tool ? VIEW_TOOL_RESULT_BYTES_MAX : VIEW_TEXT_BYTES_MAX;
  const start = chosen.length;
  while (true) {
    writeMessage(message.role, calls, limit);
    if (<i32>(chosen.length - start) <= left) return true;
    chosen.length = start;
    if (limit > text.length) limit = text.length;
    limit >>= 1;
    if (limit < VIEW_TEXT_BYTES_MIN) return false;
  }
}

function gatherText(request: CanonicalRequest, message: Message): void {
  text.clear();
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.Text && part.kind != <u8>PartKind.Refusal) continue;
    if (text.length > 0) text.byte(0x0a);
    writeText(text, part.text);
  }
}

function roleName(role: u8): string {
  switch (<Role>role) {
    case Role.User:
      return "user";
    case Role.Assistant:
      return "assistant";
    case Role.Tool:
      return "tool";
    default:
      return "system";
  }
}

function writeMessage(role: u8, calls: bool, limit: u32): void {
  chosen.ascii('{"role":"');
  chosen.ascii(roleName(role));
  chosen.ascii('","content":"');
  if (text.length <= limit) writeEscaped(chosen, text.ptr, text.length);
  else {
    const head = characterStart(text.ptr, (limit * 3) / 5);
    const tail = characterStart(text.ptr, text.length - (limit * 2) / 5);
    writeEscaped(chosen, text.ptr, head);
    chosen.ascii("\\u2026");
    writeEscaped(chosen, text.ptr + tail, text.length - tail);
  }
  chosen.ascii(calls ? '","tool_calls":true}' : '"}');
}

/** The offset of the UTF-8 sequence that the byte at an offset belongs to. */
function characterStart(ptr: usize, offset: u32): u32 {
  while (offset > 0 && (load<u8>(ptr + offset) & 0xc0) == 0x80) offset--;
  return offset;
}
