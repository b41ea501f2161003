import { Bytes } from "../../bytes/bytes";
import { ProviderRules } from "../../canonical/field_rules";
import { hasConversation, isInstruction } from "../../canonical/instructions";
import { Message, Part, PartKind, Role } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest } from "../../canonical/request";
import { writeArgumentsObject } from "../../canonical/tool_arguments";
import { writeToolId } from "../../canonical/tool_id";
import { ABSENT, Slice } from "../../json/slice";
import { isBlank, writeString, writeStringBody } from "../../json/text";
import { calledName, orderResults } from "./call_names";
import { writeMedia } from "./media_writer";
import { wantsSignatures } from "./models";

/** The length that ids of this API and others keep below, in characters. */
const TOOL_ID_LENGTH_MAX: u32 = 64;

/**
 * Stands for the signature of a function call that another model made, or whose client could not keep it:
 * https://ai.google.dev/gemini-api/docs/thought-signatures#faqs and, the same for Vertex,
 * https://cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures . The other of the two such words is for the Gemini API alone.
 */
const NO_SIGNATURE = '"skip_thought_signature_validator"';

/** Whose content is open in the output. Results of tools have a content of their own, though its role is the user's. */
const enum Speaker {
  Nobody,
  User,
  Model,
  Tools,
}

let open: Speaker = Speaker.Nobody;
/** Whether the content that is open has a function call. Of calls that were made at once, the first has the signature. */
let hasCall: bool = false;

/** All instructions, wherever in the conversation they stand, are one field here, of text only. */
export function writeSystemInstruction(request: CanonicalRequest, rules: ProviderRules, out: Bytes): bool {
  if (!hasConversation(request)) return true;
  let count = 0;
  for (let i: u32 = 0; i < request.messages.count; i++) {
    const message = request.messages.at(i);
    if (!isInstruction(message)) continue;
    for (let j = message.firstPart; j < message.firstPart + message.partCount; j++) {
      const part = request.parts.at(j);
      if (part.kind != <u8>PartKind.Text) return problem.refuseMessage(message.source, "instructions can only be text for this model");
      if (isBlank(part.text)) continue;
      if (count == 0 && !rules.writeKey(out, "systemInstruction")) return true;
      out.ascii(count++ == 0 ? '{"parts":[' : ",");
      writeTextPart(part, out);
    }
  }
  if (count > 0) out.ascii("]}");
  return true;
}

/** Turns of user and model. What one says in several messages is put into one content. */
export function writeContents(request: CanonicalRequest, version: i32, rules: ProviderRules, out: Bytes): bool {
  if (!rules.writeKey(out, "contents")) return true;
  const instructionsOnly = !hasConversation(request);
  out.byte(0x5b);
  open = Speaker.Nobody;
  for (let i: u32 = 0; i < request.messages.count; i++) {
    const message = request.messages.at(i);
    if (isInstruction(message) && !instructionsOnly) continue;
    let written: bool;
    if (message.role == <u8>Role.Assistant) written = writeModelParts(request, message, version, rules, out);
    else if (message.role == <u8>Role.Tool) {
      const last = lastResult(request, i);
      written = writeToolResults(request, i, last, rules, out);
      i = last;
    } else written = writeUserParts(request, message, out);
    if (!written) return false;
  }
  // An answer is given to the user or to tools.
  if (open == Speaker.Model) {
    beginPart(Speaker.User, out);
    out.ascii('{"text":"Continue."}');
  }
  out.ascii(open == Speaker.Nobody ? "]" : "]}]");
  return true;
}

/** Begins a part of a speaker: in the content that is open if it is the same one's, else in a new one. */
function beginPart(speaker: Speaker, out: Bytes): void {
  if (open == speaker) {
    out.byte(0x2c);
    return;
  }
  if (open != Speaker.Nobody) out.ascii("]},");
  // A function call must come after a user's turn or a function's, so the conversation does not begin with the model.
  else if (speaker == Speaker.Model) out.ascii('{"role":"user","parts":[{"text":"(The assistant begins.)"}]},');
  out.ascii(speaker == Speaker.Model ? '{"role":"model","parts":[' : '{"role":"user","parts":[');
  open = speaker;
  hasCall = false;
}

function writeTextPart(part: Part, out: Bytes): void {
  out.ascii('{"text":');
  writeString(out, part.text);
  out.byte(0x7d);
}

function writeUserParts(request: CanonicalRequest, message: Message, out: Bytes): bool {
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const part = request.parts.at(i);
    if (part.kind == <u8>PartKind.Text) {
      if (isBlank(part.text)) continue;
      beginPart(Speaker.User, out);
      writeTextPart(part, out);
    } else {
      beginPart(Speaker.User, out);
      if (!writeMedia(request, message, part, out)) return false;
    }
  }
  return true;
}

