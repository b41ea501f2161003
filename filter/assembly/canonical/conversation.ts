import { indexOfAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { SipHash } from "../bytes/siphash";
import { Form, Slice, sliceForm, sliceLength, slicePtr } from "../json/slice";
import { writeText } from "../json/text";
import { Message, PartKind, Role } from "./parts";
import { CanonicalRequest } from "./request";

/** Where in a conversation a request stands. */
export enum Turn {
  /** Nothing was answered yet. */
  Opening = 0,
  /** The user has said something new. */
  User = 1,
  /** What goes back to the model without the user having spoken: a tool's result, or its own answer to be gone on with. */
  Continuation = 2,
}

const text = new Bytes();

export function turnOf(request: CanonicalRequest): Turn {
  if (firstAnswer(request) == request.messages.count) return Turn.Opening;
  for (let i = <i32>request.messages.count - 1; i >= 0; i--) {
    const message = request.messages.at(i);
    if (message.role == <u8>Role.System || message.role == <u8>Role.Developer) continue;
    return message.role == <u8>Role.User && speaks(request, message) ? Turn.User : Turn.Continuation;
  }
  return Turn.User;
}

/** Hashes what the user has said last: what a turn and the steps of its tool loop have in common. */
export function hashSaid(request: CanonicalRequest, hash: SipHash): void {
  for (let i = <i32>request.messages.count - 1; i >= 0; i--) {
    const message = request.messages.at(i);
    if (message.role == <u8>Role.User && speaks(request, message)) return hashMessage(request, message, hash);
  }
}

/**
 * Hashes what stays the same through a conversation and differs between conversations: what stands before the first answer, whole. Texts as
 * they are spelt in the body, escapes included: clients spell what they repeat the same way. Tools are left out, as some clients offer
 * others in each turn. False when no user has spoken: then nothing tells it from others.
 */
export function hashOpening(request: CanonicalRequest, hash: SipHash): bool {
  let hasUser = false;
  const end = firstAnswer(request);
  for (let i: u32 = 0; i < request.messages.count; i++) {
    const message = request.messages.at(i);
    // What stands beside the list (Anthropic's system) may have come after it in the body.
    if (i >= end && message.source >= 0) continue;
    if (message.role == <u8>Role.User) hasUser = true;
    hashMessage(request, message, hash);
  }
  return hasUser;
}

/** The index of the first message that is an answer or follows one, the number of messages when there is none. */
function firstAnswer(request: CanonicalRequest): u32 {
  const count = request.messages.count;
  for (let i: u32 = 0; i < count; i++) {
    const role = request.messages.at(i).role;
    if (role == <u8>Role.Assistant || role == <u8>Role.Tool) return i;
  }
  return count;
}

function hashMessage(request: CanonicalRequest, message: Message, hash: SipHash): void {
  store<u8>(roleByte, message.role);
  hash.field(roleByte, 1);
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const part = request.parts.at(i);
    hash.field(slicePtr(part.text), sliceLength(part.text));
  }
}

const roleByte = heap.alloc(1);

/** Whether a user's message has anything of the user's own: an image, or words that its program has not put there. */
function speaks(request: CanonicalRequest, message: Message): bool {
  for (let i = message.firstPart; i < message.firstPart + message.partCount; i++) {
    const part = request.parts.at(i);
    if (part.kind != <u8>PartKind.Text || saysWords(part.text)) return true;
  }
  return false;
}

function saysWords(said: Slice): bool {
  if (sliceForm(said) == Form.Plain) return hasWords(slicePtr(said), sliceLength(said));
  text.clear();
  writeText(text, said);
  const says = hasWords(text.ptr, text.length);
  text.clear();
  return says;
}

/**
 * Whether a text has more than space and the envelopes that Claude Code puts beside tools' results in the user's name: those that Plano
 * looks for (katanemo/plano, crates/brightstaff/src/handlers/llm/session_router.rs).
 */
function hasWords(ptr: usize, length: u32): bool {
  while (length > 0) {
    const skipped = skipEnvelope(ptr, length, "<system-reminder>", "</system-reminder>");
    const passed = skipped > 0 ? skipped : skipEnvelope(ptr, length, "<user-prompt-submit-hook>", "</user-prompt-submit-hook>");
    if (passed == 0 && load<u8>(ptr) > 0x20) return true;
    const step = passed == 0 ? 1 : passed;
    ptr += step;
    length -= step;
  }
  return false;
}

/** The length of the envelope that a text begins with, 0 when it does not. One that is not closed goes to the end. */
function skipEnvelope(ptr: usize, length: u32, open: string, close: string): u32 {
  if (length < <u32>open.length || indexOfAscii(ptr, open.length, open) != 0) return 0;
  const at = indexOfAscii(ptr, length, close);
  return at < 0 ? length : at + close.length;
}
