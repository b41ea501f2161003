const BLOCK_BYTES: u32 = 16 * 1024;
const HEADER_BYTES: u32 = 8; // address of the block before, this block's capacity

/** Memory handed out piece by piece and taken back all at once. Addresses stay valid until `reset`, unlike those in a growing `Bytes`. */
export class Arena {
  private block: usize = 0;
  private at: usize = 0;
  private end: usize = 0;

  /** `size` bytes, aligned to 8. */
  take(size: u32): usize {
    const aligned = (size + 7) & ~7;
    if (this.end - this.at < aligned) this.addBlock(aligned);
    const ptr = this.at;
    this.at += aligned;
    return ptr;
  }

  /** Frees all but one block of the ordinary size. */
  reset(): void {
    let block = this.block;
    while (block != 0) {
      const before = load<usize>(block);
      const size = load<u32>(block, 4);
      if (before == 0 && size == BLOCK_BYTES) break;
      heap.free(block);
      block = before;
    }
    this.block = block;
    this.at = block == 0 ? 0 : block + HEADER_BYTES;
    this.end = block == 0 ? 0 : block + HEADER_BYTES + BLOCK_BYTES;
  }

  private addBlock(needed: u32): void {
    const size = needed > BLOCK_BYTES ? needed : BLOCK_BYTES;
    const block = heap.alloc(HEADER_BYTES + size);
    store<usize>(block, this.block);
    store<u32>(block, size, 4);
    this.block = block;
    this.at = block + HEADER_BYTES;
    this.end = this.at + size;
  }
}
