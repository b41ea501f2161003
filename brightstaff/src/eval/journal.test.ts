import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Journal } from "./journal.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "journal-"));
  file = path.join(folder, "out/journal.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const find = async () => "found";
const never = async () => {
  throw new Error("asked again");
};

it("knows what an earlier run has found", async () => {
  await new Journal(file, "a").once("1", find);
  expect(await new Journal(file, "a").once("1", never)).toBe("found");
});

it("goes on behind the half of a line that a killed run has left", async () => {
  await new Journal(file, "a").once("1", find);
  appendFileSync(file, '{"key":"2","val');
  const next = new Journal(file, "a");
  expect(next.size).toBe(1);
  await next.once("2", find);
  const third = new Journal(file, "a");
  expect(await third.once("1", never)).toBe("found");
  expect(await third.once("2", never)).toBe("found");
});

it("begins anew for another evaluation", async () => {
  await new Journal(file, "a").once("1", find);
  expect(new Journal(file, "b").size).toBe(0);
  expect(readFileSync(file, "utf8")).toBe('{"made":"b"}\n');
});

it("does not keep what failed", async () => {
  const journal = new Journal(file, "a");
  await expect(journal.once("1", never)).rejects.toThrow("asked again");
  expect(await journal.once("1", find)).toBe("found");
});

it("is gone when it is removed", async () => {
  const journal = new Journal(file, "a");
  await journal.once("1", find);
  journal.remove();
  expect(existsSync(file)).toBe(false);
});
