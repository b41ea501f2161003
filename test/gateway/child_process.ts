// The processes a test starts: their output kept for the failure message, their end made certain.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

const LOG_BYTES_MAX = 1 << 20;
const END_MS_MAX = 5_000;

/** The last `LOG_BYTES_MAX` characters that a process wrote to stdout and stderr. */
export class ChildLog {
  #text = "";

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => {
        this.#text = (this.#text + text).slice(-LOG_BYTES_MAX);
      });
    }
  }

  text(): string {
    return this.#text;
  }
}

// A test run that is ended by Ctrl-C or a failed assertion outside of a test would leave Envoys behind, one a run.
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Makes `child` end with this process at the latest. */
export function endWithThisProcess(child: ChildProcess): void {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Ends a process with `signal`, and with SIGKILL when it has not ended 5 s later. */
export async function endChild(child: ChildProcess, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const ended = once(child, "exit");
  child.kill("SIGCONT"); // a frozen process takes no SIGTERM
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), END_MS_MAX);
  await ended;
  clearTimeout(timer);
}

/** A command that runs on one core only, where the machine can do so; the pid stays that of the command. */
export function pinned(command: string, args: readonly string[], core: number | undefined): [string, string[]] {
  return core === undefined ? [command, [...args]] : ["taskset", ["-c", String(core), command, ...args]];
}
