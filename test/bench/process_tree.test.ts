import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { processTree, residentOnceBytes, treeCpuSeconds, treeResidentBytes, treeResidentOnceBytes } from "./process_tree.ts";

it("counts a process together with those that it has started", async () => {
  const burn = "while (process.cpuUsage().user < 2e5); console.log('burnt'); setTimeout(() => {}, 60000)";
  const shell = spawn("sh", ["-c", '"$0" -e "$1" & wait', process.execPath, burn], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(shell.stdout, "data");
    const pid = shell.pid as number;
    expect(processTree(pid)).toHaveLength(2);
    expect(treeCpuSeconds(pid)).toBeGreaterThan(0.15);
    expect(treeResidentBytes(pid)).toBeGreaterThan(10e6);
    // Both have the C library.
    expect(treeResidentOnceBytes(pid)).toBeGreaterThan(10e6);
    expect(treeResidentOnceBytes(pid)).toBeLessThan(treeResidentBytes(pid));
  } finally {
    for (const pid of processTree(shell.pid as number).reverse()) process.kill(pid, "SIGKILL");
  }
});

it("counts once what several processes have of a file, and what each has of its own", () => {
  const mapping = (at: string, resident_kib: number, anonymous_kib: number) =>
    [`${at}`, `Rss:        ${resident_kib} kB`, "Pss:          3 kB", `Anonymous:  ${anonymous_kib} kB`, "VmFlags: rd ex"].join("\n");
  const text = (resident_kib: number) => mapping("400000-500000 r-xp 00001000 fe:00 77   /bin/node", resident_kib, 0);
  const data = mapping("600000-700000 rw-p 00002000 fe:00 77   /bin/node", 16, 12);
  const heap = mapping("800000-900000 rw-p 00000000 00:00 0   [heap]", 100, 100);
  const other = mapping("400000-500000 r-xp 00001000 fe:00 78   /bin/envoy", 40, 0);
  expect(residentOnceBytes([`${text(50)}\n${data}\n${heap}\n`, `${text(60)}\n${data}\n${heap}\n`, other])).toBe(
    (60 + 4 + 2 * 12 + 2 * 100 + 40) * 1024,
  );
});
