import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { Facade } from "./facade.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

function split(stream: string | Uint8Array, chunkBytes = 1 << 20): string[] {
  const { events, unfinished } = facade.splitEvents(stream, chunkBytes);
  return unfinished ? events.slice(0, -1) : events;
}

describe("events", () => {
  test.each([
    ["LF", "data: a\n\ndata: b\n\n", ["a", "b"]],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]],
    ["CR", "data: a\r\rdata: b\r\r", ["a", "b"]],
    ["mixed ends", "data: a\r\n\ndata: b\n\r\ndata: c\r\n\r", ["a", "b", "c"]],
    ["several data lines", "data: a\ndata: b\ndata:\ndata: c\n\n", ["a\nb\n\nc"]],
    ["no space after the colon", "data:a\n\ndata:  b\n\n", ["a", " b"]],
    ["a byte order mark", "\ufeffdata: a\n\n", ["a"]],
    ["other fields", "event: x\nid: 1\nretry: 5\ndata: a\nfoo: b\nbar\n\n", ["a"]],
    ["comments", ": hello\n\n:\ndata: a\n: in between\ndata: b\n\n", ["a\nb"]],
    ["fields that begin like data", "datax: 1\ndat: 2\ndata : 3\n data: 4\ndata: a\n\n", ["a"]],
    ["no data", "event: x\n\ndata\n\ndata:\n\n\n\n", []],
    ["a mark that is none", "\u00efdata: a\n\ndata: b\n\n", ["b"]],
    ["nothing", "", []],
  ])("%s", (_, text, events) => {
    for (let size = 1; size <= Buffer.byteLength(text) + 1; size++) expect(split(text, size)).toEqual(events);
  });

  test.each(["data: a", "data: a\n", "data: a\r"])("a last one without its empty line is found at the end: %j", (text) => {
    for (let size = 1; size <= text.length; size++) expect(facade.splitEvents(text, size)).toEqual({ events: ["a"], unfinished: true });
  });

  test("are what eventsource-parser finds, in chunks of any size", () => {
    const line = fc.constantFrom(
      "data: a",
      "data:b",
      "data",
      "data: ",
      ": c",
      "event: e",
      "id: 7",
      "x: y",
      "",
      "data: {\u00e9}",
      "data: long enough for words of eight bytes",
    );
    const end = fc.constantFrom("\n", "\r\n", "\r");
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end), { maxLength: 30 }), fc.integer({ min: 1, max: 40 }), (lines, size) => {
        const text = lines.map(([content, ending]) => content + ending).join("");
        const expected: string[] = [];
        const parser = createParser({ onEvent: (event) => expected.push(event.data) });
        parser.feed(text);
        expect(split(`${text}`, size)).toEqual(expected.filter((data) => data !== ""));
      }),
      { numRuns: 1000 },
    );
  });

  test("of many kilobytes in chunks of a byte cost no more than once each", () => {
    const data = "x".repeat(300_000);
    const start = performance.now();
    expect(split(`data: ${data}\n\n`, 1)).toEqual([data]);
    expect(performance.now() - start).toBeLessThan(1000); // searched from its start for each byte, it takes minutes
  });
});
