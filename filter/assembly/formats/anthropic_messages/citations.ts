import { Bytes } from "../../bytes/bytes";
import { Citation, Citations } from "../../canonical/citations";
import { CanonicalResponse } from "../../canonical/response";
import { FOREIGN_CITATION } from "../../canonical/seal";
import { countCharacters, offsetOfCharacter } from "../../json/characters";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice, sliceForm, sliceIsEmpty, sliceLength, sliceOf, slicePtr } from "../../json/slice";
import { isBlank, writeString } from "../../json/text";

// What a text block rests on: https://platform.claude.com/docs/en/build-with-claude/citations . Those of pages of the web have a URL; those of
// documents that came with the request do not, and no other API has them.

/** Reads the citation under the cursor, of a text from character `start` to before `end` of the answer's. */
export function readCitation(cursor: Cursor, start: u32, end: u32, citations: Citations): void {
  let url = ABSENT;
  let title = ABSENT;
  let text = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("url")) url = cursor.takeString();
    else if (cursor.keyIs("title")) title = cursor.takeString();
    else if (cursor.keyIs("cited_text")) text = cursor.takeString();
    else cursor.skip();
  }
  if (!sliceIsEmpty(url)) citations.add(url, title, start, end, text);
}

/** By the mark it can be told from Claude's own when it comes back: Anthropic refuses an index that it has not made. */
export function writeCitation(citation: Citation, out: Bytes): void {
  out.ascii('{"type":"web_search_result_location","cited_text":');
  writeString(out, citation.citedText);
  out.ascii(',"url":');
  writeString(out, citation.url);
  out.ascii(',"title":');
  writeString(out, sliceIsEmpty(citation.title) ? citation.url : citation.title);
  out.ascii(',"encrypted_index":"');
  out.ascii(FOREIGN_CITATION);
  out.ascii('"}');
}

/** The text that is written, and which characters of the answer's it has. */
let text: Slice = ABSENT;
let base: u32 = 0;
let end: u32 = 0;
/** The last of all texts; what is placed behind it belongs there. */
let last: u32 = 0;
/** A place in the text, by its characters and by its bytes, from which others are looked for. */
let knownCharacter: u32 = 0;
let knownOffset: u32 = 0;

/** Appends a text as blocks: citations are those of a whole block here, so the text is cut where what they are about begins and ends. */
export function writeCitedText(response: CanonicalResponse, part: u32, out: Bytes): void {
  const citations = response.citations;
  text = response.parts.at(part).text;
  last = response.characters - 1;
  base = response.charactersBefore(part);
  end = base + countCharacters(text);
  knownCharacter = base;
  knownOffset = 0;
  let from = base;
  while (from < end) {
    let start = nextStart(citations, from);
    if (start == end) {
      writeBlock(from, end, null, out);
      return;
    }
    let stop = stopOf(citations, start, start + 1);
    // A block of white space alone is refused when it comes back.
    while (stop < end && isBlank(pieceOf(start, stop))) stop = stopOf(citations, start, min(nextStart(citations, stop) + 1, end));
    if (isBlank(pieceOf(from, start))) start = from;
    else {
      writeBlock(from, start, null, out);
      out.byte(0x2c);
    }
    const isLast = isBlank(pieceOf(stop, end));
    writeBlock(start, isLast ? end : stop, citations, out);
    from = isLast ? end : stop;
    if (from < end) out.byte(0x2c);
  }
}

/** Where in the text what a citation is about begins and ends; at its end when it is about another. */
function startOf(citation: Citation): u32 {
  const start = min(citation.start, last);
  if (start < base || start >= end) return end;
  return citation.start == citation.end ? base : start;
}

function endOf(citation: Citation): u32 {
  return citation.start == citation.end ? end : min(citation.end, end);
}

function nextStart(citations: Citations, from: u32): u32 {
  let next = end;
  for (let i: u32 = 0; i < citations.count; i++) {
    const start = startOf(citations.at(i));
    if (start >= from && start < next) next = start;
  }
  return next;
}

/** The end of what begins at `start` and all that overlaps with it, `stop` at least. */
function stopOf(citations: Citations, start: u32, stop: u32): u32 {
  for (let reached = start; reached != stop; ) {
    reached = stop;
    for (let i: u32 = 0; i < citations.count; i++) {
      const citation = citations.at(i);
      const its = startOf(citation);
      if (its >= start && its < stop) stop = max(stop, endOf(citation));
    }
  }
  return stop;
}

function pieceOf(from: u32, to: u32): Slice {
  const first = offsetOf(from);
  return sliceOf(slicePtr(text) + first, offsetOf(to) - first, sliceForm(text));
}

/** Places are asked for from front to back, nearly all of them. */
function offsetOf(character: u32): u32 {
  if (character == end) return sliceLength(text);
  if (character < knownCharacter) {
    knownCharacter = base;
    knownOffset = 0;
  }
  const rest = sliceOf(slicePtr(text) + knownOffset, sliceLength(text) - knownOffset, sliceForm(text));
  knownOffset += offsetOfCharacter(rest, character - knownCharacter);
  knownCharacter = character;
  return knownOffset;
}

/** With those of the citations that begin in it. */
function writeBlock(from: u32, to: u32, citations: Citations | null, out: Bytes): void {
  out.ascii('{"type":"text","text":');
  writeString(out, pieceOf(from, to));
  if (citations) {
    out.ascii(',"citations":[');
    let count = 0;
    for (let i: u32 = 0; i < citations.count; i++) {
      const citation = citations.at(i);
      const start = startOf(citation);
      if (start < from || start >= to) continue;
      if (count++ > 0) out.byte(0x2c);
      writeCitation(citation, out);
    }
    out.byte(0x5d);
  }
  out.byte(0x7d);
}
