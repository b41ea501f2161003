import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "./lock.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("work under one lock never overlaps, and nothing is left behind", async () => {
  const file = path.join(folder, "setup.lock");
  let inside = 0;
  let insideMax = 0;
  let waits = 0;
  const work = async () => {
    inside++;
    insideMax = Math.max(insideMax, inside);
    await sleep(20);
    inside--;
  };
  await Promise.all(Array.from({ length: 4 }, () => withLock(file, () => waits++, work)));
  expect(insideMax).toBe(1);
  expect(waits).toBe(3);
  expect(readdirSync(folder)).toEqual([]);
});

test("the lock is given back when the work fails", async () => {
  const file = path.join(folder, "setup.lock");
  const failing = withLock(
    file,
    () => {},
    async () => {
      throw new Error("no network");
    },
  );
  await expect(failing).rejects.toThrow("no network");
  expect(existsSync(file)).toBe(false);
});

test("a lock whose holder was killed is taken over; a fresh one is waited for", async () => {
  const file = path.join(folder, "setup.lock");
  writeFileSync(file, "1");
  let done = false;
  const work = withLock(
    file,
    () => {},
    async () => {
      done = true;
    },
  );
  await sleep(600);
  expect(done).toBe(false);

  const minuteAgo = new Date(Date.now() - 60_000);
  utimesSync(file, minuteAgo, minuteAgo);
  await work;
  expect(done).toBe(true);
});
