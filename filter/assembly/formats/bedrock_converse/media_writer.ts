import { Bytes } from "../../bytes/bytes";
import { writeInteger } from "../../bytes/numbers";
import { isText } from "../../canonical/data_url";
import { Message, Part, PartKind } from "../../canonical/parts";
import { problem } from "../../canonical/problem";
import { CanonicalRequest } from "../../canonical/request";
import { ABSENT, Slice, sliceIs } from "../../json/slice";
import { writeString, writeText } from "../../json/text";

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html , …_DocumentBlock.html , …_AudioBlock.html : the data itself
// as base64, or a place in Amazon S3, never a URL.

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html allows 200; room is left for a number. */
const DOCUMENT_NAME_CHARACTERS_MAX: u32 = 180;

const HYPHEN: u8 = 0x2d;
const SPACE: u8 = 0x20;

/** How many documents the request has so far. */
let documents: i64 = 0;
const name = new Bytes();

export function resetDocumentNames(): void {
  documents = 0;
}

export function writeMedia(request: CanonicalRequest, message: Message, part: Part, out: Bytes): bool {
  if (part.id != ABSENT) return refuse(message, "a file stored with another provider cannot be sent to this model");
  if (part.detail != ABSENT) request.drop("messages[].content[].image_url.detail");
  if (part.mediaType == ABSENT) return refuse(message, "this model takes no URLs of images or documents; send the data itself");
  if (part.kind == <u8>PartKind.Audio) return writeAudio(message, part, out);
  if (part.kind == <u8>PartKind.Document) return writeDocument(message, part, out);
  const format = imageFormat(part.mediaType);
  if (format.length == 0) return refuse(message, "an image can only be png, jpeg, gif or webp for this model");
  out.ascii('{"image":{"format":"');
  out.ascii(format);
  writeSource(part, out);
  return true;
}

function refuse(message: Message, why: string): bool {
  return problem.refuseMessage(message.source, why);
}

function writeSource(part: Part, out: Bytes): void {
  out.ascii('","source":{"bytes":');
  writeString(out, part.text);
  out.ascii("}}}");
}

function writeAudio(message: Message, part: Part, out: Bytes): bool {
  const isWav = sliceIs(part.mediaType, "wav");
  if (!isWav && !sliceIs(part.mediaType, "mp3")) return refuse(message, "audio can only be wav or mp3 for this model");
  out.ascii(isWav ? '{"audio":{"format":"wav' : '{"audio":{"format":"mp3');
  writeSource(part, out);
  return true;
}

function imageFormat(mediaType: Slice): string {
  if (sliceIs(mediaType, "image/png")) return "png";
  if (sliceIs(mediaType, "image/jpeg") || sliceIs(mediaType, "image/jpg")) return "jpeg";
  if (sliceIs(mediaType, "image/gif")) return "gif";
  return sliceIs(mediaType, "image/webp") ? "webp" : "";
}

function writeDocument(message: Message, part: Part, out: Bytes): bool {
  const isPlain = isText(part);
  const format = isPlain ? "txt" : documentFormat(part.mediaType);
  if (format.length == 0) return refuse(message, "a file can only be PDF, text, CSV, HTML, Markdown or of Word or Excel for this model");
  out.ascii('{"document":{"name":"');
  writeName(part, out);
  out.ascii('","format":"');
  out.ascii(format);
  if (!isPlain) {
    writeSource(part, out);
    return true;
  }
  out.ascii('","source":{"text":');
  writeString(out, part.text);
  out.ascii("}}}");
  return true;
}

function documentFormat(mediaType: Slice): string {
  if (sliceIs(mediaType, "application/pdf")) return "pdf";
  if (sliceIs(mediaType, "text/csv")) return "csv";
  if (sliceIs(mediaType, "text/html")) return "html";
  if (sliceIs(mediaType, "text/markdown")) return "md";
  if (sliceIs(mediaType, "application/msword")) return "doc";
  if (sliceIs(mediaType, "application/vnd.ms-excel")) return "xls";
  if (sliceIs(mediaType, "application/vnd.openxmlformats-officedocument.wordprocessingml.document")) return "docx";
  return sliceIs(mediaType, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet") ? "xlsx" : "";
}

/**
 * A name of letters, digits, single spaces, hyphens, parentheses and brackets; what else the client's has becomes a hyphen. No two may be
 * alike, so all but the first have their number.
 */
function writeName(part: Part, out: Bytes): void {
  documents++;
  name.clear();
  writeText(name, part.name);
  const start = out.length;
  let before: u8 = SPACE;
  for (let i: u32 = 0; i < name.length && out.length - start < DOCUMENT_NAME_CHARACTERS_MAX; i++) {
    const c = nameCharacter(load<u8>(name.ptr + i));
    if (c != before || (c != SPACE && c != HYPHEN)) out.byte(c);
    before = c;
  }
  if (out.length == start) out.ascii("document");
  if (documents == 1) return;
  out.ascii(" (");
  writeInteger(out, documents);
  out.byte(0x29);
}

function nameCharacter(c: u8): u8 {
  const letter = c | 0x20;
  if (letter - 0x61 <= 25 || c - 0x30 <= 9 || c == 0x28 || c == 0x29 || c == 0x5b || c == 0x5d) return c;
  return c == SPACE || c - 0x09 <= 4 ? SPACE : HYPHEN;
}
