// A process and all that it has started, by /proc: what a gateway of several processes costs.

import { readdirSync, readFileSync } from "node:fs";
import { cpuSeconds, residentBytes } from "./cpu_time.ts";

/** The process and its descendants, as of now. */
export function processTree(root: number): number[] {
  const parents = new Map(readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? parentOf(Number(name)) : [])));
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** Nothing for a process that has ended meanwhile. */
function parentOf(pid: number): [pid: number, parent: number][] {
  const parent = whileAlive(() => /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  return parent === undefined ? [] : [[pid, Number(parent)]];
}

export function treeCpuSeconds(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + (whileAlive(() => cpuSeconds(pid)) ?? 0), 0);
}

export function treeResidentBytes(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + (whileAlive(() => residentBytes(pid)) ?? 0), 0);
}

function whileAlive<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
