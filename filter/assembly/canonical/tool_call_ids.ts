import { hash } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { writeInteger } from "../bytes/numbers";
import { Form, Slice, sliceIsEmpty, sliceLength, sliceOf, slicePtr } from "../json/slice";
import { writeText } from "../json/text";
import { Message, PartKind, Role } from "./parts";
import { CanonicalRequest } from "./request";

// Some servers give each of their calls the same id, or none. Clients keep what they get, and stricter APIs refuse the conversation ("`tool_use`
// ids must be unique": https://github.com/anthropics/claude-code/issues/28515), or give each call the first one's result.

/** What is known of an id: how many calls have had it, and how many of them have their results. */
@unmanaged
class KnownId {
  hash: u64;
  calls: u32;
  results: u32;
  /** The message of the last call with it, by its index and 1: its results follow it. */
  message: u32;
}

/** Of one conversation, calls and results. With more than this all ids stay as they are: a client can choose ids that share places in the table. */
const SETTLED_IDS_MAX: u32 = 4096;
/** As many bytes as an id grows by, at most. */
const ADDED_BYTES_MAX: u32 = 32;

/** A hash table of `KnownId`, zeroed, with room for twice the ids. */
const table = new Bytes();
let mask: u32 = 0;
/** The ids that are made. Slices point into it, so it must not move while they do. */
const made = new Bytes();

/** Gives calls that share an id with a call before them, or have an empty one, ids of their own, and their results the same. */
export function settleToolCallIds(request: CanonicalRequest): void {
  const count = countIds(request);
  if (count == 0) return;
  clearTable(count);
  if (!hasSharedIds(request)) return;
  clearTable(count);
  for (let i: u32 = 0; i < request.messages.count; i++) settleMessage(request, request.messages.at(i), i);
}

/** How many ids there are, 0 when they are to stay as they are, and room in `made` for all of them. */
function countIds(request: CanonicalRequest): u32 {
  let count: u32 = 0;
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < request.parts.count; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.ToolCall) continue;
    count++;
    bytes += sliceLength(part.id) + ADDED_BYTES_MAX;
  }
  if (count == 0) return 0;
  for (let i: u32 = 0; i < request.messages.count; i++) {
    const message = request.messages.at(i);
    if (message.role != <u8>Role.Tool) continue;
    count++;
    bytes += sliceLength(message.toolCallId) + ADDED_BYTES_MAX;
  }
  if (count > SETTLED_IDS_MAX) return 0;
  made.clear();
  made.reserve(bytes);
  return count;
}

function clearTable(count: u32): void {
  let size: u32 = 16;
  while (size < count * 2) size *= 2;
  mask = size - 1;
  const bytes = size * <u32>offsetof<KnownId>();
  table.clear();
  memory.fill(table.reserve(bytes), 0, bytes);
}

function find(id: Slice): KnownId {
  const key = hash(slicePtr(id), sliceLength(id)) | 1; // 0 is a free place
  let at = <u32>(key >> 7) & mask;
  while (true) {
    const known = changetype<KnownId>(table.ptr + at * <u32>offsetof<KnownId>());
    if (known.hash == key || known.hash == 0) {
      known.hash = key;
      return known;
    }
    at = (at + 1) & mask;
  }
}

function hasSharedIds(request: CanonicalRequest): bool {
  for (let i: u32 = 0; i < request.parts.count; i++) {
    const part = request.parts.at(i);
    if (part.kind == <u8>PartKind.ToolCall && (sliceIsEmpty(part.id) || find(part.id).calls++ > 0)) return true;
  }
  return false;
}

function settleMessage(request: CanonicalRequest, message: Message, index: u32): void {
  if (message.role == <u8>Role.Tool) {
    const known = find(message.toolCallId);
    if (known.results < known.calls) known.results++;
    message.toolCallId = idOf(message.toolCallId, known.results);
    return;
  }
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.ToolCall) continue;
    const known = find(part.id);
    // What comes after this message are no results of calls before it.
    if (known.message != index + 1) known.results = known.calls;
    known.message = index + 1;
    part.id = idOf(part.id, ++known.calls);
  }
}

/** The id of the call that is the `ordinal`th with an id. */
function idOf(id: Slice, ordinal: u32): Slice {
  if (ordinal <= 1 && !sliceIsEmpty(id)) return id;
  const start = made.length;
  if (sliceIsEmpty(id)) made.ascii("call_unnamed");
  else writeText(made, id);
  made.byte(0x5f);
  writeInteger(made, ordinal);
  return sliceOf(made.ptr + start, made.length - start, Form.Text);
}
