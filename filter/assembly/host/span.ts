import { Literal } from "./literal";

/** Where a value that Envoy handed over lies: in the arena, so until the next callback. `length` 0 also when there is no such value. */
@final
@unmanaged
export class Span {
  ptr: usize;
  length: u32;

  is(text: Literal): bool {
    return text.equals(this.ptr, this.length);
  }
}

/** The out-parameters of host calls: the host writes an address and a length. Reused by every call, so read it before the next. */
export const answer: Span = changetype<Span>(heap.alloc(offsetof<Span>()));
