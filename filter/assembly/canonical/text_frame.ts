import { Bytes } from "../bytes/bytes";
import { Slice, sliceLength } from "../json/slice";
import { writeStringBody } from "../json/text";

/**
 * What stands around the text in the events of one block: written once for all of them, as only the text differs. Its bytes are those up to the
 * text, with its opening quote, and behind them those from its closing quote on.
 */
export class TextFrame extends Bytes {
  private textAt: u32 = 0;

  /** The text goes behind what was written so far. */
  markText(): void {
    this.textAt = this.length;
  }

  write(out: Bytes, text: Slice): void {
    out.reserve(this.length + sliceLength(text));
    out.append(this.ptr, this.textAt);
    writeStringBody(out, text);
    out.append(this.ptr + this.textAt, this.length - this.textAt);
  }
}
