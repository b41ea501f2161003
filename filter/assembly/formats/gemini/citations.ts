import { Bytes } from "../../bytes/bytes";
import { Citations, takePosition } from "../../canonical/citations";
import { charactersInBytes } from "../../json/characters";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice, sliceIsEmpty, textOf } from "../../json/slice";

// What a candidate rests on, https://ai.google.dev/gemini-api/docs/google-search#attributing_sources_with_inline_citations : a list of sources,
// and a list of stretches of the text, in bytes, each with the numbers of its sources. Pages that it quotes at length stand apart
// (https://ai.google.dev/api/generate-content#v1beta.CitationMetadata).

const DEPTH_MAX: u32 = 256;

/** Reads a candidate's `groundingMetadata`. `said`: the answer's text. */
export function readGrounding(metadata: Slice, said: Bytes, citations: Citations): void {
  let supports = ABSENT;
  sources.clear();
  if (!outer.openValue(metadata, DEPTH_MAX) || !outer.enterObject()) return;
  while (outer.nextKey()) {
    if (outer.keyIs("groundingChunks") && outer.enterArray()) while (outer.nextElement()) readSource(outer);
    else if (outer.keyIs("groundingSupports")) supports = outer.takeValue();
    else outer.skip();
  }
  if (outer.openValue(supports, DEPTH_MAX) && outer.enterArray()) {
    while (outer.nextElement()) readSupport(outer, textOf(said), citations);
  } else for (let i: u32 = 0; i < sources.count; i++) citations.add(sources.at(i).url, sources.at(i).title, 0, 0);
}

/** A page of the web, of a collection, or of Google Maps, under the name of its kind; one without a URL keeps its number. */
function readSource(cursor: Cursor): void {
  let url = ABSENT;
  let title = ABSENT;
  if (cursor.enterObject()) {
    while (cursor.nextKey()) {
      if (!cursor.enterObject()) {
        cursor.skip();
        continue;
      }
      while (cursor.nextKey()) {
        if (cursor.keyIs("uri")) url = cursor.takeString();
        else if (cursor.keyIs("title")) title = cursor.takeString();
        else cursor.skip();
      }
    }
  } else cursor.skip();
  sources.add(url, title, 0, 0);
}

function readSupport(cursor: Cursor, said: Slice, citations: Citations): void {
  let start: u32 = 0;
  let end: u32 = 0;
  let numbers = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("groundingChunkIndices")) numbers = cursor.takeValue();
    else if (cursor.keyIs("segment") && cursor.enterObject()) {
      while (cursor.nextKey()) {
        if (cursor.keyIs("startIndex")) start = takePosition(cursor);
        else if (cursor.keyIs("endIndex")) end = takePosition(cursor);
        else cursor.skip();
      }
    } else cursor.skip();
  }
  if (!inner.openValue(numbers, DEPTH_MAX) || !inner.enterArray()) return;
  let isCounted = false;
  while (inner.nextElement()) {
    const number = inner.takeInteger(-1);
    if (number < 0 || number >= <i64>sources.count) continue;
    const source = sources.at(<u32>number);
    if (sliceIsEmpty(source.url)) continue;
    if (!isCounted) {
      isCounted = true;
      start = charactersInBytes(said, start);
      end = charactersInBytes(said, end);
    }
    citations.add(source.url, source.title, start, end);
  }
}

/** Reads a candidate's `citationMetadata`. */
export function readQuotations(metadata: Slice, said: Bytes, citations: Citations): void {
  if (!outer.openValue(metadata, DEPTH_MAX) || !outer.enterObject()) return;
  while (outer.nextKey()) {
    const isList = outer.keyIs("citations") || outer.keyIs("citationSources"); // Vertex AI's name for it, and the Gemini API's
    if (!isList || !outer.enterArray()) {
      outer.skip();
      continue;
    }
    while (outer.nextElement()) readQuotation(outer, textOf(said), citations);
  }
}

function readQuotation(cursor: Cursor, said: Slice, citations: Citations): void {
  let url = ABSENT;
  let title = ABSENT;
  let start: u32 = 0;
  let end: u32 = 0;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("uri")) url = cursor.takeString();
    else if (cursor.keyIs("title")) title = cursor.takeString();
    else if (cursor.keyIs("startIndex")) start = takePosition(cursor);
    else if (cursor.keyIs("endIndex")) end = takePosition(cursor);
    else cursor.skip();
  }
  if (!sliceIsEmpty(url)) citations.add(url, title, charactersInBytes(said, start), charactersInBytes(said, end));
}

const sources = new Citations();
const outer = new Cursor();
const inner = new Cursor();
