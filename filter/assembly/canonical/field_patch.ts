import { equal } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";
import { Cursor } from "../json/cursor";
import { sliceLength, slicePtr, textOf } from "../json/slice";
import { writeEscaped, writeString } from "../json/text";
import { ProviderRules } from "./field_rules";
import { RequestHead } from "./request_head";

/** Appends a body with another model and not a byte changed besides. */
export function patchModel(ptr: usize, length: u32, head: RequestHead, model: Bytes, out: Bytes): void {
  out.reserve(length + model.length + 2);
  out.append(ptr, head.modelStart);
  writeString(out, textOf(model));
  out.append(ptr + head.modelEnd, length - head.modelEnd);
}

/**
 * Appends a body with another model and a provider's rules applied to its top-level fields; values go over byte for byte. False: no JSON.
 */
export function patchFields(cursor: Cursor, model: Bytes, rules: ProviderRules, out: Bytes): bool {
  const ptr = cursor.at;
  const length = <u32>(cursor.end - ptr);
  out.reserve(length + model.length + 2);
  if (!cursor.enterObject()) return false;
  let separator: u8 = 0x7b;
  while (cursor.nextKey()) {
    let keyPtr = cursor.keyPtr;
    let keyLength = cursor.keyLength;
    const isModel = cursor.keyIs("model");
    const rule = rules.find(keyPtr, keyLength);
    if (rule >= 0) {
      const target = rules.target(rule);
      if (target.length == 0 || hasField(ptr, length, cursor.depthMax, target)) {
        cursor.skip();
        continue;
      }
      keyPtr = target.ptr;
      keyLength = target.length;
    }
    out.byte(separator);
    separator = 0x2c;
    out.byte(0x22);
    writeEscaped(out, keyPtr, keyLength);
    out.ascii('":');
    const value = cursor.takeValue();
    if (isModel) writeString(out, textOf(model));
    else out.append(slicePtr(value), sliceLength(value));
  }
  if (separator == 0x7b) out.byte(separator);
  out.byte(0x7d);
  return cursor.finish();
}

const lookup = new Cursor();

/** Whether a body has a field at its top level. */
function hasField(ptr: usize, length: u32, depthMax: u32, name: Bytes): bool {
  lookup.open(ptr, length, depthMax);
  if (!lookup.enterObject()) return false;
  while (lookup.nextKey()) {
    if (equal(lookup.keyPtr, lookup.keyLength, name.ptr, name.length)) return true;
    lookup.skip();
  }
  return false;
}
