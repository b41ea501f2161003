import { Bytes } from "../bytes/bytes";
import { Slice, sliceLength } from "../json/slice";
import { writeStringBody } from "../json/text";

/** What stands around the text in the events of one block: written once for all of them, as only the text differs. */
export class TextFrame {
  /** Up to the text, with its opening quote, and from its closing quote on. */
  readonly head: Bytes = new Bytes();
  readonly tail: Bytes = new Bytes();

  get isEmpty(): bool {
    return this.head.length == 0;
  }

  clear(): void {
    this.head.clear();
    this.tail.clear();
  }

  write(out: Bytes, text: Slice): void {
    out.reserve(this.head.length + sliceLength(text) + this.tail.length);
    out.appendBytes(this.head);
    writeStringBody(out, text);
    out.appendBytes(this.tail);
  }
}
