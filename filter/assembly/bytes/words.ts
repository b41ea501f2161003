// Looking at eight bytes at once: a byte of a word that is 0 is found by borrowing, `(word - ONES) & ~word & HIGHS`, exactly so for the
// first one (in memory's order, which is little-endian); those after it may be wrong. See "SIMD within a register", Bit Twiddling Hacks,
// https://graphics.stanford.edu/~seander/bithacks.html

export const ONES: u64 = 0x0101010101010101;
export const HIGHS: u64 = 0x8080808080808080;
/** A character in each byte; XOR with it makes 0 of each byte that is the character. */
export const QUOTES: u64 = 0x2222222222222222;
export const BACKSLASHES: u64 = 0x5c5c5c5c5c5c5c5c;
export const SPACES: u64 = 0x2020202020202020;
