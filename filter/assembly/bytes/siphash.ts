/**
 * SipHash-2-4 with 128 bits of output (https://github.com/veorq/SipHash), over fields rather than one text: each is padded to whole words and
 * followed by its length, so that no two lists of fields are the same text. Some 1.5 ns for 8 bytes, an eighth of what SHA-256 takes.
 *
 * The key is no secret: several gateways must come to the same names for the same conversations. So nobody meets a stranger's value by chance
 * (2^64 of them would be needed for that), but who can choose the fields could, with effort. Use it where that wins nothing.
 */
@final
export class SipHash {
  private v0: u64 = 0;
  private v1: u64 = 0;
  private v2: u64 = 0;
  private v3: u64 = 0;
  private words: u64 = 0;
  /** The value, once finished: 16 bytes in this order, each word little-endian. */
  first: u64 = 0;
  second: u64 = 0;

  begin(): void {
    this.v0 = 0x736f6d6570736575 ^ KEY_FIRST;
    this.v1 = 0x646f72616e646f6d ^ KEY_SECOND ^ 0xee; // the mark of 128 bits
    this.v2 = 0x6c7967656e657261 ^ KEY_FIRST;
    this.v3 = 0x7465646279746573 ^ KEY_SECOND;
    this.words = 0;
  }

  field(ptr: usize, length: u32): void {
    const end = ptr + (length & ~7);
    for (; ptr < end; ptr += 8) this.word(load<u64>(ptr));
    const rest = length & 7;
    if (rest > 0) {
      let tail: u64 = 0;
      for (let i: u32 = 0; i < rest; i++) tail |= (<u64>load<u8>(ptr + i)) << ((<u64>i) << 3);
      this.word(tail);
    }
    this.word(length);
  }

  finish(): void {
    this.word(((this.words << 3) & 0xff) << 56);
    this.v2 ^= 0xee;
    for (let i = 0; i < 4; i++) this.round();
    this.first = this.v0 ^ this.v1 ^ this.v2 ^ this.v3;
    this.v1 ^= 0xdd;
    for (let i = 0; i < 4; i++) this.round();
    this.second = this.v0 ^ this.v1 ^ this.v2 ^ this.v3;
  }

  @inline
  private word(value: u64): void {
    this.words++;
    this.v3 ^= value;
    this.round();
    this.round();
    this.v0 ^= value;
  }

  @inline
  private round(): void {
    let v0 = this.v0;
    let v1 = this.v1;
    let v2 = this.v2;
    let v3 = this.v3;
    v0 += v1;
    v2 += v3;
    v1 = rotl(v1, 13) ^ v0;
    v3 = rotl(v3, 16) ^ v2;
    v0 = rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = rotl(v1, 17) ^ v2;
    v3 = rotl(v3, 21) ^ v0;
    v2 = rotl(v2, 32);
    this.v0 = v0;
    this.v1 = v1;
    this.v2 = v2;
    this.v3 = v3;
  }
}

const KEY_FIRST: u64 = 0x0706050403020100;
const KEY_SECOND: u64 = 0x0f0e0d0c0b0a0908;
