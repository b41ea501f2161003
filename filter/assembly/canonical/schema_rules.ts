import { Bytes } from "../bytes/bytes";
import { Cursor, Kind } from "../json/cursor";
import { Slice, sliceIs, sliceLength, slicePtr } from "../json/slice";
import { writeEscaped } from "../json/text";

// What JSON Schemas must be like to be enforced: each API takes a part of the language, and refuses a request with another one.

/** Schemas are followed so deep; what lies deeper goes over as it is. Claude and OpenAI refuse far less deep ones. */
const FOLLOWED_DEPTH_MAX: i32 = 64;
const SCHEMA_DEPTH_MAX: u32 = 256;

const cursor = new Cursor();

/**
 * Appends a schema as Claude's structured outputs take it: objects closed, no limits on numbers, lengths and counts, anyOf for oneOf.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations : its own SDKs leave the same out.
 */
export function writeClosedSchema(schema: Slice, out: Bytes): void {
  cursor.open(slicePtr(schema), sliceLength(schema), SCHEMA_DEPTH_MAX);
  writeClosed(out, 0);
}

function writeClosed(out: Bytes, depth: i32): void {
  if (depth == FOLLOWED_DEPTH_MAX || !cursor.enterObject()) {
    writeValue(out);
    return;
  }
  let isObject = false;
  let separator: u8 = 0x7b;
  while (cursor.nextKey()) {
    if (isLimit() || cursor.keyIs("additionalProperties")) {
      cursor.skip();
      continue;
    }
    writeKey(out, separator);
    separator = 0x2c;
    if (cursor.keyIs("type")) isObject = isObjectType() || isObject;
    if (cursor.keyIs("properties")) isObject = true;
    if (holdsSchemas()) writeMembers(out, depth + 1);
    else if (cursor.keyIs("items") || cursor.keyIs("anyOf") || cursor.keyIs("oneOf") || cursor.keyIs("allOf")) writeSchemas(out, depth + 1);
    else writeValue(out);
  }
  if (isObject) {
    out.byte(separator);
    separator = 0x2c;
    out.ascii('"additionalProperties":false');
  }
  if (separator == 0x7b) out.byte(separator);
  out.byte(0x7d);
}

function isLimit(): bool {
  return (
    cursor.keyIs("minimum") ||
    cursor.keyIs("maximum") ||
    cursor.keyIs("exclusiveMinimum") ||
    cursor.keyIs("exclusiveMaximum") ||
    cursor.keyIs("multipleOf") ||
    cursor.keyIs("minLength") ||
    cursor.keyIs("maxLength") ||
    cursor.keyIs("minItems") ||
    cursor.keyIs("maxItems") ||
    cursor.keyIs("uniqueItems") ||
    cursor.keyIs("minProperties") ||
    cursor.keyIs("maxProperties")
  );
}

/** Members that are schemas by names of the client's choice. */
function holdsSchemas(): bool {
  return cursor.keyIs("properties") || cursor.keyIs("$defs") || cursor.keyIs("definitions");
}

/** "object", or a list with it. The cursor stays where it is. */
function isObjectType(): bool {
  if (cursor.kind() == Kind.String) return sliceIs(typeOf(), "object");
  return false;
}

const peeker = new Cursor();

function typeOf(): Slice {
  peeker.open(cursor.at, <u32>(cursor.end - cursor.at), SCHEMA_DEPTH_MAX);
  return peeker.takeToken();
}

function writeKey(out: Bytes, separator: u8): void {
  out.byte(separator);
  out.byte(0x22);
  if (cursor.keyIs("oneOf")) out.ascii("anyOf");
  else writeEscaped(out, cursor.keyPtr, cursor.keyLength);
  out.ascii('":');
}

function writeMembers(out: Bytes, depth: i32): void {
  if (depth >= FOLLOWED_DEPTH_MAX || !cursor.enterObject()) {
    writeValue(out);
    return;
  }
  let separator: u8 = 0x7b;
  while (cursor.nextKey()) {
    out.byte(separator);
    separator = 0x2c;
    out.byte(0x22);
    writeEscaped(out, cursor.keyPtr, cursor.keyLength);
    out.ascii('":');
    writeClosed(out, depth);
  }
  if (separator == 0x7b) out.byte(separator);
  out.byte(0x7d);
}

/** One schema, or a list of some. */
function writeSchemas(out: Bytes, depth: i32): void {
  if (!cursor.enterArray()) {
    writeClosed(out, depth);
    return;
  }
  let separator: u8 = 0x5b;
  while (cursor.nextElement()) {
    out.byte(separator);
    separator = 0x2c;
    writeClosed(out, depth);
  }
  if (separator == 0x5b) out.byte(separator);
  out.byte(0x5d);
}

function writeValue(out: Bytes): void {
  const value = cursor.takeValue();
  out.append(slicePtr(value), sliceLength(value));
}

/**
 * Whether OpenAI takes a schema as a strict one: every object is closed and requires all of its properties.
 * https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas
 */
export function isStrictSchema(schema: Slice): bool {
  cursor.open(slicePtr(schema), sliceLength(schema), SCHEMA_DEPTH_MAX);
  return isStrict(0) && cursor.ok;
}

function isStrict(depth: i32): bool {
  if (depth == FOLLOWED_DEPTH_MAX || !cursor.enterObject()) {
    cursor.skip();
    return depth < FOLLOWED_DEPTH_MAX;
  }
  let strict = true;
  let isObject = false;
  let isClosed = false;
  let properties = 0;
  let required = 0;
  while (cursor.nextKey()) {
    if (cursor.keyIs("type")) isObject = isObjectType() || isObject;
    if (cursor.keyIs("properties")) isObject = true;
    if (cursor.keyIs("additionalProperties")) isClosed = cursor.kind() == Kind.False;
    if (cursor.keyIs("oneOf") || cursor.keyIs("allOf")) strict = false;
    if (cursor.keyIs("required") && cursor.enterArray()) {
      for (; cursor.nextElement(); required++) cursor.skip();
    } else if (holdsSchemas() && cursor.kind() == Kind.Object) {
      const counts = cursor.keyIs("properties");
      cursor.enterObject();
      while (cursor.nextKey()) {
        if (counts) properties++;
        strict = isStrict(depth + 1) && strict;
      }
    } else if (cursor.keyIs("items")) strict = isStrict(depth + 1) && strict;
    else if (cursor.keyIs("anyOf") && cursor.enterArray()) {
      while (cursor.nextElement()) strict = isStrict(depth + 1) && strict;
    } else cursor.skip();
  }
  return strict && (!isObject || (isClosed && properties == required));
}
