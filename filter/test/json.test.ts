import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { Facade, JSON_ERRORS } from "./facade.ts";

let facade: Facade;
beforeAll(async () => {
  facade = await Facade.load();
});

const bytes = (...parts: (string | number[])[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)));

describe("accepts", () => {
  test.each([
    "{}",
    "[]",
    '""',
    "0",
    "-0",
    "-1.5e+10",
    "1E5",
    "1e-5",
    "0.1",
    "123456789012345678901234567890",
    "true",
    "false",
    "null",
    ' \t\r\n{ "a" : [ 1 , 2 ] , "b" : { } } \n',
    `{${" ".repeat(40)}"a"${" ".repeat(9)}:1}`,
    '"\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u00e9 \\uD83D\\uDE00"',
    '"\u007f"',
    '"\u00e9 \u20ac \u{1f600} \u{10ffff} \ud7ff \ue000"',
    '{"a":1,"a":2}',
    "[[[[[[[[[[]]]]]]]]]]",
  ])("%j", (text) => {
    expect(facade.checkJson(text).error).toBe("none");
  });
});

describe("rejects", () => {
  test.each([
    ["", "end", 0],
    [" ", "end", 1],
    ["{", "end", 1],
    ["[1", "end", 2],
    ['{"a"', "end", 4],
    ['{"a":', "end", 5],
    ['{"a":1', "end", 6],
    ['"abc', "end", 4],
    ['"abc\\', "end", 5],
    ['"a long string without an end', "end", 29],
    ["x", "value", 0],
    ["tru", "value", 0],
    ["nulL", "value", 0],
    ["falsy", "value", 0],
    ["[,]", "value", 1],
    ["[1,]", "value", 3],
    ["[1,,2]", "value", 3],
    ["+1", "value", 0],
    [".5", "value", 0],
    ["NaN", "value", 0],
    ["'a'", "value", 0],
    ["{a:1}", "key", 1],
    ["{1:1}", "key", 1],
    ['{"a":1,}', "key", 7],
    ["{,}", "key", 1],
    ['{"a" 1}', "colon", 5],
    ['{"a"=1}', "colon", 4],
    ['{"a":1 "b":2}', "object end", 7],
    ['{"a":1]', "object end", 6],
    ["[1 2]", "array end", 3],
    ["[1}", "array end", 2],
    ["01", "number", 0],
    ["-", "number", 1],
    ["-a", "number", 1],
    ["1.", "number", 2],
    ["1.e5", "number", 2],
    ["1e", "number", 2],
    ["1e+", "number", 3],
    ["-012", "number", 1],
    ['"a\nb"', "control character", 2],
    ['"a\u0000b"', "control character", 2],
    ['"twelve bytes\u001f"', "control character", 13],
    ['"\\x"', "escape", 1],
    ['"\\u12"', "escape", 1],
    ['"\\u12g4"', "escape", 1],
    ['"\\u12', "escape", 1],
    ['"\\ud83d"', "surrogate", 1],
    ['"\\ud83d\\n"', "surrogate", 1],
    ['"\\ud83d\\ud83d"', "surrogate", 1],
    ['"\\ude00"', "surrogate", 1],
    ["1 2", "trailing", 2],
    ["{}x", "trailing", 2],
    ["[]]", "trailing", 2],
    ["\ufeff{}", "value", 0],
  ] as const)("%j as %s at %i", (text, error, offset) => {
    expect(facade.checkJson(text)).toEqual({ error, offset });
  });

  test.each([
    [[0x80]],
    [[0xc0, 0x80]],
    [[0xc1, 0xbf]],
    [[0xc3]],
    [[0xc3, 0x28]],
    [[0xe0, 0x80, 0x80]],
    [[0xe0, 0x9f, 0xbf]],
    [[0xe2, 0x82]],
    [[0xed, 0xa0, 0x80]],
    [[0xed, 0xbf, 0xbf]],
    [[0xf0, 0x8f, 0xbf, 0xbf]],
    [[0xf0, 0x9f, 0x98]],
    [[0xf4, 0x90, 0x80, 0x80]],
    [[0xf5, 0x80, 0x80, 0x80]],
    [[0xff]],
  ])("bytes %j that are no UTF-8", (sequence) => {
    for (const before of ["", "a", "seven..", "eight...", "\u00e9"]) {
      expect(facade.checkJson(bytes('"', before, sequence, '"'))).toEqual({ error: "utf8", offset: 1 + Buffer.byteLength(before) });
    }
  });

  test("nesting beyond the limit, and follows it up to there", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(facade.checkJson(nested(128), 128).error).toBe("none");
    expect(facade.checkJson(nested(129), 128)).toEqual({ error: "depth", offset: 128 });
    expect(facade.checkJson(nested(10_000), 128)).toEqual({ error: "depth", offset: 128 });
    expect(facade.checkJson(nested(10_000), 100_000)).toEqual({ error: "depth", offset: 1024 });
    expect(facade.checkJson('{"a":'.repeat(10_000), 128)).toEqual({ error: "depth", offset: 128 * 5 });
  });
});

describe("properties", () => {
  /** Node's parser takes half surrogate pairs; this one does not. */
  const hasHalfPair = (text: string) => /\\u[dD][89a-fA-F]/.test(text) || !text.isWellFormed();
  const isJson = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  test("takes every JSON text", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 6 }), fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!hasHalfPair(text));
        expect(facade.checkJson(text).error).toBe("none");
      }),
    );
  });

  test("judges texts with a change as Node does", () => {
    const noise = fc.constantFrom(
      "",
      ",",
      '"',
      "\\",
      "{",
      "}",
      "[",
      "]",
      ":",
      "0",
      "-",
      ".",
      "e",
      " ",
      "\n",
      "\u0001",
      "\\u",
      "a",
      "\u00e9",
      "null",
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), noise, fc.nat(), fc.nat(2), (value, inserted, position, removed) => {
        const text = JSON.stringify(value);
        const at = position % (text.length + 1);
        const changed = text.slice(0, at) + inserted + text.slice(at + removed);
        fc.pre(!hasHalfPair(changed));
        const { error } = facade.checkJson(changed);
        expect({ changed, valid: error === "none" }).toEqual({ changed, valid: isJson(changed) });
      }),
      { numRuns: 3000 },
    );
  });

  test("decodes and escapes every string", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.boolean(), (text, escaping) => {
        const plain = JSON.stringify(text);
        const json = escaping ? plain.replaceAll(/[^"\\]/gu, (c) => escapeAll(c, plain)) : plain;
        const decoded = facade.decodeString(json);
        expect(decoded?.text).toBe(text);
        expect(JSON.parse(decoded?.escaped ?? "")).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test("never reads past the end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        expect(JSON_ERRORS).toContain(facade.checkJson(noise).error);
      }),
    );
  });
});

/** A character as its \u escapes; those that are part of an escape already stay. */
function escapeAll(character: string, json: string): string {
  if (json.includes("\\")) return character;
  return [...Array(character.length).keys()].map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
}
