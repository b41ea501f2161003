// brightstaff as a child process, forked with an IPC channel on which it says when it is ready.

import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { NODE_ENVIRONMENT, NODE_FLAGS } from "../../deploy/local/node_flags.mjs";
import { compileCache } from "../../deploy/local/paths.mjs";
import { ChildLog, endChild, endWithThisProcess, hasEnded, pinned } from "./child_process.ts";
import { REPO } from "./repo.ts";

// The embedded resolver loads its model before brightstaff is ready.
const START_MS_MAX = 60_000;

export interface BrightstaffOptions {
  cwd: string;
  configPath: string;
  stateDir: string;
  filterFile: string;
  env?: Record<string, string> | undefined;
  args?: readonly string[] | undefined;
  /** Runs on this core only. */
  core?: number | undefined;
}

export class BrightstaffProcess {
  readonly #child: ChildProcess;
  readonly #log: ChildLog;
  #port = 0;
  #adminPort: number | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#log = new ChildLog(child);
  }

  /** Starts brightstaff and waits until it has rendered Envoy's files. Throws with its log when it ends or takes too long. */
  static async start(options: BrightstaffOptions): Promise<BrightstaffProcess> {
    const [execPath, execArgv] = pinned(process.execPath, NODE_FLAGS, options.core); // as `npm start` does it
    const child = fork(
      join(REPO, "brightstaff/src/main.ts"),
      // biome-ignore format: a flag and its value stand on one line
      [
        "--config", options.configPath,
        "--state-dir", options.stateDir,
        "--listen", "127.0.0.1:0",
        "--filter", options.filterFile,
        ...(options.args ?? []),
      ],
      {
        cwd: options.cwd,
        env: { PLANO_HOME: join(REPO, ".plano"), NODE_COMPILE_CACHE: compileCache, ...NODE_ENVIRONMENT, ...process.env, ...options.env },
        execPath,
        execArgv,
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    endWithThisProcess(child);
    const started = new BrightstaffProcess(child);
    try {
      await started.#waitUntilReady();
    } catch (error) {
      await started.close();
      throw error;
    }
    return started;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get port(): number {
    return this.#port;
  }

  /** Of the management API. Throws when the config has none. */
  get adminPort(): number {
    if (this.#adminPort === undefined) throw new Error("brightstaff serves no management API");
    return this.#adminPort;
  }

  get running(): boolean {
    return !hasEnded(this.#child);
  }

  log(): string {
    return this.#log.text();
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    await endChild(this.#child, "SIGKILL");
  }

  /** Stops it where it is: connections stay open and nothing is answered, until `resume()`. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async close(): Promise<void> {
    await endChild(this.#child);
  }

  #waitUntilReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`brightstaff ${why}; its log:\n${this.log()}`));
      const timer = setTimeout(() => fail(`is not ready after ${START_MS_MAX} ms`), START_MS_MAX);
      this.#child.once("error", reject);
      // "close" rather than "exit": by then its last lines have been read.
      this.#child.once("close", (code, signal) => {
        clearTimeout(timer);
        fail(`ended with ${code ?? signal}`);
      });
      this.#child.on("message", (message: { type?: string; port?: number; adminPort?: number }) => {
        if (message.type !== "ready" || message.port === undefined) return;
        clearTimeout(timer);
        this.#port = message.port;
        this.#adminPort = message.adminPort;
        resolve();
      });
    });
  }
}
