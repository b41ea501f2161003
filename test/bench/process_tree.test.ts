import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { processTree, treeCpuSeconds, treeResidentBytes } from "./process_tree.ts";

it("counts a process together with those that it has started", async () => {
  const burn = "while (process.cpuUsage().user < 2e5); console.log('burnt'); setTimeout(() => {}, 60000)";
  const shell = spawn("sh", ["-c", '"$0" -e "$1" & wait', process.execPath, burn], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(shell.stdout, "data");
    const pid = shell.pid as number;
    expect(processTree(pid)).toHaveLength(2);
    expect(treeCpuSeconds(pid)).toBeGreaterThan(0.15);
    expect(treeResidentBytes(pid)).toBeGreaterThan(10e6);
  } finally {
    for (const pid of processTree(shell.pid as number).reverse()) process.kill(pid, "SIGKILL");
  }
});
