import { Bytes } from "../../bytes/bytes";
import { Citation } from "../../canonical/citations";
import { writeUrlCitation } from "../../canonical/openai_citations";
import { CanonicalResponse } from "../../canonical/response";
import { countCharacters } from "../../json/characters";
import { Slice } from "../../json/slice";

/** Appends an annotation of a text that stands from character `base` to before `end` of the answer's. */
export function writeAnnotation(citation: Citation, base: u32, end: u32, out: Bytes): void {
  out.ascii('{"type":"url_citation",');
  writeUrlCitation(citation, base, end, out);
  out.byte(0x7d);
}

/** Appends the list of those of an answer's citations that begin in the text of its part number `part`. */
export function writeAnnotations(response: CanonicalResponse, part: u32, text: Slice, out: Bytes): void {
  const citations = response.citations;
  out.byte(0x5b);
  if (citations.count > 0) {
    const last = response.characters - 1;
    const base = response.charactersBefore(part);
    const end = base + countCharacters(text);
    let count = 0;
    for (let i: u32 = 0; i < citations.count; i++) {
      const citation = citations.at(i);
      const start = min(citation.start, last);
      if (start < base || start >= end) continue;
      if (count++ > 0) out.byte(0x2c);
      writeAnnotation(citation, base, end, out);
    }
  }
  out.byte(0x5d);
}
