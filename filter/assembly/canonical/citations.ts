import { Cursor } from "../json/cursor";
import { ABSENT, Slice } from "../json/slice";
import { RecordList } from "./parts";

/** Of one answer, or told by one event. */
const CITATIONS_MAX: u32 = 4096;
const CITATIONS_KEPT_MAX: u32 = 64;

/** A page of the web that a stretch of an answer rests on. */
@unmanaged
export class Citation {
  url: Slice;
  /** Absent where the provider does not tell it. */
  title: Slice;
  /** What the page says there; absent where the provider does not tell it. */
  citedText: Slice;
  /**
   * Of the whole answer's text, which characters (code points): from `start` to before `end`. Both 0: the provider does not say where, so it
   * is all of the text.
   */
  start: u32;
  end: u32;
}

/** Slices point into what is being read. */
export class Citations {
  /** There were more than CITATIONS_MAX, and the list is not to be used. */
  isTooLong: bool = false;
  private records: RecordList = new RecordList(offsetof<Citation>());

  @inline
  get count(): u32 {
    return this.records.count;
  }

  @inline
  at(index: u32): Citation {
    return changetype<Citation>(this.records.at(index));
  }

  add(url: Slice, title: Slice, start: u32, end: u32, citedText: Slice = ABSENT): void {
    if (this.count == CITATIONS_MAX) {
      this.isTooLong = true;
      return;
    }
    const citation = changetype<Citation>(this.records.add());
    citation.url = url;
    citation.title = title;
    citation.citedText = citedText;
    citation.start = start;
    citation.end = end < start ? start : end;
  }

  clear(): void {
    this.isTooLong = false;
    this.records.clear(CITATIONS_KEPT_MAX);
  }
}

/** A place in a text, in characters or bytes; 0 for what is none. */
export function takePosition(cursor: Cursor): u32 {
  const position = cursor.takeInteger(0);
  return position < 0 || position > i32.MAX_VALUE / 2 ? 0 : <u32>position;
}
