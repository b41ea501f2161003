// What an answer that is passed on as it came says of itself at its end, without reading the rest.
//
// A key with its quotes, as in `"usage":`, stands nowhere in JSON but where it is a key: inside of a string its quotes would be escaped. Whose
// key it is shows when what follows is read to the end: of the outermost object only, if the text ends where that object does.

/** How far from its end an answer is searched: usage reports have some 400 bytes. */
const TAIL_BYTES_MAX: usize = 2048;
const WORD_BYTES: usize = 8;

/** The first eight bytes of a key with its opening quote, for `lastMember`. */
export function keyWord(text: string): u64 {
  let word: u64 = 0;
  for (let i = 7; i >= 0; i--) word = (word << 8) | <u64>text.charCodeAt(i);
  return word;
}

/** The address of the last such key in [ptr, end), 0 when there is none near the end. */
export function lastMember(ptr: usize, end: usize, word: u64): usize {
  if (end - ptr < WORD_BYTES) return 0;
  const from = end - ptr > TAIL_BYTES_MAX ? end - TAIL_BYTES_MAX : ptr;
  for (let p = end - WORD_BYTES; p >= from; p--) {
    if (load<u64>(p) == word) return p;
  }
  return 0;
}
