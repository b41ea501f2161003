import { describe, expect, it } from "vitest";
import { Http1Reader, headerValue, MalformedMessage, statusOf } from "./http1_reader.ts";

const WITH_LENGTH = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\nhello";
const WITH_CHUNKS = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\nx-trailer: 1\r\n\r\n";
const WITHOUT_BODY = "HTTP/1.1 204 No Content\r\n\r\n";

function readAll(input: string, pieceBytes: number): [status: number, body: string][] {
  const seen: [number, string][] = [];
  const reader = new Http1Reader((head, body) => seen.push([statusOf(head), body.toString()]));
  const bytes = Buffer.from(input);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(Buffer.from(bytes.subarray(at, at + pieceBytes)));
  return seen;
}

describe("Http1Reader", () => {
  const input = WITH_LENGTH + WITH_CHUNKS + WITHOUT_BODY + WITH_LENGTH;
  const whole: [number, string][] = [
    [200, "hello"],
    [200, "abc0123456789"],
    [204, ""],
    [200, "hello"],
  ];

  it.each(Array.from({ length: input.length }, (_, i) => i + 1))("reads the same messages from pieces of %i bytes", (pieceBytes) => {
    expect(readAll(input, pieceBytes)).toEqual(whole);
  });

  it("does not keep the caller's buffer", () => {
    const bodies: Buffer[] = [];
    const reader = new Http1Reader((_, body) => bodies.push(body));
    const bytes = Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab");
    reader.push(bytes);
    bytes.fill("?");
    reader.push(Buffer.from("cd"));
    expect(bodies.map(String)).toEqual(["abcd"]);
  });

  it("refuses a chunk size that is no number", () => {
    expect(() => readAll("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 1000)).toThrow(MalformedMessage);
  });

  it("refuses a content-length that is no number", () => {
    expect(() => readAll("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", 1000)).toThrow(MalformedMessage);
  });

  it("refuses a head without end", () => {
    expect(() => readAll("a".repeat(100_000), 10_000)).toThrow(MalformedMessage);
  });
});

it("finds a header in the middle, at the end, and not in another's value", () => {
  const head = "HTTP/1.1 200 OK\r\nx-a: 1\r\nserver-timing: resolve;dur=1.5";
  expect(headerValue(head, "x-a")).toBe("1");
  expect(headerValue(head, "server-timing")).toBe("resolve;dur=1.5");
  expect(headerValue(head, "resolve;dur=1.5")).toBeUndefined();
});
