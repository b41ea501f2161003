import { startsWithAscii } from "../../bytes/ascii";
import { Bytes } from "../../bytes/bytes";
import { RequestHead } from "../../canonical/request_head";
import { isMarked } from "../../canonical/seal";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr } from "../../json/slice";

// A conversation of which another API's model has answered a turn, on its way to OpenAI: reasoning that is not OpenAI's is taken out, and
// all else stays as it came. Other makers' models are served behind this API too, whose encrypted reasoning OpenAI refuses with 400
// (https://github.com/experientiallabs/experiential/pull/965). What one account of OpenAI's, or Azure, has encrypted looks like any other's.

/** What the ids of reasoning items begin with that were made here. OpenAI looks up an item by its id and refuses one that it has not got. */
export const REASONING_ID_PREFIX = "rs_plano_";

/** What OpenAI encrypts begins with a version of 0x80 and a time of 64 bits, in base64: https://github.com/fernet/spec/blob/master/Spec.md */
const ENCRYPTED_PREFIX = "gAAAA";

function startsWith(text: Slice, prefix: string): bool {
  return startsWithAscii(slicePtr(text), sliceLength(text), prefix);
}

/** Of a reasoning item, or of a reference to one: whether it has nothing that anyone who speaks this API could know. */
function isForeign(type: Slice, id: Slice, proof: Slice): bool {
  const isMadeHere = startsWith(id, REASONING_ID_PREFIX);
  if (sliceIs(type, "item_reference")) return isMadeHere;
  if (!sliceIs(type, "reasoning")) return false;
  return sliceIsEmpty(proof) ? sliceIsEmpty(id) || isMadeHere : isMarked(proof);
}

/** Whether a reasoning item was encrypted by another maker's model than OpenAI's. */
function isOthers(type: Slice, proof: Slice): bool {
  return sliceIs(type, "reasoning") && !sliceIsEmpty(proof) && !startsWith(proof, ENCRYPTED_PREFIX);
}

/** Passes the item under the cursor and notes in `head` whether it is reasoning that OpenAI would refuse. */
export function scanItem(cursor: Cursor, head: RequestHead): void {
  let type = ABSENT;
  let id = ABSENT;
  let proof = ABSENT;
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) type = cursor.takeToken();
    else if (cursor.keyIs("id")) id = cursor.takeToken();
    else if (cursor.keyIs("encrypted_content")) proof = cursor.takeToken();
    else cursor.skip();
  }
  if (isForeign(type, id, proof)) head.hasMarkedReasoning = true;
  else if (isOthers(type, proof)) head.hasOthersReasoning = true;
}

/** Appends the input under the cursor without reasoning of other APIs and, for OpenAI's own models, of other makers. */
export function writeOwnItems(cursor: Cursor, forOpenai: bool, out: Bytes): void {
  cursor.enterArray();
  let separator: u8 = 0x5b;
  while (cursor.nextElement()) {
    const type = cursor.peekMember("type");
    const proof = cursor.peekMember("encrypted_content");
    if (isForeign(type, cursor.peekMember("id"), proof) || (forOpenai && isOthers(type, proof))) {
      cursor.skip();
      continue;
    }
    out.byte(separator);
    separator = 0x2c;
    const value = cursor.takeValue();
    out.append(slicePtr(value), sliceLength(value));
  }
  if (separator == 0x5b) out.byte(separator);
  out.byte(0x5d);
}
