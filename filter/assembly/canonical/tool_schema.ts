import { Bytes } from "../bytes/bytes";
import { Cursor, Kind } from "../json/cursor";
import { ABSENT, Slice, sliceLength, slicePtr } from "../json/slice";
import { writeText } from "../json/text";

const SCHEMA_DEPTH_MAX: u32 = 256;

const cursor = new Cursor();

/** Appends a schema of a tool's parameters for an API where it must say that they are an object; with OpenAI it may say nothing. */
export function writeObjectSchema(schema: Slice, out: Bytes): void {
  if (schema == ABSENT) {
    out.ascii('{"type":"object","properties":{}}');
    return;
  }
  if (hasType(schema)) {
    writeText(out, schema);
    return;
  }
  out.ascii('{"type":"object"');
  cursor.open(slicePtr(schema), sliceLength(schema), SCHEMA_DEPTH_MAX);
  cursor.enterObject();
  const isEmpty = !cursor.nextKey();
  out.byte(isEmpty ? 0x7d : 0x2c);
  if (!isEmpty) out.append(slicePtr(schema) + 1, sliceLength(schema) - 1);
}

function hasType(schema: Slice): bool {
  cursor.open(slicePtr(schema), sliceLength(schema), SCHEMA_DEPTH_MAX);
  cursor.enterObject();
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) return cursor.kind() != Kind.Null;
    cursor.skip();
  }
  return false;
}
