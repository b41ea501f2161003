import { equal } from "../../bytes/ascii";
import { Bytes } from "../../bytes/bytes";
import { PartKind, Role } from "../../canonical/parts";
import { CanonicalRequest } from "../../canonical/request";
import { ABSENT, Form, Slice, sliceForm, sliceLength, slicePtr } from "../../json/slice";
import { writeText } from "../../json/text";

/** How many of a turn's calls are looked through for a result's: each result looks anew. */
const CALLS_PER_TURN_MAX: u32 = 1024;

const a = new Bytes();
const b = new Bytes();

/**
 * The name of the tool that message `index` has the result of: of the call with its id in the assistant's turn before; absent: none. Some
 * APIs have each call in a message of its own.
 */
export function calledName(request: CanonicalRequest, index: u32): Slice {
  const id = request.messages.at(index).toolCallId;
  let i = <i32>index - 1;
  while (i >= 0 && (isOf(request, i, Role.Tool) || request.messages.at(i).partCount == 0)) i--;
  let calls: u32 = 0;
  for (; i >= 0 && isOf(request, i, Role.Assistant); i--) {
    const message = request.messages.at(i);
    for (let j = message.firstPart; j < message.firstPart + message.partCount; j++) {
      const part = request.parts.at(j);
      if (part.kind != <u8>PartKind.ToolCall) continue;
      if (isSameText(part.id, id)) return part.name;
      if (++calls == CALLS_PER_TURN_MAX) return ABSENT;
    }
  }
  return ABSENT;
}

/**
 * Puts the results from message `first` to `last` in the order of the calls in the assistant's turn before, which is all that tells whose
 * they are where calls have no ids. Results of no call come last.
 */
export function orderResults(request: CanonicalRequest, first: u32, last: u32): void {
  if (last == first || last - first >= CALLS_PER_TURN_MAX) return;
  let i = <i32>first - 1;
  while (i > 0 && isOf(request, i - 1, Role.Assistant)) i--;
  let next = first;
  let calls: u32 = 0;
  for (; i < <i32>first; i++) {
    const message = request.messages.at(i);
    for (let j = message.firstPart; j < message.firstPart + message.partCount; j++) {
      const part = request.parts.at(j);
      if (part.kind != <u8>PartKind.ToolCall || ++calls > CALLS_PER_TURN_MAX) continue;
      for (let result = next; result <= last; result++) {
        if (!isSameText(part.id, request.messages.at(result).toolCallId)) continue;
        request.messages.swap(next++, result);
        break;
      }
    }
  }
}

function isOf(request: CanonicalRequest, index: i32, role: Role): bool {
  return request.messages.at(index).role == <u8>role;
}

/** Whether two strings are the same, however each is escaped. */
function isSameText(one: Slice, other: Slice): bool {
  if (sliceForm(one) != Form.Escaped && sliceForm(other) != Form.Escaped)
    return equal(slicePtr(one), sliceLength(one), slicePtr(other), sliceLength(other));
  a.clear();
  b.clear();
  writeText(a, one);
  writeText(b, other);
  return a.equals(b);
}
