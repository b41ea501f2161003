import { startsWithAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { ABSENT, Slice, sliceForm, sliceLength, sliceOf, slicePtr } from "../json/slice";
import { writeStringBody } from "../json/text";

// Providers prove their reasoning to themselves: Anthropic signs it, Google signs what it led to, OpenAI encrypts it. Each refuses the
// others' proofs with 400 ("Invalid `signature` in `thinking` block": https://github.com/weave-os/router/pull/861 , "Item with id 'rs_…' not
// found": https://github.com/farion1231/cc-switch/issues/5825), and a router may send a conversation's next turn to another provider. So a
// proof that goes to a client of another API is marked with whose it is; it comes back with the conversation's history, goes on to those
// who made it as they made it, and to nobody else.

/** Whose proof a piece of reasoning carries. */
export enum Seal {
  /** Nobody's: the reasoning is for reading only. */
  None = 0,
  /** A signature over a thinking block; the same with all that serve Claude. */
  Claude = 1,
  /** Thinking that only Claude can read. */
  ClaudeRedacted = 2,
  /** A thought signature. */
  Gemini = 3,
  /** A reasoning item's encrypted content. */
  Openai = 4,
}

/** What every mark begins with. No provider's own proof does: those are base64, which has no full stop. */
const MARK = "plano.";
/** In the place of the proof that Anthropic has with a citation of its own. */
export const FOREIGN_CITATION = "plano.citation";

function nameOf(seal: Seal): string {
  switch (seal) {
    case Seal.Claude:
      return "claude.";
    case Seal.ClaudeRedacted:
      return "claude_redacted.";
    case Seal.Gemini:
      return "gemini.";
    case Seal.Openai:
      return "openai.";
    default:
      return "none.";
  }
}

/** Whether a text, decoded, is a mark of this gateway's. */
export function isMarked(text: Slice): bool {
  return startsWithAscii(slicePtr(text), sliceLength(text), MARK);
}

/** Appends a proof, marked, as the inside of a JSON string. */
export function writeMarkedBody(out: Bytes, seal: Seal, proof: Slice): void {
  out.ascii(MARK);
  out.ascii(nameOf(seal));
  writeStringBody(out, proof);
}

/** What `readMark` found. */
export let markedSeal: Seal = Seal.None;
export let markedProof: Slice = ABSENT;

/** Takes a mark apart, into `markedSeal` and `markedProof`. False: the text, which is decoded, is none. */
export function readMark(text: Slice): bool {
  markedSeal = Seal.None;
  markedProof = ABSENT;
  if (!isMarked(text)) return false;
  for (let seal = <i32>Seal.Claude; seal <= <i32>Seal.Openai; seal++) {
    const name = nameOf(<Seal>seal);
    const skipped = <u32>(MARK.length + name.length);
    if (sliceLength(text) < skipped || !startsWithAscii(slicePtr(text) + MARK.length, sliceLength(text) - MARK.length, name)) continue;
    markedSeal = <Seal>seal;
    markedProof = sliceOf(slicePtr(text) + skipped, sliceLength(text) - skipped, sliceForm(text));
    break;
  }
  return true;
}
