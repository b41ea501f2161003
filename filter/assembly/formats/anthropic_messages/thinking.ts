import { Bytes } from "../../bytes/bytes";
import { isClaudeSignature } from "../../canonical/claude_signature";
import { PartKind } from "../../canonical/parts";
import { CanonicalRequest } from "../../canonical/request";
import { markedProof, markedSeal, readMark, Seal, writeMarkedBody } from "../../canonical/seal";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice, sliceIsEmpty } from "../../json/slice";
import { writeString } from "../../json/text";

// https://platform.claude.com/docs/en/build-with-claude/extended-thinking : thinking blocks come with a signature and go back with it,
// unmodified.

/** The signature of a tool call that another API's model made, until the call is read that it stands before. */
let callSignature: Slice = ABSENT;

/** A message begins: what was read of the one before does not count for it. */
export function forgetCallSignature(): void {
  callSignature = ABSENT;
}

export function takeCallSignature(): Slice {
  const signature = callSignature;
  callSignature = ABSENT;
  return signature;
}

/** A thinking block of the conversation so far: Claude's own, one whose mark says whose it is, or one for reading only. */
export function readThinking(cursor: Cursor, request: CanonicalRequest): void {
  const part = request.parts.add(PartKind.Reasoning);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("thinking")) part.text = cursor.takeString();
    else if (cursor.keyIs("signature")) part.id = cursor.takeToken();
    else cursor.skip();
  }
  if (sliceIsEmpty(part.id)) return;
  if (!readMark(part.id)) {
    part.seal = <u8>(isClaudeSignature(part.id) ? Seal.Claude : Seal.None);
    return;
  }
  part.seal = <u8>markedSeal;
  part.id = markedProof;
  if (markedSeal != Seal.Gemini || !sliceIsEmpty(part.text)) return;
  callSignature = markedProof;
  request.parts.dropLast();
}

export function readRedactedThinking(cursor: Cursor, request: CanonicalRequest): void {
  const part = request.parts.add(PartKind.RedactedReasoning);
  part.seal = <u8>Seal.ClaudeRedacted;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("data")) part.text = cursor.takeString();
    else cursor.skip();
  }
}

/** Appends a thinking block's signature, Claude's as it is and others marked: without one, clients do not send the block back. */
export function writeSignature(seal: Seal, proof: Slice, out: Bytes): void {
  if (seal == Seal.Claude) {
    writeString(out, proof);
    return;
  }
  out.byte(0x22);
  writeMarkedBody(out, seal, proof);
  out.byte(0x22);
}
