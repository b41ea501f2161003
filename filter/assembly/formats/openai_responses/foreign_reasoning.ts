import { startsWithAscii } from "../../bytes/ascii";
import { Bytes } from "../../bytes/bytes";
import { isMarked } from "../../canonical/seal";
import { Cursor } from "../../json/cursor";
import { ABSENT, Slice, sliceIs, sliceIsEmpty, sliceLength, slicePtr } from "../../json/slice";

// A conversation of which another API's model has answered a turn, on its way to OpenAI: reasoning that is not OpenAI's is taken out, and
// all else stays as it came.

/** What the ids of reasoning items begin with that were made here. OpenAI looks up an item by its id and refuses one that it has not got. */
export const REASONING_ID_PREFIX = "rs_plano_";

/** Of a reasoning item, or of a reference to one: whether it has nothing that OpenAI could know. */
function isForeign(type: Slice, id: Slice, proof: Slice): bool {
  const isMadeHere = startsWithAscii(slicePtr(id), sliceLength(id), REASONING_ID_PREFIX);
  if (sliceIs(type, "item_reference")) return isMadeHere;
  if (!sliceIs(type, "reasoning")) return false;
  return sliceIsEmpty(proof) ? sliceIsEmpty(id) || isMadeHere : isMarked(proof);
}

/** Passes the item under the cursor; whether it is reasoning that OpenAI would refuse. */
export function scanItem(cursor: Cursor): bool {
  let type = ABSENT;
  let id = ABSENT;
  let proof = ABSENT;
  if (!cursor.enterObject()) return cursor.skip() && false;
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) type = cursor.takeToken();
    else if (cursor.keyIs("id")) id = cursor.takeToken();
    else if (cursor.keyIs("encrypted_content")) proof = cursor.takeToken();
    else cursor.skip();
  }
  return isForeign(type, id, proof);
}

/** Appends the input under the cursor without reasoning of others. */
export function writeOwnItems(cursor: Cursor, out: Bytes): void {
  cursor.enterArray();
  let separator: u8 = 0x5b;
  while (cursor.nextElement()) {
    if (isForeign(cursor.peekMember("type"), cursor.peekMember("id"), cursor.peekMember("encrypted_content"))) {
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
