import { equalAscii } from "../../bytes/ascii";
import { Bytes } from "../../bytes/bytes";
import { isText } from "../../canonical/data_url";
import { Message, Part, PartKind } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest } from "../../canonical/request";
import { ABSENT, Slice, sliceIs, sliceLength, slicePtr } from "../../json/slice";
import { writeString } from "../../json/text";

// https://ai.google.dev/gemini-api/docs/file-input-methods : data inline, or a file by its URI, either with its media type.

/** How long a file's name extension is at most, the dot included. */
const EXTENSION_LENGTH_MAX: u32 = 6;

export function writeMedia(request: CanonicalRequest, message: Message, part: Part, out: Bytes): bool {
  if (part.id != ABSENT) return refuse(message, "a file stored with another provider cannot be sent to this model");
  if (part.detail != ABSENT) request.drop("messages[].content[].image_url.detail");
  if (part.kind == <u8>PartKind.Audio) return writeAudio(message, part, out);
  if (part.kind == <u8>PartKind.Document && isText(part)) {
    out.ascii('{"text":');
    writeString(out, part.text);
    out.byte(0x7d);
    return true;
  }
  if (part.mediaType == ABSENT) return writeUrl(message, part, out);
  out.ascii('{"inlineData":{"mimeType":');
  // A name that many use for it and this API refuses.
  if (sliceIs(part.mediaType, "image/jpg")) out.ascii('"image/jpeg"');
  else writeString(out, part.mediaType);
  writeData(part, out);
  return true;
}

function refuse(message: Message, why: string): bool {
  return problem.refuseMessage(message.source, why);
}

function writeData(part: Part, out: Bytes): void {
  out.ascii(',"data":');
  writeString(out, part.text);
  out.ascii("}}");
}

/** https://ai.google.dev/gemini-api/docs/audio#supported-formats */
function writeAudio(message: Message, part: Part, out: Bytes): bool {
  if (sliceIs(part.mediaType, "wav")) out.ascii('{"inlineData":{"mimeType":"audio/wav"');
  else if (sliceIs(part.mediaType, "mp3")) out.ascii('{"inlineData":{"mimeType":"audio/mp3"');
  else return refuse(message, "audio can only be wav or mp3 for this model");
  writeData(part, out);
  return true;
}

/** A file on the web must come with its media type, which the client's API does not have, and which its name can tell. */
function writeUrl(message: Message, part: Part, out: Bytes): bool {
  const type = part.kind == <u8>PartKind.Document ? "application/pdf" : imageTypeOf(part.text);
  if (type.length == 0)
    return refuse(message, "the type of an image behind a URL cannot be told from its name, which this model needs; send its data");
  out.ascii('{"fileData":{"mimeType":"');
  out.ascii(type);
  out.ascii('","fileUri":');
  writeString(out, part.text);
  out.ascii("}}");
  return true;
}

/** By the extension of the URL's path; empty: none that this API takes (https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats). */
function imageTypeOf(url: Slice): string {
  const ptr = slicePtr(url);
  let end = ptr;
  const last = ptr + sliceLength(url);
  while (end < last && load<u8>(end) != 0x3f && load<u8>(end) != 0x23) end++;
  let dot = end;
  while (dot > ptr && end - dot < EXTENSION_LENGTH_MAX && load<u8>(dot) != 0x2e) dot--;
  const length = <u32>(end - dot);
  if (equalAscii(dot, length, ".png")) return "image/png";
  if (equalAscii(dot, length, ".jpg") || equalAscii(dot, length, ".jpeg")) return "image/jpeg";
  if (equalAscii(dot, length, ".webp")) return "image/webp";
  if (equalAscii(dot, length, ".heic")) return "image/heic";
  if (equalAscii(dot, length, ".heif")) return "image/heif";
  return "";
}
