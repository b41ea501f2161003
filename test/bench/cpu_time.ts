// CPU time and memory of a process from Linux's own accounting.

import { readFileSync } from "node:fs";

// USER_HZ, the unit of utime and stime in proc_pid_stat(5): 100 on every architecture that Node 24 runs on.
const TICKS_PER_S = 100;

/** Seconds of CPU, user and system, that the process and all its threads have used so far, to 10 ms. */
export function cpuSeconds(pid: number): number {
  return cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** The same from the text of /proc/<pid>/stat. The command's name stands in parentheses and may hold spaces and parentheses itself. */
export function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Fields 14 and 15 of the line; the first two are cut off above.
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`no VmRSS of process ${pid}`);
  return Number(kib) * 1024;
}
