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

/** The same with what they share counted once: two Node processes have the same 50 MB of Node in theirs. */
export function treeResidentOnceBytes(root: number): number {
  return residentOnceBytes(processTree(root).flatMap((pid) => whileAlive(() => readFileSync(`/proc/${pid}/smaps`, "utf8")) ?? []));
}

const MAPPING = /^[0-9a-f]+-[0-9a-f]+ (\S+ \S+ \S+ \d+)/;
const SIZE = /^(Rss|Anonymous):\s+(\d+) kB$/;

/**
 * From the text of several processes' smaps. Of a part of a file that is mapped by several, the one counts that has most of it, so that this is a
 * little too low where they have different pages; the kernel's own proportional share (Pss) would depend on who else runs the same program.
 * @see https://docs.kernel.org/filesystems/proc.html
 */
export function residentOnceBytes(smaps: readonly string[]): number {
  let own_kib = 0;
  const files_kib = new Map<string, number>();
  for (const text of smaps) {
    let part = "";
    let resident_kib = 0;
    for (const line of text.split("\n")) {
      part = MAPPING.exec(line)?.[1] ?? part;
      const [, field, kib] = SIZE.exec(line) ?? [];
      if (field === "Rss") resident_kib = Number(kib);
      if (field !== "Anonymous") continue;
      own_kib += Number(kib);
      files_kib.set(part, Math.max(files_kib.get(part) ?? 0, resident_kib - Number(kib)));
    }
  }
  return (own_kib + [...files_kib.values()].reduce((sum, kib) => sum + kib, 0)) * 1024;
}

function whileAlive<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
