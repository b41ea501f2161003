/**
 * Lists the memory that a stream's next chunk will need, for a host that fetches it ahead. Between two chunks of one stream come those of many others:
 * what the last one has left in the processor's cache is gone, and fetched one line after the other it takes longer than all that is done with it.
 */
import { Bytes } from "./bytes";

/** A processor fetches memory by lines of so many bytes. */
const LINE_BYTES: usize = 64;
const LINES_MAX: u32 = 32;
/** The end of what the runtime keeps in front of an object: its class, which a call of a method may read. */
const CLASS_BYTES: usize = 8;

const lines: StaticArray<usize> = new StaticArray<usize>(LINES_MAX + 1);
let count: u32 = 0;

export function beginList(): void {
  count = 0;
}

/** The addresses of the lines, with a 0 behind the last. */
export function endList(): usize {
  unchecked((lines[count] = 0));
  return changetype<usize>(lines);
}

/** Lists `length` bytes from `ptr` on, as far as there is room. */
export function listBytes(ptr: usize, length: usize): void {
  for (let line = ptr & ~(LINE_BYTES - 1); line < ptr + length && count < LINES_MAX; line += LINE_BYTES) {
    unchecked((lines[count++] = line));
  }
}

/** Lists the first `length` bytes of an object's fields. */
export function listObject<T>(object: T, length: usize): void {
  listBytes(changetype<usize>(object) - CLASS_BYTES, CLASS_BYTES + length);
}

/** Lists a buffer and what it holds. */
export function listBuffer(buffer: Bytes): void {
  listObject(buffer, offsetof<Bytes>());
  listBytes(buffer.ptr, buffer.length);
}
