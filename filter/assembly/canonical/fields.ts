import { Cursor, Kind } from "../json/cursor";
import { ABSENT, Form, Slice, sliceOf } from "../json/slice";
import { problem } from "./problem";
import { CanonicalRequest } from "./request";

// Reading the fields that chat requests of several formats have in common. `null` counts as absent everywhere: clients' libraries send it for options that were not set.

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

/** A string or an array of strings, in `takenSlice` as the inside of an array. */
export function takeStopSequences(cursor: Cursor, name: string): bool {
  takenSlice = ABSENT;
  const kind = cursor.kind();
  if (kind == Kind.String) takenSlice = cursor.takeValue();
  else if (kind == Kind.Array) return takeStrings(cursor, name);
  else cursor.skip();
  return kind == Kind.String || kind == Kind.Null || problem.refuse(name, "must be a string or an array of strings");
}

function takeStrings(cursor: Cursor, name: string): bool {
  cursor.enterArray();
  const from = cursor.at;
  let count = 0;
  let areStrings = true;
  while (cursor.nextElement()) {
    count++;
    areStrings = areStrings && cursor.kind() == Kind.String;
    cursor.skip();
  }
  if (!cursor.ok) return false;
  if (count > 0) takenSlice = sliceOf(from, <u32>(cursor.at - from - 1), Form.Value);
  return areStrings || problem.refuse(name, "must be a string or an array of strings");
}

/** Passes a field that has no place in the canonical request, and notes it unless it is null. `path` is that of its object. */
export function dropField(cursor: Cursor, request: CanonicalRequest, path: string): void {
  if (cursor.kind() != Kind.Null) request.drop(path, cursor.keyPtr, cursor.keyLength);
  cursor.skip();
}

/** What the function called last has taken; absent when it was null or wrong. */
export let takenSlice: Slice = ABSENT;
