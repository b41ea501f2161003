import { crc32 } from "node:zlib";
import { EventStreamCodec } from "@smithy/eventstream-codec";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { CLIENT_FORMATS, Facade } from "./facade.ts";
import { fixturesOf } from "./golden.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const toUtf8 = (bytes: Uint8Array | string) => (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8"));
const codec = new EventStreamCodec(toUtf8, (text) => Buffer.from(text, "utf8"));

type Headers = Parameters<typeof codec.encode>[0]["headers"];

function message(headers: Headers, body: string): Uint8Array {
  return codec.encode({ headers, body: Buffer.from(body) });
}

const text = (value: string) => ({ type: "string", value }) as const;
const event = (type: string, body: string) =>
  message({ ":event-type": text(type), ":content-type": text("application/json"), ":message-type": text("event") }, body);

describe("messages", () => {
  test("are what AWS's own encoder wrote, in chunks of every size", () => {
    const stream = Buffer.concat([
      event("messageStart", '{"role":"assistant"}'),
      event("ping", ""),
      message({ ":message-type": text("exception"), ":exception-type": text("throttlingException") }, '{"message":"später"}'),
      message({ ":message-type": text("error"), ":error-code": text("500"), ":error-message": text("gone") }, ""),
    ]);
    for (let size = 1; size <= stream.length; size++) {
      expect(facade.splitMessages(stream, size)).toEqual({
        messages: [
          { type: "messageStart", isError: false, data: '{"role":"assistant"}' },
          { type: "ping", isError: false, data: "" },
          { type: "throttlingException", isError: true, data: '{"message":"später"}' },
          { type: "500", isError: true, data: "gone" },
        ],
        end: "whole",
      });
    }
  });

  test("may have headers of all types", () => {
    const headers: Headers = {
      a: { type: "boolean", value: true },
      b: { type: "boolean", value: false },
      c: { type: "byte", value: -7 },
      d: { type: "short", value: 700 },
      e: { type: "integer", value: 70_000 },
      f: { type: "binary", value: new Uint8Array([1, 2, 3]) },
      g: { type: "timestamp", value: new Date(1_760_000_000_000) },
      h: { type: "uuid", value: "01234567-89ab-cdef-0123-456789abcdef" },
      ":event-type": text("behind the others"),
    };
    expect(facade.splitMessages(message(headers, "{}"), 1000).messages).toEqual([
      { type: "behind the others", isError: false, data: "{}" },
    ]);
  });

  test("random ones come out as they went in", () => {
    const one = fc.record({ type: fc.string({ unit: "grapheme", maxLength: 40 }), data: fc.string({ unit: "grapheme", maxLength: 300 }) });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), fc.integer({ min: 1, max: 400 }), (sent, size) => {
        const stream = Buffer.concat(sent.map(({ type, data }) => event(type, data)));
        const { messages, end } = facade.splitMessages(stream, size);
        expect(messages).toEqual(sent.map((each) => ({ ...each, isError: false })));
        expect(end).toBe("whole");
      }),
      { numRuns: 300 },
    );
  });
});

describe("what is wrong", () => {
  const good = event("contentBlockDelta", '{"delta":{"text":"hello"}}');

  test("any changed byte is found out, and nothing is read behind it", () => {
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] as number) ^ 0x10;
      for (const size of [1, 13, 1000]) {
        const { messages, end } = facade.splitMessages(Buffer.concat([good, bad, good]), size);
        expect(messages).toHaveLength(1);
        expect(end).toBe("damaged");
      }
    }
  });

  test("a message without its end is none", () => {
    for (let length = 1; length < good.length; length++) {
      expect(facade.splitMessages(good.subarray(0, length), 7)).toEqual({ messages: [], end: "cut" });
    }
  });

  test.each(["<html><body>502 Bad Gateway</body></html>", '{"message":"no stream"}', 'data: {"a":1}\n\n'])(
    "no event stream at all: %s",
    (body) => {
      expect(facade.splitMessages(Buffer.from(body), 5)).toEqual({ messages: [], end: "damaged" });
    },
  );

  /** A message whose lengths and checksums are right, whatever stands between them. */
  function framed(headers: Buffer, payload: Buffer, lengths: { total?: number; headers?: number } = {}): Buffer {
    const total = lengths.total ?? 16 + headers.length + payload.length;
    const frame = Buffer.alloc(16 + headers.length + payload.length);
    frame.writeUInt32BE(total, 0);
    frame.writeUInt32BE(lengths.headers ?? headers.length, 4);
    frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
    headers.copy(frame, 12);
    payload.copy(frame, 12 + headers.length);
    frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
    return frame;
  }

  test("lengths beyond the limits are refused before a byte more is waited for", () => {
    expect(facade.splitMessages(framed(Buffer.alloc(0), Buffer.alloc(0), { total: 16 * 1024 * 1024 + 1 }), 1000).end).toBe("too long");
    expect(facade.splitMessages(framed(Buffer.alloc(0), Buffer.alloc(0), { total: 200_000, headers: 128 * 1024 + 1 }), 1000).end).toBe(
      "too long",
    );
  });

  test.each([
    ["a total that is less than a frame's", { total: 15 }],
    ["headers longer than the message", { headers: 1 }],
    ["headers as long as four gigabytes", { total: 100, headers: 0xfffffff0 }],
  ])("%s", (_, lengths) => {
    expect(facade.splitMessages(framed(Buffer.alloc(0), Buffer.alloc(0), lengths), 1000).end).toMatch(/damaged|too long/);
  });

  test.each([
    ["a name that goes on behind the headers", [200, 97]],
    ["no type behind the name", [1, 97]],
    ["a type that there is not", [1, 97, 10]],
    ["a text without its length", [1, 97, 7, 0]],
    ["a text that goes on behind the headers", [1, 97, 7, 255, 255, 98]],
    ["a number that is cut", [1, 97, 4, 0, 0]],
  ])("%s", (_, bytes) => {
    expect(facade.splitMessages(framed(Buffer.from(bytes), Buffer.from("{}")), 1000)).toEqual({ messages: [], end: "damaged" });
  });
});

test("mutated streams end no module and are never taken for whole, unless nothing that was changed mattered", () => {
  const streams = fixturesOf("bedrock_converse", "streams").map(({ bytes }) => bytes);
  const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
  const memory = () => facade.memoryBytes;
  let before = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...streams),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 500 }),
      (good, changes, size) => {
        const bytes = Buffer.from(good);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        for (const client of CLIENT_FORMATS) {
          const stream = facade.openStream("bedrock_converse", client);
          for (let at = 0; at < bytes.length; at += size) stream.feed(bytes.subarray(at, at + size));
          stream.finish();
          // A change is found out at the latest when its message is whole, so an answer can only be whole when all before its end was as sent.
          const end = bytes.findIndex((byte, at) => byte !== good[at]);
          const { terminalSeen } = stream.state();
          stream.close();
          if (terminalSeen === 1 && end >= 0) {
            const intact = facade.openStream("bedrock_converse", client);
            intact.feed(good.subarray(0, end));
            intact.finish();
            expect(intact.state().terminalSeen).toBe(1);
            intact.close();
          }
        }
        before ||= memory();
      },
    ),
    { numRuns: 2000 },
  );
  expect(memory()).toBe(before);
});
