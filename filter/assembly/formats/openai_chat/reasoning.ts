import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { PartKind } from "../../canonical/parts";
import { CanonicalRequest } from "../../canonical/request";
import { CanonicalResponse } from "../../canonical/response";
import { Seal } from "../../canonical/seal";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty } from "../../json/slice";
import { writeString } from "../../json/text";

// OpenAI's chat API has no reasoning in messages. What others can be sent back stands in `reasoning_details`, as OpenRouter began it and its
// clients return it: each with the `format` that says whose it is. https://www.npmjs.com/package/@openrouter/ai-sdk-provider

function formatOf(seal: Seal): string {
  switch (seal) {
    case Seal.Gemini:
      return '"google-gemini-v1"';
    case Seal.Openai:
      return '"openai-responses-v1"';
    default:
      return '"anthropic-claude-v1"';
  }
}

/** Begins a detail; what is readable is `reasoning.text`, whose text follows as the inside of a string. */
export function beginDetail(seal: Seal, out: Bytes): void {
  out.ascii(isText(seal) ? '{"type":"reasoning.text","text":"' : '{"type":"reasoning.encrypted","data":');
}

export function isText(seal: Seal): bool {
  return seal == Seal.Claude || seal == Seal.Gemini;
}

/** Ends a detail behind its text or in place of its data. */
export function endDetail(seal: Seal, proof: Slice, index: i32, out: Bytes): void {
  if (isText(seal)) out.ascii('","signature":');
  writeString(out, proof);
  out.ascii(',"format":');
  out.ascii(formatOf(seal));
  out.ascii(',"index":');
  writeInteger(out, index);
  out.byte(0x7d);
}

/** Appends `reasoning_details` as a further member of a message, when any of its reasoning is sealed. */
export function writeReasoningDetails(response: CanonicalResponse, out: Bytes): void {
  let count = 0;
  for (let i: u32 = 0; i < response.parts.count; i++) {
    const isRedacted = response.parts.at(i).kind == <u8>PartKind.RedactedReasoning;
    const end = isRedacted ? i + 1 : response.reasoningEnd(i);
    if (end == i) continue;
    const last = response.parts.at(end - 1);
    const seal = <Seal>last.seal;
    if (seal != Seal.None) {
      out.ascii(count == 0 ? ',"reasoning_details":[' : ",");
      beginDetail(seal, out);
      if (isText(seal)) response.writeReasoningBody(i, end, out);
      endDetail(seal, isRedacted ? last.text : last.id, count++, out);
    }
    i = end - 1;
  }
  if (count > 0) out.byte(0x5d);
}

/** Reads the value of `reasoning_details`; whether any of it was sealed. */
export function readReasoningDetails(cursor: Cursor, request: CanonicalRequest): bool {
  let found = false;
  if (!cursor.enterArray()) {
    cursor.skip();
    return false;
  }
  while (cursor.nextElement()) found = readDetail(cursor, request) || found;
  return found;
}

function readDetail(cursor: Cursor, request: CanonicalRequest): bool {
  let text = ABSENT;
  let proof = ABSENT;
  let data = ABSENT;
  let format = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return false;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("text")) text = cursor.takeString();
    else if (cursor.keyIs("signature")) proof = cursor.takeString();
    else if (cursor.keyIs("data")) data = cursor.takeString();
    else if (cursor.keyIs("format")) format = cursor.takeToken();
    else cursor.skip();
  }
  const isRedacted = sliceIsEmpty(proof) && !sliceIsEmpty(data) && sliceIs(format, "anthropic-claude-v1");
  const seal = isRedacted ? Seal.ClaudeRedacted : sealOf(format);
  if (isRedacted) request.parts.add(PartKind.RedactedReasoning, data).seal = <u8>seal;
  if (isRedacted || seal == Seal.None) return isRedacted;
  if (seal == Seal.Openai) proof = data;
  if (sliceIsEmpty(proof)) return false;
  const part = request.parts.add(PartKind.Reasoning, text);
  part.seal = <u8>seal;
  part.id = proof;
  return true;
}

function sealOf(format: Slice): Seal {
  if (sliceIs(format, "anthropic-claude-v1")) return Seal.Claude;
  if (sliceIs(format, "google-gemini-v1")) return Seal.Gemini;
  return sliceIs(format, "openai-responses-v1") ? Seal.Openai : Seal.None;
}
