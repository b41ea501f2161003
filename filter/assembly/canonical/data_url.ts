import { indexOfAscii, startsWithAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { ABSENT, Slice, sliceForm, sliceLength, sliceOf, slicePtr, textOf } from "../json/slice";
import { writeStringBody } from "../json/text";
import { Part } from "./parts";

/** How far into a data URL its data begins, at most. */
const DATA_URL_HEAD_BYTES_MAX: u32 = 256;

/** What a file is whose data comes without its type. */
const pdf = new Bytes();
pdf.ascii("application/pdf");

/** Takes a URL apart when it holds the data itself: data:image/png;base64,… (RFC 2397). */
export function setUrl(url: Slice, part: Part): void {
  part.text = url;
  const ptr = slicePtr(url);
  const length = sliceLength(url);
  if (!startsWithAscii(ptr, length, "data:")) return;
  const head = length < DATA_URL_HEAD_BYTES_MAX ? length : DATA_URL_HEAD_BYTES_MAX;
  const marker = indexOfAscii(ptr, head, ";base64,");
  if (marker < 0) return;
  const form = sliceForm(url);
  const data = <u32>marker + 8;
  const parameters = indexOfAscii(ptr, marker, ";"); // data:text/plain;charset=utf-8;base64,
  part.mediaType = sliceOf(ptr + 5, (parameters < 0 ? marker : parameters) - 5, form);
  part.text = sliceOf(ptr + data, length - data, form);
}

/** Takes a file's data, as a data URL or as base64 alone, which is taken to be a PDF's. */
export function setFileData(data: Slice, part: Part): void {
  setUrl(data, part);
  if (part.mediaType == ABSENT) part.mediaType = textOf(pdf);
}

/** Appends a part's URL, or the data URL of its data, as the inside of a JSON string. */
export function writeUrlBody(part: Part, out: Bytes): void {
  if (part.mediaType != ABSENT) {
    out.ascii("data:");
    writeStringBody(out, part.mediaType);
    out.ascii(";base64,");
  }
  writeStringBody(out, part.text);
}
