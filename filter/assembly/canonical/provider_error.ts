import { Bytes } from "../bytes/bytes";
import { writeInteger } from "../bytes/numbers";
import { ErrorKind, errorKindOfStatus, statusOfErrorKind } from "./error_kind";

/** The longest error message that is kept of a provider: some answer with a whole HTML page. */
export const ERROR_MESSAGE_BYTES_MAX: u32 = 4096;

/** What a provider says went wrong. */
export class ProviderError {
  /** An HTTP status, 400 to 599. */
  status: u16 = 0;
  kind: ErrorKind = ErrorKind.Server;
  message: Bytes = new Bytes();
  /** The provider's own words for it: `insufficient_quota`, `overloaded_error`. */
  type: Bytes = new Bytes();
  code: Bytes = new Bytes();
  param: Bytes = new Bytes();
  /** The status that says it right, where the provider's own does not; 0: it does. */
  trueStatus: u16 = 0;
  /** When to try again, in whole seconds, where the body says it; 0: it does not. */
  retryAfterSeconds: u32 = 0;
  /** The body has not all that its format's errors have, so that not even the format's own clients read it. */
  isIncomplete: bool = false;

  clear(): void {
    this.status = 0;
    this.kind = ErrorKind.Server;
    this.message.clear();
    this.type.clear();
    this.code.clear();
    this.param.clear();
    this.trueStatus = 0;
    this.retryAfterSeconds = 0;
    this.isIncomplete = false;
  }

  /**
   * Status and kind from one another: a status says most; without one (an error inside of a 200) the provider's words do. -1: they say
   * nothing.
   */
  settle(kindOfWords: i32): void {
    if (this.status != 0) this.kind = errorKindOfStatus(this.status);
    else {
      this.kind = kindOfWords < 0 ? ErrorKind.Server : <ErrorKind>kindOfWords;
      this.status = statusOfErrorKind(this.kind);
    }
    this.shorten();
  }

  /** For an answer that says nothing itself: what its status means. */
  describeStatus(): void {
    this.message.clear();
    this.message.ascii("The provider answered with status ");
    writeInteger(this.message, this.status);
    this.message.ascii(" and no readable error message.");
  }

  /** For an error inside of an answer that says nothing itself. */
  describeNothing(): void {
    this.message.ascii("The provider reported an error and no readable message.");
  }

  private shorten(): void {
    if (this.message.length > ERROR_MESSAGE_BYTES_MAX) this.message.length = wholeCharacters(this.message, ERROR_MESSAGE_BYTES_MAX);
  }
}

/** The largest length up to `length` that cuts no UTF-8 sequence in two. */
function wholeCharacters(text: Bytes, length: u32): u32 {
  while (length > 0 && (load<u8>(text.ptr + length) & 0xc0) == 0x80) length--;
  return length;
}
