import { Bytes } from "../bytes/bytes";
import { readInteger, writeInteger } from "../bytes/numbers";
import { getHeader, HeaderMap, setHeader } from "../host/headers";
import { Literal } from "../host/literal";
import { CONTENT_LENGTH, STATUS } from "../host/names";

const digits = new Bytes();

export function setHeaderNumber(map: HeaderMap, name: Literal, value: i64): void {
  digits.clear();
  writeInteger(digits, value);
  setHeader(map, name, digits.ptr, digits.length);
}

export function setContentLength(map: HeaderMap, length: u32): void {
  setHeaderNumber(map, CONTENT_LENGTH, length);
}

export function readStatus(): u32 {
  const status = getHeader(HeaderMap.Response, STATUS);
  return <u32>readInteger(status.ptr, status.length);
}

export function setStatus(status: u32): void {
  setHeaderNumber(HeaderMap.Response, STATUS, status);
}
