import { Bytes } from "./bytes";

const DECIMAL_DIGITS_MAX: u32 = 20; // of a 64-bit number
const ZERO: u8 = 0x30;
const MINUS: u8 = 0x2d;
const POINT: u8 = 0x2e;

/** Appends a number in decimal. */
export function writeInteger(out: Bytes, value: i64): void {
  let rest = <u64>value;
  if (value < 0) {
    out.byte(MINUS);
    rest = <u64>-value;
  }
  const to = out.reserve(DECIMAL_DIGITS_MAX);
  const digits = countDigits(rest);
  let at = to + digits;
  for (; rest > <u64>u32.MAX_VALUE; rest /= 10) store<u8>(--at, ZERO + <u8>(rest % 10));
  let low = <u32>rest; // divides faster
  while (at > to) {
    store<u8>(--at, ZERO + <u8>(low % 10));
    low /= 10;
  }
  out.length += digits;
}

function countDigits(value: u64): u32 {
  let digits: u32 = 1;
  for (let limit: u64 = 10; value >= limit && digits < DECIMAL_DIGITS_MAX; limit *= 10) digits++;
  return digits;
}

/**
 * The value of a JSON number (its grammar is already checked). Exact for integers up to 2^53 and within a few units of the last place
 * otherwise, which is enough for what is compared here (sampling parameters, token counts); numbers that are passed on are copied as text.
 */
export function readNumber(ptr: usize, length: u32): f64 {
  const end = ptr + length;
  const negative = ptr < end && load<u8>(ptr) == MINUS;
  if (negative) ptr++;
  let value: f64 = 0;
  let exponent: i32 = 0;
  let fraction = false;
  for (; ptr < end; ptr++) {
    const c = load<u8>(ptr);
    if (c == POINT) fraction = true;
    else if (c - ZERO <= 9) {
      value = value * 10 + <f64>(c - ZERO);
      if (fraction) exponent--;
    } else break;
  }
  if (ptr < end) exponent += readExponent(ptr + 1, end);
  value = scale(value, exponent);
  return negative ? -value : value;
}

/** The value of a JSON number as an integer, cut toward zero; at most 2^53. */
export function readInteger(ptr: usize, length: u32): i64 {
  const value = readNumber(ptr, length);
  if (value > 9007199254740992) return 9007199254740992;
  if (value < -9007199254740992) return -9007199254740992;
  return <i64>value;
}

const EXPONENT_MAX: i32 = 400; // past an f64's range either way

function readExponent(ptr: usize, end: usize): i32 {
  const sign = load<u8>(ptr);
  const negative = sign == MINUS;
  if (negative || sign == 0x2b) ptr++;
  let exponent: i32 = 0;
  for (; ptr < end && exponent < EXPONENT_MAX; ptr++) exponent = exponent * 10 + <i32>(load<u8>(ptr) - ZERO);
  return negative ? -exponent : exponent;
}

function scale(value: f64, exponent: i32): f64 {
  if (value == 0) return 0;
  if (exponent > EXPONENT_MAX) return Infinity;
  if (exponent < -EXPONENT_MAX) return 0;
  for (; exponent >= 10; exponent -= 10) value *= 1e10;
  for (; exponent > 0; exponent--) value *= 10;
  for (; exponent <= -10; exponent += 10) value /= 1e10;
  for (; exponent < 0; exponent++) value /= 10;
  return value;
}

const HEX_DIGITS: u32 = 16;

/** Appends a word as 16 hexadecimal digits. */
export function writeHex(out: Bytes, word: u64): void {
  const to = out.reserve(HEX_DIGITS);
  for (let i: u32 = 0; i < HEX_DIGITS; i++) {
    const digit = <u8>(word >> (60 - <u64>i * 4)) & 0xf;
    store<u8>(to + i, digit < 10 ? ZERO + digit : 0x61 - 10 + digit);
  }
  out.length += HEX_DIGITS;
}
