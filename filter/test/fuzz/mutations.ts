/** What readers stumble over: JSON out of place, numbers beyond every range, halves of escapes and of characters, framing. */
const TOKENS = [
  ...[
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "\\",
    "\\u",
    "\\ud83d",
    '"\\ude00"',
    "-",
    "1e999",
    "-0",
    "9223372036854775808",
    "0.1e-9",
  ],
  ...["\n", "\n\n", "\r", "\r\n\r\n", "data: ", "event: ", ":", "data: [DONE]\n\n", "\u0000", "\u2028", "é", "😀"],
  ...[
    '"type":',
    '"role":',
    '"content":',
    '"text":',
    '"id":',
    '"index":',
    '"error":',
    '"usage":',
    '"tool_calls":',
    '"arguments":',
    '"input":',
    '"parts":',
  ],
  ...[
    '{"type":"text","text":"x"}',
    '{"type":"tool_use","id":"a","name":"f","input":{}}',
    '"finish_reason":"stop"',
    '"stop_reason":"end_turn"',
  ],
].map((token) => Buffer.from(token));

/** Half of a character of two bytes, a byte that UTF-8 never has, an overlong form. */
const BYTES = [[0xc3], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]].map((bytes) => Buffer.from(bytes));

const EDITS_MAX = 6;
const RANGE_BYTES_MAX = 64;

/** A text with a few edits in places that `random` (0 to 1) chooses, of at most `bytesMax` bytes. `others` are texts to take pieces from. */
export function mutated(text: Uint8Array, others: Uint8Array[], random: () => number, bytesMax: number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  let bytes = Buffer.from(text);
  for (let edits = 1 + below(EDITS_MAX); edits > 0; edits--) {
    const at = below(bytes.length + 1);
    const end = Math.min(bytes.length, at + below(RANGE_BYTES_MAX));
    const before = bytes.subarray(0, at);
    const kind = below(7);
    if (kind === 0) bytes = Buffer.concat([before, bytes.subarray(end)]);
    else if (kind === 1) bytes = Buffer.concat([before, bytes.subarray(at, end), bytes.subarray(at)]);
    else if (kind === 2) bytes = Buffer.concat([before, TOKENS[below(TOKENS.length)] ?? before, bytes.subarray(random() < 0.5 ? at : end)]);
    else if (kind === 3) bytes = Buffer.concat([before, BYTES[below(BYTES.length)] ?? before, bytes.subarray(at)]);
    else if (kind === 4 && bytes.length > 0) bytes[below(bytes.length)] = below(256);
    else if (kind === 5 && random() < 0.3) bytes = Buffer.from(before);
    else {
      const other = others[below(others.length)] ?? bytes;
      const from = below(other.length);
      bytes = Buffer.concat([before, other.subarray(from, from + 4 * below(RANGE_BYTES_MAX)), bytes.subarray(end)]);
    }
  }
  return bytes.subarray(0, bytesMax);
}
