import { indexOfAscii, startsWithAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { Cursor } from "../json/cursor";
import { ABSENT, Slice, sliceForm, sliceIs, sliceIsEmpty, sliceLength, sliceOf, slicePtr, textOf } from "../json/slice";
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

/** Takes the file data under the cursor, a data URL or base64 alone, which is taken to be a PDF's. */
export function readFileData(cursor: Cursor, part: Part): void {
  readFileUrl(cursor, part);
  if (part.mediaType == ABSENT) part.mediaType = textOf(pdf);
}

/**
 * Takes the file's URL under the cursor. A text that it holds stands in the part as it is read, as a document of plain text has it in other
 * APIs: `isBroken` tells what cannot be read.
 */
export function readFileUrl(cursor: Cursor, part: Part): void {
  setUrl(cursor.takeToken(), part);
  if (isText(part) && !sliceIsEmpty(part.text)) part.text = cursor.decodeBase64(part.text);
}

/** A document whose text is here, decoded. */
export function isText(part: Part): bool {
  return sliceIs(part.mediaType, "text/plain");
}

/** Of a document that was read: its text is no base64, or not UTF-8. */
export function isBroken(part: Part): bool {
  return isText(part) && part.text == ABSENT;
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
