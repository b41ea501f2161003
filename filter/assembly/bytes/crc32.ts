// CRC-32 as gzip has it (RFC 1952, section 8), eight bytes a step: "slicing-by-8", Kounavis and Berry, "Novel Table Lookup-Based Algorithms for
// High-Performance CRC Generation", IEEE Transactions on Computers 57 (2008). Table k says what a byte does to the sum k bytes later.

const POLYNOMIAL: u32 = 0xedb88320; // reflected
const ENTRIES: u32 = 256;
const TABLES: u32 = 8;
const TABLE_BYTES: u32 = 1024; // ENTRIES of four bytes

const tables: usize = memory.data(8192); // TABLES of TABLE_BYTES
fillTables();

function fillTables(): void {
  for (let i: u32 = 0; i < ENTRIES; i++) {
    let entry = i;
    for (let bit = 0; bit < 8; bit++) entry = (entry & 1) != 0 ? (entry >> 1) ^ POLYNOMIAL : entry >> 1;
    store<u32>(tables + (i << 2), entry);
  }
  for (let at: u32 = 0; at < (TABLES - 1) * TABLE_BYTES; at += 4) {
    const before = load<u32>(tables + at);
    store<u32>(tables + at + TABLE_BYTES, (before >> 8) ^ entryOf(before & 0xff));
  }
}

export function crc32(ptr: usize, length: u32): u32 {
  let crc: u32 = 0xffffffff;
  const end = ptr + length;
  for (; ptr + 8 <= end; ptr += 8) {
    const word = load<u64>(ptr) ^ crc;
    crc =
      load<u32>(tables + <usize>((word & 0xff) << 2), 7168) ^
      load<u32>(tables + <usize>(((word >> 8) & 0xff) << 2), 6144) ^
      load<u32>(tables + <usize>(((word >> 16) & 0xff) << 2), 5120) ^
      load<u32>(tables + <usize>(((word >> 24) & 0xff) << 2), 4096) ^
      load<u32>(tables + <usize>(((word >> 32) & 0xff) << 2), 3072) ^
      load<u32>(tables + <usize>(((word >> 40) & 0xff) << 2), 2048) ^
      load<u32>(tables + <usize>(((word >> 48) & 0xff) << 2), 1024) ^
      load<u32>(tables + <usize>((word >> 56) << 2));
  }
  for (; ptr < end; ptr++) crc = entryOf((crc ^ load<u8>(ptr)) & 0xff) ^ (crc >> 8);
  return ~crc;
}

function entryOf(byte: u32): u32 {
  return load<u32>(tables + (byte << 2));
}
