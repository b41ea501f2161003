import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { cpuSeconds, cpuSecondsOf, residentBytes } from "./cpu_time.ts";

it("reads the time on a CPU, not the time that a thread waited for one", () => {
  expect(cpuSecondsOf("3250000000 358268415 73\n")).toBe(3.25);
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
