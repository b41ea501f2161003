// A process that start.ts starts, and that must neither die unnoticed nor outlive it.

import { type ChildProcess, type ForkOptions, fork, spawn, spawnSync } from "node:child_process";
import { NODE_ENVIRONMENT, NODE_FLAGS } from "./node_flags.mjs";

/** A process that has not ended this long after it was asked to is killed. */
const END_MS_MAX = 5_000;

/**
 * Has Linux end a program when this process is gone, in whatever way: prctl(2), PR_SET_PDEATHSIG. setpriv, of util-linux, replaces itself by
 * the program. Without it a program outlives a `kill -9`; a Node module need not, as its message channel closes.
 */
const PARENT_DEATH_SIGNAL = spawnSync("setpriv", ["--pdeathsig", "TERM", "true"]).status === 0 ? ["setpriv", "--pdeathsig", "TERM"] : [];

export class Supervised {
  readonly name: string;
  readonly child: ChildProcess;
  /** How it ended, e.g. "exit code 2" or "SIGSEGV". Never rejects. */
  readonly ended: Promise<string>;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.child = child;
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      // What it said last is read before its end is told.
      child.once("exit", () => this.speak());
      child.once(child.stderr === null ? "exit" : "close", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
  }

  /** Starts a program; what it prints goes where ours goes. */
  static program(name: string, file: string, args: readonly string[]): Supervised {
    const [first, ...rest] = [...PARENT_DEATH_SIGNAL, file, ...args] as [string, ...string[]];
    // Detached: a terminal sends Ctrl-C to its whole process group, and an orderly end needs it to arrive here alone.
    return new Supervised(name, spawn(first, rest, { detached: true, stdio: ["ignore", "inherit", "inherit"] }));
  }

  /** Starts a Node module with a message channel. `held`: what it says on standard error is kept until `speak`, or its end. */
  static module(name: string, file: string, args: readonly string[], { held = false } = {}): Supervised {
    const env = { ...NODE_ENVIRONMENT, ...process.env };
    const stderr = held ? "pipe" : "inherit";
    const options = { detached: true, execArgv: NODE_FLAGS, env, stdio: ["ignore", "inherit", stderr, "ipc"] } satisfies ForkOptions;
    return new Supervised(name, fork(file, args, options));
  }

  /** From now on, what it says on standard error goes where ours goes, what was held back first. */
  speak(): void {
    const { stderr } = this.child;
    if (stderr !== null && stderr.readableFlowing === null) stderr.pipe(process.stderr);
  }

  /** Asks it to end, and kills it when it does not. */
  async end(): Promise<void> {
    this.child.kill("SIGTERM");
    const force = setTimeout(() => this.kill(), END_MS_MAX);
    await this.ended;
    clearTimeout(force);
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}
