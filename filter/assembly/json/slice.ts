import { equalAscii } from "../bytes/ascii";
import { Bytes } from "../bytes/bytes";

/**
 * A piece of text that lies somewhere in memory, as one number: address (32 bits), length in bytes (29 bits), form (3 bits).
 * A slice is passed by value and costs no allocation. It is valid as long as the memory it points to.
 */
export type Slice = u64;

/** How a slice's bytes stand for its text. */
export enum Form {
  /** No text: the field is absent. The slice itself is 0. */
  Absent,
  /** UTF-8 as it is meant; may hold quotes and control characters. */
  Text,
  /** What stands between the quotes of a JSON string that has no escapes: the same bytes as its text. */
  Plain,
  /** What stands between the quotes of a JSON string that has escapes. */
  Escaped,
  /** A whole JSON value, quotes and brackets included. */
  Value,
}

/** The longest slice: more than any body limit allows. */
export const SLICE_BYTES_MAX: u32 = (1 << 29) - 1;

export const ABSENT: Slice = 0;

export function sliceOf(ptr: usize, length: u32, form: Form): Slice {
  return <u64>ptr | ((<u64>length) << 32) | ((<u64>form) << 61);
}

export function slicePtr(slice: Slice): usize {
  return <usize>(<u32>slice);
}

export function sliceLength(slice: Slice): u32 {
  return <u32>(slice >> 32) & SLICE_BYTES_MAX;
}

export function sliceForm(slice: Slice): Form {
  return <Form>(<i32>(slice >> 61));
}

/** What a buffer holds now, as text. */
export function textOf(bytes: Bytes): Slice {
  return sliceOf(bytes.ptr, bytes.length, Form.Text);
}

/** Whether a slice's text is an ASCII literal. Escaped text never is: whoever compares names decodes them first (`Cursor.takeToken`). */
export function sliceIs(slice: Slice, literal: string): bool {
  return equalAscii(slicePtr(slice), sliceLength(slice), literal);
}

export function sliceIsEmpty(slice: Slice): bool {
  return sliceLength(slice) == 0;
}
