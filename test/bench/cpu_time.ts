// CPU time and memory of a process from Linux's own accounting.

import { readdirSync, readFileSync } from "node:fs";

const NS_PER_S = 1e9;

/**
 * Seconds of CPU, user and system, that the process's threads have used so far, to the nanosecond: what the scheduler has counted, where
 * /proc/<pid>/stat tells hundredths of a second.
 * @see https://docs.kernel.org/scheduler/sched-stats.html
 */
export function cpuSeconds(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.reduce((sum, task) => sum + cpuSecondsOf(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8")), 0);
}

/** The same of one thread, from the text of its schedstat: nanoseconds on a CPU, nanoseconds waiting for one, times it was given one. */
export function cpuSecondsOf(schedstat: string): number {
  return Number(schedstat.split(" ")[0]) / NS_PER_S;
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`no VmRSS of process ${pid}`);
  return Number(kib) * 1024;
}
