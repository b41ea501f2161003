import { Bytes } from "../bytes/bytes";
import { countCharacters } from "../json/characters";
import { ABSENT, Slice, sliceIsEmpty } from "../json/slice";
import { writeStringBody } from "../json/text";
import { Citations } from "./citations";
import { ContentSink } from "./content_sink";
import { CustomTools } from "./custom_tools";
import { PARTS_MAX, Part, PartKind, PartList } from "./parts";
import { Seal } from "./seal";
import { ResponseSummary } from "./summary";
import { TokenLogprobs } from "./token_logprobs";

const noCustomTools = new CustomTools();

/**
 * A whole answer in terms that every format can be read into and written from. There is one, `canonicalResponse`, filled anew by each
 * reading.
 */
export class CanonicalResponse implements ContentSink {
  id: Slice = ABSENT;
  model: Slice = ABSENT;
  parts: PartList = new PartList();
  /** Which stop sequence ended the answer, where the provider tells. */
  stopSequence: Slice = ABSENT;
  /** Seconds since the epoch; 0 where the provider does not tell. */
  createdSeconds: i64 = 0;
  /** The client is shown reasoning, in a form that it did not ask for when this is false. */
  includesReasoning: bool = true;
  /** The client asked for `logprobs`; else nobody reads them. */
  wantsLogprobs: bool = false;
  /** Of the tokens of its texts, all of them together. */
  logprobs: TokenLogprobs = new TokenLogprobs();
  citations: Citations = new Citations();
  /** The characters of the texts of so many parts, and of all. */
  private countedParts: u32 = 0;
  private countedCharacters: u32 = 0;
  private isCounted: bool = false;
  private allCharacters: u32 = 0;
  /** Those of the request: what calls them is marked as custom. */
  customTools: CustomTools = noCustomTools;
  /** It has more parts than PARTS_MAX, and is not to be used. */
  isTooLong: bool = false;
  /** Set by whoever reads: the caller's, so that it outlives this object's next use. */
  summary: ResponseSummary = new ResponseSummary();

  clear(summary: ResponseSummary): void {
    summary.clear();
    this.summary = summary;
    this.id = ABSENT;
    this.model = ABSENT;
    this.parts.clear();
    this.stopSequence = ABSENT;
    this.createdSeconds = 0;
    this.wantsLogprobs = false;
    this.logprobs.clear();
    this.citations.clear();
    this.countedParts = 0;
    this.countedCharacters = 0;
    this.isCounted = false;
    this.customTools = noCustomTools;
    this.isTooLong = false;
  }

  /** Adds a part of the answer; the last one over and over when there are more than anyone can have meant. */
  add(kind: PartKind, text: Slice): Part {
    if (this.parts.count >= PARTS_MAX) {
      this.isTooLong = true;
      this.parts.dropLast();
    }
    return this.parts.add(kind, text);
  }

  text(text: Slice): void {
    if (!sliceIsEmpty(text)) this.add(PartKind.Text, text);
  }

  reasoning(text: Slice): void {
    if (!sliceIsEmpty(text)) this.add(PartKind.Reasoning, text);
  }

  /** Reasoning with its provider's proof; its text may be empty. */
  sealedReasoning(text: Slice, seal: Seal, proof: Slice): void {
    const part = this.add(PartKind.Reasoning, text);
    part.seal = <u8>seal;
    part.id = proof;
  }

  refusal(text: Slice): void {
    if (!sliceIsEmpty(text)) this.add(PartKind.Refusal, text);
  }

  toolCall(id: Slice, name: Slice, input: Slice, signature: Slice = ABSENT): void {
    const part = this.add(PartKind.ToolCall, input);
    part.id = id;
    part.name = name;
    part.signature = signature;
    part.isCustom = this.customTools.has(name);
  }

  /**
   * One stretch of reasoning may be several parts: where the one that begins at a part ends, at the latest with the first part that has a
   * proof.
   */
  reasoningEnd(first: u32): u32 {
    let i = first;
    while (i < this.parts.count && this.parts.at(i).kind == <u8>PartKind.Reasoning) {
      if (this.parts.at(i++).seal != <u8>Seal.None) break;
    }
    return i;
  }

  /** Appends the text of the reasoning in [first, end) as the inside of a JSON string. */
  writeReasoningBody(first: u32, end: u32, out: Bytes): void {
    for (let i = first; i < end; i++) writeStringBody(out, this.parts.at(i).text);
  }

  /** How many characters the texts of the parts before `end` have. Asked for one part after the other, each is counted once. */
  charactersBefore(end: u32): u32 {
    if (end < this.countedParts) {
      this.countedParts = 0;
      this.countedCharacters = 0;
    }
    for (; this.countedParts < end; this.countedParts++) {
      const part = this.parts.at(this.countedParts);
      if (part.kind == <u8>PartKind.Text) this.countedCharacters += countCharacters(part.text);
    }
    return this.countedCharacters;
  }

  /** How many characters the texts have, when all have been read. */
  get characters(): u32 {
    if (!this.isCounted) this.allCharacters = this.charactersBefore(this.parts.count);
    this.isCounted = true;
    return this.allCharacters;
  }

  /** How many parts of a kind there are. */
  countOf(kind: PartKind): i32 {
    let count = 0;
    for (let i: u32 = 0; i < this.parts.count; i++) if (this.parts.at(i).kind == <u8>kind) count++;
    return count;
  }
}

export const canonicalResponse = new CanonicalResponse();

/** What became of an answer's body. The numbers are part of the facade. */
export enum ResponseResult {
  /** Client and provider speak the same format: the body goes on as it came. */
  Unchanged = 0,
  Rewritten = 1,
  /** The body is an error, whatever its status says. */
  ProviderError = 2,
  /** The body is no answer of this format. */
  Malformed = 3,
}