/** The words first and then the calls, wherever the message's fields stood. Thoughts are not sent back: only their signatures count. */
function writeModelParts(request: CanonicalRequest, message: Message, version: i32, rules: ProviderRules, out: Bytes): bool {
  const end = message.firstPart + message.partCount;
  for (let i = message.firstPart; i < end; i++) {
    const part = request.parts.at(i);
    if (part.kind == <u8>PartKind.Reasoning || part.kind == <u8>PartKind.RedactedReasoning) request.dropReasoning(part);
    else if (part.kind == <u8>PartKind.Text || part.kind == <u8>PartKind.Refusal) {
      if (isBlank(part.text)) continue;
      beginPart(Speaker.Model, out);
      writeTextPart(part, out);
    } else if (part.kind != <u8>PartKind.ToolCall) {
      beginPart(Speaker.Model, out);
      if (!writeMedia(request, message, part, out)) return false;
    }
  }
  for (let i = message.firstPart; i < end; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.ToolCall) continue;
    beginPart(Speaker.Model, out);
    writeCall(part, !hasCall && wantsSignatures(version), rules, out);
    hasCall = true;
  }
  return true;
}

function writeCall(part: Part, mustSign: bool, rules: ProviderRules, out: Bytes): void {
  out.ascii('{"functionCall":');
  writeIdAndName(part.id, part.name, rules, out);
  out.ascii(',"args":');
  writeArgumentsObject(out, part);
  out.byte(0x7d);
  if (part.signature != ABSENT || mustSign) {
    out.ascii(',"thoughtSignature":');
    if (part.signature != ABSENT) writeString(out, part.signature);
    else out.ascii(NO_SIGNATURE);
  }
  out.byte(0x7d);
}

/** Begins a call or a response to one. */
function writeIdAndName(id: Slice, name: Slice, rules: ProviderRules, out: Bytes): void {
  out.byte(0x7b);
  if (!rules.hasNoToolIds) {
    out.ascii('"id":');
    writeToolId(out, id, TOOL_ID_LENGTH_MAX);
    out.byte(0x2c);
  }
  out.ascii('"name":');
  writeString(out, name);
}

/** The last message of the results that begin with message `first`. */
function lastResult(request: CanonicalRequest, first: u32): u32 {
  let last = first;
  while (last + 1 < request.messages.count && request.messages.at(last + 1).role == <u8>Role.Tool) last++;
  return last;
}

/**
 * The results of a turn's calls, as the client has them; without ids in the order of the calls, which is then all that tells which is whose.
 * What else than text they hold follows as the user's.
 */
function writeToolResults(request: CanonicalRequest, first: u32, last: u32, rules: ProviderRules, out: Bytes): bool {
  if (rules.hasNoToolIds) orderResults(request, first, last);
  for (let i = first; i <= last; i++) {
    if (!writeToolResult(request, i, rules, out)) return false;
  }
  return writeMediaOfResults(request, first, last, out);
}

/**
 * A function's response is an object, with `output` or `error` as Google's SDKs say it
 * (https://googleapis.github.io/js-genai/release_docs/classes/types.FunctionResponse.html), and names the function that the client's
 * message only has the call's id of.
 */
function writeToolResult(request: CanonicalRequest, index: u32, rules: ProviderRules, out: Bytes): bool {
  const message = request.messages.at(index);
  const name = calledName(request, index);
  if (name == ABSENT) return problem.refuseMessage(message.source, "is the result of a tool call that is not in the message before it");
  beginPart(Speaker.Tools, out);
  out.ascii('{"functionResponse":');
  writeIdAndName(message.toolCallId, name, rules, out);
  out.ascii(message.isError ? ',"response":{"error":"' : ',"response":{"output":"');
  let texts = 0;
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.Text) continue;
    if (texts++ > 0) out.ascii("\\n");
    writeStringBody(out, part.text);
  }
  out.ascii('"}}}');
  return true;
}

/** What the results from message `first` to `last` hold besides text. It may not stand between them: there must be as many as calls. */
function writeMediaOfResults(request: CanonicalRequest, first: u32, last: u32, out: Bytes): bool {
  let count = 0;
  for (let i = first; i <= last; i++) {
    const message = request.messages.at(i);
    for (let j = message.firstPart; j < message.firstPart + message.partCount; j++) {
      const part = request.parts.at(j);
      if (part.kind == <u8>PartKind.Text) continue;
      if (count++ == 0) {
        beginPart(Speaker.User, out);
        out.ascii('{"text":"Returned by the tools:"}');
      }
      beginPart(Speaker.User, out);
      if (!writeMedia(request, message, part, out)) return false;
    }
  }
  return true;
}
