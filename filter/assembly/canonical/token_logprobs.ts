import { Slice } from "../json/slice";
import { RecordList } from "./parts";

/** Of one answer or event: more than fit into the longest body that is read. */
const TOKENS_MAX: u32 = 1 << 20;
const TOKENS_KEPT_MAX: u32 = 4096;

/** A token that the model chose, or one that it might have chosen in its place. */
@unmanaged
export class TokenLogprob {
  token: Slice;
  /** The natural logarithm of its probability, a JSON number. */
  logprob: Slice;
  /** The token's bytes as a JSON array of numbers; absent: not told. */
  bytes: Slice;
  /** It might have stood in place of the last token before it that is none of these. */
  isAlternative: bool;
}

/** How likely the tokens of a text were, in order, each followed by its alternatives. Slices point into what is being read. */
export class TokenLogprobs {
  /** There were more than TOKENS_MAX, and the list is not to be used. */
  isTooLong: bool = false;
  private records: RecordList = new RecordList(offsetof<TokenLogprob>());

  @inline
  get count(): u32 {
    return this.records.count;
  }

  @inline
  at(index: u32): TokenLogprob {
    return changetype<TokenLogprob>(this.records.at(index));
  }

  add(token: Slice, logprob: Slice, bytes: Slice, isAlternative: bool): void {
    if (this.count == TOKENS_MAX) {
      this.isTooLong = true;
      return;
    }
    const record = changetype<TokenLogprob>(this.records.add());
    record.token = token;
    record.logprob = logprob;
    record.bytes = bytes;
    record.isAlternative = isAlternative;
  }

  clear(): void {
    this.isTooLong = false;
    this.records.clear(TOKENS_KEPT_MAX);
  }
}
