import { Bytes } from "../../bytes/bytes";
import { claudeVersion, NOT_CLAUDE } from "../../canonical/claude_models";
import { RequestHead } from "../../canonical/request_head";
import { isMarked } from "../../canonical/seal";
import { Cursor, Kind } from "../../json/cursor";
import { Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr } from "../../json/slice";
import { writeEscaped } from "../../json/text";

// A conversation of which another API's model has answered a turn, on its way to Anthropic: thinking that is not Claude's is taken out, and
// all else stays as it came.

function isOwnSignature(signature: Slice): bool {
  return !sliceIsEmpty(signature) && !isMarked(signature);
}

/** Passes a message's content and notes in `head` whether it has thinking that Anthropic would refuse. */
export function scanContent(cursor: Cursor, head: RequestHead): bool {
  if (!cursor.enterArray()) {
    noteWords(head);
    return cursor.skip();
  }
  let foreign = false;
  let calls = false;
  let results = false;
  let isFirst = true;
  let beginsWithOwn = false;
  while (cursor.nextElement()) {
    if (!cursor.enterObject()) {
      cursor.skip();
      continue;
    }
    let thinks = false;
    let signed = false;
    while (cursor.nextKey()) {
      if (cursor.keyIs("type")) {
        const type = cursor.takeToken();
        if (sliceIs(type, "thinking")) thinks = true;
        else if (sliceIs(type, "redacted_thinking")) beginsWithOwn = beginsWithOwn || isFirst;
        else if (sliceIs(type, "tool_use")) calls = true;
        else if (sliceIs(type, "tool_result")) results = true;
      } else if (cursor.keyIs("signature")) signed = isOwnSignature(cursor.takeToken());
      else cursor.skip();
    }
    foreign = foreign || (thinks && !signed);
    beginsWithOwn = beginsWithOwn || (isFirst && thinks && signed);
    isFirst = false;
  }
  if (foreign) head.hasForeignReasoning = true;
  if (calls) noteCalls(head, beginsWithOwn);
  else if (!results) noteWords(head);
  return cursor.ok;
}

/** Calls, results and further calls are one turn: what led to it stands before its first calls, and need not again before the others. */
function noteCalls(head: RequestHead, beginsWithOwn: bool): void {
  if (!head.isInToolLoop) head.endsInForeignCalls = !beginsWithOwn;
  head.isInToolLoop = true;
}

function noteWords(head: RequestHead): void {
  head.endsInForeignCalls = false;
  head.isInToolLoop = false;
}

/** Other models behind this API sign nothing, and want their thinking back: https://github.com/anomalyco/opencode/pull/44713 */
let takesUnsigned: bool = false;

function isTaken(signature: Slice): bool {
  return isOwnSignature(signature) || (takesUnsigned && sliceIsEmpty(signature));
}

/** Appends the list of messages under the cursor without thinking of others. Messages of which nothing is left go with it. */
export function writeOwnMessages(cursor: Cursor, model: Bytes, out: Bytes): void {
  takesUnsigned = claudeVersion(model) == NOT_CLAUDE;
  cursor.enterArray();
  let separator: u8 = 0x5b;
  while (cursor.nextElement()) {
    const start = out.length;
    out.byte(separator);
    if (writeOwnMessage(cursor, out)) separator = 0x2c;
    else out.length = start;
  }
  if (separator == 0x5b) out.byte(separator);
  out.byte(0x5d);
}

/** Whether anything of it was left. */
function writeOwnMessage(cursor: Cursor, out: Bytes): bool {
  let isLeft = true;
  let separator: u8 = 0x7b;
  cursor.enterObject();
  while (cursor.nextKey()) {
    out.byte(separator);
    separator = 0x2c;
    out.byte(0x22);
    writeEscaped(out, cursor.keyPtr, cursor.keyLength);
    out.ascii('":');
    if (cursor.keyIs("content") && cursor.kind() == Kind.Array) isLeft = writeOwnBlocks(cursor, out);
    else writeValue(cursor, out);
  }
  out.byte(0x7d);
  return isLeft;
}

function writeOwnBlocks(cursor: Cursor, out: Bytes): bool {
  let separator: u8 = 0x5b;
  let dropped = false;
  cursor.enterArray();
  while (cursor.nextElement()) {
    if (sliceIs(cursor.peekMember("type"), "thinking") && !isTaken(cursor.peekMember("signature"))) {
      dropped = true;
      cursor.skip();
      continue;
    }
    out.byte(separator);
    separator = 0x2c;
    writeValue(cursor, out);
  }
  const isEmpty = separator == 0x5b;
  if (isEmpty) out.byte(separator);
  out.byte(0x5d);
  return !isEmpty || !dropped;
}

function writeValue(cursor: Cursor, out: Bytes): void {
  const value = cursor.takeValue();
  out.append(slicePtr(value), sliceLength(value));
}
