import { Slice } from "../json/slice";

/** Who is told what an answer says, piece by piece: a whole answer (`CanonicalResponse`) or a streamed one (`MessageStream`). */
export interface ContentSink {
  text(text: Slice): void;
  reasoning(text: Slice): void;
  refusal(text: Slice): void;
}
