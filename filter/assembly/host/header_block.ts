import { HeaderMap, setHeaderNamed } from "./headers";
import { Literal } from "./literal";

const PAIRS_MAX: u32 = 16;
const BLOCK_BYTES_MAX: u32 = 8192;

/**
 * Headers in the ABI's form, built for one host call: a count, two lengths for each pair, then every name and value with a zero byte
 * behind each. A pair that would pass the limits is left out.
 */
@final
export class HeaderBlock {
  private readonly names: StaticArray<usize> = new StaticArray<usize>(PAIRS_MAX);
  private readonly nameLengths: StaticArray<u32> = new StaticArray<u32>(PAIRS_MAX);
  private readonly values: StaticArray<usize> = new StaticArray<usize>(PAIRS_MAX);
  private readonly valueLengths: StaticArray<u32> = new StaticArray<u32>(PAIRS_MAX);
  private count: u32 = 0;
  private textBytes: u32 = 0;
  readonly ptr: usize = heap.alloc(BLOCK_BYTES_MAX);
  length: u32 = 0;

  reset(): HeaderBlock {
    this.count = 0;
    this.textBytes = 0;
    return this;
  }

  /** The value must stay where it is until `finish`. */
  add(name: Literal, value: usize, valueLength: u32): HeaderBlock {
    return this.addNamed(name.ptr, name.length, value, valueLength);
  }

  addNamed(name: usize, nameLength: u32, value: usize, valueLength: u32): HeaderBlock {
    const bytes = nameLength + valueLength + 2;
    const lengths: u32 = 4 + (this.count + 1) * 8;
    if (this.count == PAIRS_MAX || lengths + this.textBytes + bytes > BLOCK_BYTES_MAX) return this;
    this.names[this.count] = name;
    this.nameLengths[this.count] = nameLength;
    this.values[this.count] = value;
    this.valueLengths[this.count] = valueLength;
    this.count++;
    this.textBytes += bytes;
    return this;
  }

  /** Sets each of them in a map of Envoy's. */
  setIn(map: HeaderMap): void {
    for (let i: u32 = 0; i < this.count; i++) {
      setHeaderNamed(map, this.names[i], this.nameLengths[i], this.values[i], this.valueLengths[i]);
    }
  }

  addLiteral(name: Literal, value: Literal): HeaderBlock {
    return this.add(name, value.ptr, value.length);
  }

  finish(): HeaderBlock {
    store<u32>(this.ptr, this.count);
    let lengths = this.ptr + 4;
    let text = lengths + <usize>this.count * 8;
    for (let i: u32 = 0; i < this.count; i++) {
      store<u32>(lengths, this.nameLengths[i]);
      store<u32>(lengths, this.valueLengths[i], 4);
      lengths += 8;
      text = appendText(text, this.names[i], this.nameLengths[i]);
      text = appendText(text, this.values[i], this.valueLengths[i]);
    }
    this.length = <u32>(text - this.ptr);
    return this;
  }
}

function appendText(to: usize, from: usize, length: u32): usize {
  memory.copy(to, from, length);
  store<u8>(to + length, 0);
  return to + length + 1;
}
