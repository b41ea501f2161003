import { Bytes } from "../bytes/bytes";
import { writeInteger } from "../bytes/numbers";
import { Cursor } from "../json/cursor";
import { ABSENT, sliceIsEmpty } from "../json/slice";
import { writeString } from "../json/text";
import { Citation, Citations, takePosition } from "./citations";

// Annotations of a text, in the chat API {"type", "url_citation": {"url", "title", "start_index", "end_index"}}, in the Responses API the same
// in one object. https://platform.openai.com/docs/guides/tools-web-search#output-and-citations . Those of files have no URL and are passed over.

/** Reads the list under the cursor. `base`: how many characters of the answer's text stand before the one that it is about. */
export function readAnnotations(cursor: Cursor, base: u32, citations: Citations): void {
  if (!cursor.enterArray()) {
    cursor.skip();
    return;
  }
  while (cursor.nextElement()) readAnnotation(cursor, base, citations);
}

export function readAnnotation(cursor: Cursor, base: u32, citations: Citations): void {
  let url = ABSENT;
  let title = ABSENT;
  let start: u32 = 0;
  let end: u32 = 0;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("url")) url = cursor.takeString();
    else if (cursor.keyIs("title")) title = cursor.takeString();
    else if (cursor.keyIs("start_index")) start = takePosition(cursor);
    else if (cursor.keyIs("end_index")) end = takePosition(cursor);
    else if (cursor.keyIs("url_citation")) readAnnotation(cursor, base, citations);
    else cursor.skip();
  }
  if (sliceIsEmpty(url)) return;
  if (end > 0) citations.add(url, title, base + start, base + end);
  else citations.add(url, title, 0, 0); // xAI tells no places
}

/** Appends `"start_index":…,"end_index":…,"title":…,"url":…` of a text that begins at character `base` of the answer's and ends at `end`. */
export function writeUrlCitation(citation: Citation, base: u32, end: u32, out: Bytes): void {
  out.ascii('"start_index":');
  writeInteger(out, placeIn(base, end, citation.start));
  out.ascii(',"end_index":');
  writeInteger(out, placeIn(base, end, citation.end));
  out.ascii(',"title":');
  writeString(out, sliceIsEmpty(citation.title) ? citation.url : citation.title);
  out.ascii(',"url":');
  writeString(out, citation.url);
}

function placeIn(base: u32, end: u32, position: u32): u32 {
  return (position < base ? base : position > end ? end : position) - base;
}
