// CRC-32 as gzip has it (RFC 1952, section 8), one table look-up a byte.

const POLYNOMIAL: u32 = 0xedb88320; // reflected
const ENTRIES: u32 = 256;

const table: usize = memory.data(1024); // ENTRIES of four bytes
fillTable();

function fillTable(): void {
  for (let i: u32 = 0; i < ENTRIES; i++) {
    let entry = i;
    for (let bit = 0; bit < 8; bit++) entry = (entry & 1) != 0 ? (entry >> 1) ^ POLYNOMIAL : entry >> 1;
    store<u32>(table + (i << 2), entry);
  }
}

export function crc32(ptr: usize, length: u32): u32 {
  let crc: u32 = 0xffffffff;
  const end = ptr + length;
  for (; ptr < end; ptr++) crc = load<u32>(table + (((crc ^ load<u8>(ptr)) & 0xff) << 2)) ^ (crc >> 8);
  return ~crc;
}
