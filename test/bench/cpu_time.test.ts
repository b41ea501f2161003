import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { cpuSeconds, cpuSecondsOf, residentBytes } from "./cpu_time.ts";

it("reads user and system time behind a name with spaces and parentheses", () => {
  const stat = "4711 (wrk:a) (b c) S 1 4711 4711 0 -1 4194560 100 200 3 4 250 75 7 8 20 0 9 0 99738 3133440 390";
  expect(cpuSecondsOf(stat)).toBe(3.25);
});

it("counts what this process burns and not what it waits", () => {
  const before = cpuSeconds(process.pid);
  spawnSync("sleep", ["0.3"]);
  const waited = cpuSeconds(process.pid) - before;
  const until = performance.now() + 300;
  while (performance.now() < until);
  const burnt = cpuSeconds(process.pid) - before - waited;
  expect(burnt).toBeGreaterThan(waited);
});

it("knows the resident memory", () => {
  expect(residentBytes(process.pid)).toBeGreaterThan(10e6);
});
