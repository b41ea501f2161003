import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { filesBelow, hashOf } from "./source_hash.mjs";

test("a change of any file below a folder changes the hash, and nothing else does", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sources-"));
  mkdirSync(path.join(folder, "inner"));
  const inner = path.join(folder, "inner/b.ts");
  writeFileSync(inner, "two");
  writeFileSync(path.join(folder, "a.ts"), "one");
  expect(filesBelow(folder).map((file) => path.relative(folder, file))).toEqual(["a.ts", "inner/b.ts"]);
  const before = hashOf(filesBelow(folder));
  writeFileSync(inner, "2");
  expect(hashOf(filesBelow(folder))).not.toBe(before);
  writeFileSync(inner, "two");
  expect(hashOf(filesBelow(folder))).toBe(before);
  rmSync(folder, { recursive: true });
});
