import { Bytes } from "../bytes/bytes";
import { writeInteger } from "../bytes/numbers";
import { Cursor, Kind } from "../json/cursor";
import { ABSENT, Slice } from "../json/slice";
import { writeString, writeText } from "../json/text";
import { TokenLogprob, TokenLogprobs } from "./token_logprobs";

// Lists of tokens as both of OpenAI's APIs have them: {"token", "bytes", "logprob", "top_logprobs"}, and the same without the last for each of
// the `top_logprobs`. https://platform.openai.com/docs/api-reference/chat/object , https://platform.openai.com/docs/api-reference/responses/object

/** Reads the list under the cursor and adds it to `tokens`. */
export function readTokenLogprobs(cursor: Cursor, tokens: TokenLogprobs): void {
  if (!cursor.enterArray()) {
    cursor.skip();
    return;
  }
  while (cursor.nextElement()) readToken(cursor, tokens, false);
}

function readToken(cursor: Cursor, tokens: TokenLogprobs, isAlternative: bool): void {
  let token = ABSENT;
  let logprob = ABSENT;
  let bytes = ABSENT;
  let alternatives = ABSENT;
  if (!cursor.enterObject()) {
    cursor.skip();
    return;
  }
  while (cursor.nextKey()) {
    if (cursor.keyIs("token")) token = cursor.takeString();
    else if (cursor.keyIs("logprob")) logprob = cursor.takeNumber();
    else if (cursor.keyIs("bytes") && cursor.kind() == Kind.Array) bytes = cursor.takeValue();
    else if (!isAlternative && cursor.keyIs("top_logprobs")) alternatives = cursor.takeValue();
    else cursor.skip();
  }
  if (token == ABSENT || logprob == ABSENT) return;
  tokens.add(token, logprob, bytes, isAlternative);
  if (alternatives == ABSENT || !inner.openValue(alternatives, cursor.depthMax) || !inner.enterArray()) return;
  while (inner.nextElement()) readToken(inner, tokens, true);
}

/** The alternatives of one token are read at a time. */
const inner = new Cursor();

/**
 * Appends the list, brackets included. `withBytes`: not in the events of the Responses API, whose parts have them
 * (https://platform.openai.com/docs/api-reference/responses-streaming/response/output_text/delta).
 */
export function writeTokenLogprobs(tokens: TokenLogprobs, withBytes: bool, out: Bytes): void {
  out.byte(0x5b);
  writeTokens(tokens, withBytes, out);
  out.byte(0x5d);
}

/** Appends the list's elements. */
export function writeTokens(tokens: TokenLogprobs, withBytes: bool, out: Bytes): void {
  const count = tokens.count;
  let i: u32 = 0;
  while (i < count) {
    if (i > 0) out.byte(0x2c);
    writeToken(tokens.at(i++), withBytes, out);
    out.ascii(',"top_logprobs":[');
    const first = i;
    while (i < count && tokens.at(i).isAlternative) {
      if (i > first) out.byte(0x2c);
      writeToken(tokens.at(i++), withBytes, out);
      out.byte(0x7d);
    }
    out.ascii("]}");
  }
}

/** Without the closing brace. */
function writeToken(one: TokenLogprob, withBytes: bool, out: Bytes): void {
  out.ascii('{"token":');
  writeString(out, one.token);
  if (withBytes) {
    out.ascii(',"bytes":');
    if (one.bytes != ABSENT) writeText(out, one.bytes);
    else writeUtf8(one.token, out);
  }
  out.ascii(',"logprob":');
  writeText(out, one.logprob);
}

/** A text's bytes as a JSON array: what a token stands for where the provider has no word for it. */
function writeUtf8(token: Slice, out: Bytes): void {
  utf8.clear();
  writeText(utf8, token);
  out.byte(0x5b);
  for (let i: u32 = 0; i < utf8.length; i++) {
    if (i > 0) out.byte(0x2c);
    writeInteger(out, load<u8>(utf8.ptr + i));
  }
  out.byte(0x5d);
}

const utf8 = new Bytes();
