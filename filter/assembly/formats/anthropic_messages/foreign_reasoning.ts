import { indexOfAscii } from "../../bytes/ascii";
import { Bytes } from "../../bytes/bytes";
import { claudeVersion, NOT_CLAUDE } from "../../canonical/claude_models";
import { isClaudeSignature } from "../../canonical/claude_signature";
import { RequestHead } from "../../canonical/request_head";
import { isMarked } from "../../canonical/seal";
import { Cursor, Kind } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr } from "../../json/slice";
import { writeEscaped } from "../../json/text";

// A conversation of which another model has answered a turn, on its way to one behind this API: thinking that the model would refuse is
// taken out, and so are citations that no Claude made; all else stays as it came.

const DEPTH_MAX: u32 = 256;

/** What becomes of a conversation's thinking. */
enum Reader {
  /** Refuses all thinking that no Claude has signed. */
  Claude,
  /**
   * Refuses what others have signed, and takes it without a signature, as MiniMax's models do:
   * https://github.com/NousResearch/hermes-agent/pull/75779
   */
  Signing,
  /** Most of the other models behind this API sign nothing, and want their thinking back: https://github.com/anomalyco/opencode/pull/44713 */
  Unsigned,
}

function readerOf(model: Bytes): Reader {
  if (claudeVersion(model) != NOT_CLAUDE) return Reader.Claude;
  const isMinimax = indexOfAscii(model.ptr, model.length, "MiniMax") >= 0 || indexOfAscii(model.ptr, model.length, "minimax") >= 0;
  return isMinimax ? Reader.Signing : Reader.Unsigned;
}

export function refusesReasoning(head: RequestHead, model: Bytes): bool {
  if (head.hasMarkedReasoning) return true;
  if (!head.hasOthersReasoning && !head.hasMakersReasoning) return false;
  const reader = readerOf(model);
  return reader == Reader.Claude ? head.hasOthersReasoning : reader == Reader.Signing && head.hasMakersReasoning;
}

/**
 * With a budget, a turn of Claude's that calls tools must begin with the thinking that led to it.
 * https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks
 */
export function refusesBudget(head: RequestHead, model: Bytes): bool {
  return head.thinksOnBudget && head.endsInForeignCalls && claudeVersion(model) != NOT_CLAUDE;
}

/** Passes a message's content and notes in `head` whose thinking it has. */
export function scanContent(cursor: Cursor, head: RequestHead): bool {
  if (!cursor.enterArray()) {
    noteWords(head);
    return cursor.skip();
  }
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
    let signature = ABSENT;
    while (cursor.nextKey()) {
      if (cursor.keyIs("type")) {
        const type = cursor.takeToken();
        if (sliceIs(type, "thinking")) thinks = true;
        else if (sliceIs(type, "redacted_thinking")) beginsWithOwn = beginsWithOwn || isFirst;
        else if (sliceIs(type, "tool_use")) calls = true;
        else if (sliceIs(type, "tool_result")) results = true;
      } else if (cursor.keyIs("signature")) signature = cursor.takeToken();
      else if (cursor.keyIs("citations")) {
        if (isForeignCitations(cursor.takeValue())) head.hasMarkedReasoning = true;
      } else cursor.skip();
    }
    if (thinks && noteThinking(signature, head)) beginsWithOwn = beginsWithOwn || isFirst;
    isFirst = false;
  }
  if (calls) noteCalls(head, beginsWithOwn);
  else if (!results) noteWords(head);
  return cursor.ok;
}

/** Whether a block's citations are those of an answer of another API's: a block has no others besides. */
function isForeignCitations(citations: Slice): bool {
  if (!inner.openValue(citations, DEPTH_MAX) || !inner.enterArray() || !inner.nextElement()) return false;
  return isMarked(inner.peekMember("encrypted_index"));
}

const inner = new Cursor();

/** Whether a Claude has signed it. */
function noteThinking(signature: Slice, head: RequestHead): bool {
  if (isMarked(signature)) head.hasMarkedReasoning = true;
  else if (isClaudeSignature(signature)) {
    head.hasMakersReasoning = true;
    return true;
  }
  head.hasOthersReasoning = true;
  return false;
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

/** Who is to read the messages that are being written. */
let reader: Reader = Reader.Claude;

function isTaken(signature: Slice): bool {
  return !isMarked(signature) && (reader != Reader.Claude || isClaudeSignature(signature));
}

/** Appends the list of messages under the cursor without thinking that the model refuses. Messages of which nothing is left go with it. */
export function writeOwnMessages(cursor: Cursor, model: Bytes, out: Bytes): void {
  reader = readerOf(model);
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
    writeKey(cursor, separator, out);
    separator = 0x2c;
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
    const thinks = sliceIs(cursor.peekMember("type"), "thinking");
    const signature = thinks ? cursor.peekMember("signature") : ABSENT;
    const isUnsigned = thinks && reader == Reader.Signing && isClaudeSignature(signature);
    if (thinks && (!isTaken(signature) || (isUnsigned && sliceIsEmpty(cursor.peekMember("thinking"))))) {
      dropped = true;
      cursor.skip();
      continue;
    }
    out.byte(separator);
    separator = 0x2c;
    if (isUnsigned) writeWithout("signature", cursor, out);
    else if (isForeignCitations(cursor.peekValue("citations"))) writeWithout("citations", cursor, out);
    else writeValue(cursor, out);
  }
  const isEmpty = separator == 0x5b;
  if (isEmpty) out.byte(separator);
  out.byte(0x5d);
  return !isEmpty || !dropped;
}

/** The block under the cursor without its member of this name. */
function writeWithout(name: string, cursor: Cursor, out: Bytes): void {
  let separator: u8 = 0x7b;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs(name)) {
      cursor.skip();
      continue;
    }
    writeKey(cursor, separator, out);
    separator = 0x2c;
    writeValue(cursor, out);
  }
  out.byte(0x7d);
}

function writeKey(cursor: Cursor, separator: u8, out: Bytes): void {
  out.byte(separator);
  out.byte(0x22);
  writeEscaped(out, cursor.keyPtr, cursor.keyLength);
  out.ascii('":');
}

function writeValue(cursor: Cursor, out: Bytes): void {
  const value = cursor.takeValue();
  out.append(slicePtr(value), sliceLength(value));
}
