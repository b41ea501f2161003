import { indexOfAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { NOTHING, Text } from "../bytes/text";

const MODEL = "{model}";
const PERCENT: u8 = 0x25;

/** A provider's path, with the model's name in it where it says {model}. */
@final
export class PathTemplate {
  private readonly modelAt: i32;

  constructor(private readonly text: Text) {
    this.modelAt = indexOfAscii(text.ptr, text.length, MODEL);
  }

  /** Appends the path for a model. A name that a client chose stays one segment of it, whatever is in it. */
  write(model: Bytes, out: Bytes): void {
    const text = this.text;
    if (this.modelAt < 0) {
      out.append(text.ptr, text.length);
      return;
    }
    out.append(text.ptr, this.modelAt);
    for (let i: u32 = 0; i < model.length; i++) writeEscaped(load<u8>(model.ptr + i), out);
    const after = this.modelAt + MODEL.length;
    out.append(text.ptr + after, text.length - after);
  }
}

export const NO_PATH = new PathTemplate(NOTHING);

/** Appends a byte of a path's segment: what RFC 3986 does not reserve as it is, all else in hexadecimal. */
function writeEscaped(c: u8, out: Bytes): void {
  const letter = c | 0x20;
  if (letter - 0x61 <= 25 || c - 0x30 <= 9 || c == 0x2d || c == 0x2e || c == 0x5f || c == 0x7e) {
    out.byte(c);
    return;
  }
  out.byte(PERCENT);
  writeDigit(c >> 4, out);
  writeDigit(c & 15, out);
}

function writeDigit(digit: u8, out: Bytes): void {
  out.byte(digit < 10 ? 0x30 + digit : 0x37 + digit);
}
