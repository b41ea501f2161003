import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../../../test/e2e/wait_until.ts";
import { watchFile } from "./watch.ts";

let directory: string;
let file: string;
let changes: string[];
let unwatch: () => void;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), "watch-"));
  file = path.join(directory, "config.yaml");
  fs.writeFileSync(file, "one");
  changes = [];
  unwatch = watchFile(file, () => changes.push(fs.readFileSync(file, "utf8")));
});

afterEach(() => {
  unwatch();
  fs.rmSync(directory, { recursive: true });
});

const told = (...expected: string[]) =>
  waitUntil(`changes are ${expected}`, () => JSON.stringify(changes) === JSON.stringify(expected)).then(() => true);

test("a file written in place", async () => {
  fs.writeFileSync(file, "two");
  await told("two");
});

test("a file replaced by renaming, again and again", async () => {
  for (const text of ["two", "three"]) {
    fs.writeFileSync(`${file}.new`, text);
    fs.renameSync(`${file}.new`, file);
    await waitUntil(text, () => changes.at(-1) === text);
  }
  await told("two", "three");
});

test("a file deleted and written anew is one change", async () => {
  fs.rmSync(file);
  fs.writeFileSync(file, "two");
  await told("two");
});

test("writes in quick succession are one change", async () => {
  for (const text of ["two", "three", "four"]) {
    fs.writeFileSync(file, text);
    await sleep(20);
  }
  await told("four");
});

test("a symbolic link turned to another file, as Kubernetes does it", async () => {
  unwatch();
  for (const [name, text] of [
    ["a", "in a"],
    ["b", "in b"],
  ] as const) {
    fs.mkdirSync(path.join(directory, name));
    fs.writeFileSync(path.join(directory, name, "config.yaml"), text);
  }
  fs.symlinkSync("a", path.join(directory, "..data"));
  fs.rmSync(file);
  fs.symlinkSync("..data/config.yaml", file);
  unwatch = watchFile(file, () => changes.push(fs.readFileSync(file, "utf8")));
  fs.symlinkSync("b", path.join(directory, "..data_tmp"));
  fs.renameSync(path.join(directory, "..data_tmp"), path.join(directory, "..data"));
  await told("in b");
});

test("neither other files nor a rewrite of the same content count", async () => {
  fs.writeFileSync(path.join(directory, "other"), "x");
  fs.writeFileSync(file, "one");
  await sleep(300);
  expect(changes).toEqual([]);
});
