import { equal } from "./ascii";

/** Text of the configuration. The bytes belong to the garbage collector, so a replaced configuration leaves nothing behind. */
@final
export class Text {
  private readonly bytes: StaticArray<u8>;

  constructor(ptr: usize, length: u32) {
    this.bytes = new StaticArray<u8>(length);
    memory.copy(changetype<usize>(this.bytes), ptr, length);
  }

  get ptr(): usize {
    return changetype<usize>(this.bytes);
  }

  get length(): u32 {
    return this.bytes.length;
  }

  equals(ptr: usize, length: u32): bool {
    return equal(this.ptr, this.length, ptr, length);
  }

  isPrefixOf(ptr: usize, length: u32): bool {
    return length >= this.length && equal(this.ptr, this.length, ptr, this.length);
  }
}

export const NOTHING = new Text(0, 0);
