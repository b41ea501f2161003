import { Bytes } from "../../bytes/bytes";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice } from "../../json/slice";
import { writeString } from "../../json/text";

// Where Google's own chat completions API has the thought signature of a tool call, and expects it back from its clients:
// https://ai.google.dev/gemini-api/docs/thought-signatures#openai , tool_calls[].extra_content.google.thought_signature.

/** Appends `extra_content` as a further member of a tool call. */
export function writeCallSignature(signature: Slice, out: Bytes): void {
  out.ascii(',"extra_content":{"google":{"thought_signature":');
  writeString(out, signature);
  out.ascii("}}");
}

/** Passes the value of `extra_content` and returns the signature in it, if any. */
export function takeCallSignature(cursor: Cursor): Slice {
  let signature = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return signature;
  }
  while (cursor.nextKey()) {
    if (!cursor.keyIs("google") || !cursor.enterObject()) {
      cursor.skip();
      continue;
    }
    while (cursor.nextKey()) {
      if (cursor.keyIs("thought_signature")) signature = cursor.takeString();
      else cursor.skip();
    }
  }
  return signature;
}
