import { NO_SEXTET, sextet } from "../bytes/base64";
import { Slice, sliceLength, slicePtr } from "../json/slice";

// Several makers' models are served behind Anthropic's API, and each signs its thinking or leaves the signature empty. Claude's is good at
// Anthropic, on Bedrock and on Vertex alike, and all three refuse a signature that is none of Claude's with 400, on every turn from then
// on (https://github.com/NanmiCoder/cc-haha/issues/982 , https://github.com/can1357/oh-my-pi/pull/12006). What no Claude can have signed
// is told by its form: Claude's signatures are protocol buffers in base64, those of Kimi are random bytes, those of others short
// hexadecimal numbers or empty (https://github.com/router-for-me/CLIProxyAPI/tree/main/internal/signature). Of the message only its own
// fields are passed, so that a signature costs a handful of bytes to check, however long it is.

/** Some gateways encode a signature once more. */
const LAYERS_MAX: i32 = 2;
/** Of a protocol buffer's numbers. */
const VARINT_BYTES_MAX: i32 = 10;
const FIELDS_MAX: i32 = 32;

const NO_BYTE: i32 = -1;
const NO_LENGTH: i32 = -1;

enum Wire {
  Varint = 0,
  Fixed64 = 1,
  Bytes = 2,
  Fixed32 = 5,
}

let base: usize = 0;
let textLength: i32 = 0;
/** How many layers of base64 lie over the message. */
let layers: i32 = 0;
let at: i32 = 0;

/** Whether a thinking block's signature, decoded from JSON, can be a Claude's. */
export function isClaudeSignature(signature: Slice): bool {
  base = slicePtr(signature);
  textLength = <i32>sliceLength(signature);
  for (layers = 1; layers <= LAYERS_MAX; layers++) {
    if (isMessage()) return true;
  }
  return false;
}

/** Whether what lies below the layers is a message from its first byte to its last, with another message or text in it. */
function isMessage(): bool {
  const length = lengthBelow(layers);
  if (length <= 0) return false;
  let hasBytes = false;
  at = 0;
  for (let fields = 0; fields < FIELDS_MAX; fields++) {
    if (at == length) return hasBytes;
    const tag = takeVarint(length);
    if (tag >> 3 == 0) return false;
    const wire = <i32>(tag & 7);
    if (wire == Wire.Bytes) {
      const size = takeVarint(length);
      if (size > <u64>(length - at)) return false;
      at += <i32>size;
      hasBytes = true;
    } else if (wire == Wire.Varint) takeVarint(length);
    else if (wire == Wire.Fixed64) at += 8;
    else if (wire == Wire.Fixed32) at += 4;
    else return false;
    if (at > length) return false;
  }
  return false;
}

/** A number of the message's; what cannot be read is left behind the message's end. */
function takeVarint(length: i32): u64 {
  let value: u64 = 0;
  for (let i = 0; i < VARINT_BYTES_MAX && at < length; i++) {
    const byte = byteBelow(layers, at++);
    if (byte == NO_BYTE) break;
    value |= (<u64>(byte & 0x7f)) << (7 * i);
    if (byte < 0x80) return value;
  }
  at = length + 1;
  return 0;
}

/** How many bytes lie below `depth` layers of base64, or NO_LENGTH. */
function lengthBelow(depth: i32): i32 {
  if (depth == 0) return textLength;
  const length = lengthBelow(depth - 1);
  if (length <= 0 || (length & 3) != 0) return NO_LENGTH;
  const above = depth - 1;
  const padding = byteBelow(above, length - 1) != 0x3d ? 0 : byteBelow(above, length - 2) != 0x3d ? 1 : 2;
  return (length >> 2) * 3 - padding;
}

/** One byte below `depth` layers of base64, or NO_BYTE. */
function byteBelow(depth: i32, index: i32): i32 {
  if (depth == 0) return load<u8>(base + index);
  const group = index / 3;
  const part = index - group * 3;
  const first = sextet(byteBelow(depth - 1, group * 4 + part));
  const second = sextet(byteBelow(depth - 1, group * 4 + part + 1));
  if (first == NO_SEXTET || second == NO_SEXTET) return NO_BYTE;
  return ((first << (2 + 2 * part)) | (second >> (4 - 2 * part))) & 0xff;
}
