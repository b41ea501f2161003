import { Cursor, Kind } from "../json/cursor";
import { ABSENT, Slice } from "../json/slice";
import { Part, PartKind } from "./parts";
import { problem } from "./problem";
import { CanonicalRequest } from "./request";

// Reading the fields that chat requests of several formats have in common. `null` counts as absent everywhere: clients' libraries send it
// for options that were not set.

/** Reads a request's body with what reads the field under the cursor. */
export function readFields(
  cursor: Cursor,
  request: CanonicalRequest,
  readField: (cursor: Cursor, request: CanonicalRequest) => bool,
): bool {
  if (!cursor.enterObject()) return problem.refuse("body", "must be a JSON object");
  while (cursor.nextKey()) {
    if (!readField(cursor, request)) return false;
  }
  return cursor.finish();
}

/** Reads the list under the cursor, the request's field `list`, with what reads one element. */
export function readElements(
  cursor: Cursor,
  request: CanonicalRequest,
  list: string,
  readElement: (cursor: Cursor, request: CanonicalRequest, index: i32) => bool,
): bool {
  if (cursor.kind() == Kind.Null) return cursor.skip();
  if (!cursor.enterArray()) return problem.refuse(list, "must be an array");
  let index = 0;
  while (cursor.nextElement()) {
    if (!request.hasRoom(list) || !readElement(cursor, request, index++)) return false;
  }
  return cursor.ok;
}

/** Reads a sampling parameter, which the APIs name alike; any other field has no place in the canonical request. */
export function readSamplingOrDrop(cursor: Cursor, request: CanonicalRequest): bool {
  if (cursor.keyIs("temperature")) {
    if (!takeNumberField(cursor, "temperature")) return false;
    request.temperature = takenSlice;
  } else if (cursor.keyIs("top_p")) {
    if (!takeNumberField(cursor, "top_p")) return false;
    request.topP = takenSlice;
  } else if (cursor.keyIs("top_k")) {
    if (!takeNumberField(cursor, "top_k")) return false;
    request.topK = takenSlice;
  } else dropField(cursor, request, "");
  return cursor.ok;
}

/** A number, in `takenSlice`. */
export function takeNumberField(cursor: Cursor, name: string): bool {
  const kind = cursor.kind();
  takenSlice = cursor.takeNumber();
  return kind == Kind.Number || kind == Kind.Null || problem.refuse(name, "must be a number");
}

/** A string, in `takenSlice`. */
export function takeStringField(cursor: Cursor, name: string): bool {
  const kind = cursor.kind();
  takenSlice = cursor.takeString();
  return kind == Kind.String || kind == Kind.Null || problem.refuse(name, "must be a string");
}

/** A string or an array of strings, into the request's stop sequences. */
export function takeStopSequences(cursor: Cursor, name: string, request: CanonicalRequest): bool {
  const kind = cursor.kind();
  if (kind == Kind.Array) return takeStrings(cursor, name, request);
  const text = cursor.takeString();
  if (text != ABSENT) request.stopSequences.add(PartKind.Text, text);
  return kind == Kind.String || kind == Kind.Null || problem.refuse(name, "must be a string or an array of strings");
}

function takeStrings(cursor: Cursor, name: string, request: CanonicalRequest): bool {
  cursor.enterArray();
  while (cursor.nextElement()) {
    if (cursor.kind() != Kind.String) return problem.refuse(name, "must be a string or an array of strings");
    if (!request.hasRoom(name)) return false;
    request.stopSequences.add(PartKind.Text, cursor.takeString());
  }
  return cursor.ok;
}

/** Reads a part's mark of where the prompt's cached part ends, as far as the target knows such; `path` is that of the part. */
export function readCacheControl(cursor: Cursor, request: CanonicalRequest, part: Part, path: string): void {
  if (request.takesCacheMarks && cursor.kind() == Kind.Object) part.cacheControl = cursor.takeValue();
  else dropField(cursor, request, path);
}

/** Passes a field that has no place in the canonical request, and notes it unless it is null. `path` is that of its object. */
export function dropField(cursor: Cursor, request: CanonicalRequest, path: string): void {
  if (cursor.kind() != Kind.Null) request.drop(path, cursor.keyPtr, cursor.keyLength);
  cursor.skip();
}

/** What the function called last has taken; absent when it was null or wrong. */
export let takenSlice: Slice = ABSENT;
