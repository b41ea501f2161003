import { Bytes } from "../../bytes/bytes";
import { Citation, Citations } from "../../canonical/citations";
import { writeUrlCitation } from "../../canonical/openai_citations";

/** Appends `"annotations":[…]`. */
export function writeAnnotations(citations: Citations, out: Bytes): void {
  for (let i: u32 = 0; i < citations.count; i++) {
    out.ascii(i == 0 ? '"annotations":[' : ",");
    writeAnnotation(citations.at(i), out);
  }
  out.byte(0x5d);
}

export function writeAnnotation(citation: Citation, out: Bytes): void {
  out.ascii('{"type":"url_citation","url_citation":{');
  writeUrlCitation(citation, 0, u32.MAX_VALUE, out);
  out.ascii("}}");
}
