// Envoy as a child process, driven by its admin interface on a unix socket.

import { type ChildProcess, spawn } from "node:child_process";
import { request } from "node:http";
import { join } from "node:path";
import { findEnvoy } from "../../envoy/install.mjs";
import { ChildLog, endChild, endWithThisProcess, hasEnded, pinned } from "./child_process.ts";

// sockaddr_un.sun_path, unix(7): 108 bytes with the closing NUL.
const UNIX_SOCKET_PATH_BYTES_MAX = 107;
const START_MS_MAX = 60_000;
const ADMIN_MS_MAX = 20_000;
const POLL_MS = 20;

export interface EnvoyOptions {
  /** Working directory: the bootstrap names its files relative to it. */
  cwd: string;
  /** Path of the bootstrap file. */
  bootstrap: string;
  /** Admin socket as the bootstrap has it, relative to `cwd`. */
  adminSocket: string;
  /** Worker threads; 1 unless told. */
  concurrency?: number | undefined;
  /** Runs on this core only. */
  core?: number | undefined;
  env?: Record<string, string> | undefined;
}

export interface ListenerAddress {
  name: string;
  port: number;
}

export class EnvoyProcess {
  readonly #child: ChildProcess;
  readonly #log: ChildLog;
  readonly #adminSocketPath: string;

  private constructor(child: ChildProcess, adminSocketPath: string) {
    this.#child = child;
    this.#log = new ChildLog(child);
    this.#adminSocketPath = adminSocketPath;
  }

  /** Starts Envoy and waits until it is live with its listeners open. Throws with Envoy's log when it does not get there. */
  static async start(options: EnvoyOptions): Promise<EnvoyProcess> {
    const adminSocketPath = join(options.cwd, options.adminSocket);
    if (Buffer.byteLength(adminSocketPath) > UNIX_SOCKET_PATH_BYTES_MAX) {
      throw new Error(
        `${adminSocketPath}: longer than the ${UNIX_SOCKET_PATH_BYTES_MAX} bytes of a unix socket's path; set TMPDIR to a shorter one`,
      );
    }
    const envoy = await findEnvoy();
    if (!envoy) throw new Error("no Envoy found: run `node deploy/local/setup.mjs`");
    const args = ["-c", options.bootstrap, "--disable-hot-restart", "--concurrency", String(options.concurrency ?? 1), "-l", "warn"];
    const child = spawn(...pinned(envoy, args, options.core), {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    endWithThisProcess(child);
    const started = new EnvoyProcess(child, adminSocketPath);
    try {
      await started.#waitUntilLive();
    } catch (error) {
      await started.close();
      throw error;
    }
    return started;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get running(): boolean {
    return !hasEnded(this.#child);
  }

  log(): string {
    return this.#log.text();
  }

  async close(): Promise<void> {
    await endChild(this.#child);
  }

  /** Sends GET (or `method`) to Envoy's admin interface. Resolves to the body; a status other than 200 is an error. */
  admin(path: string, method: "GET" | "POST" = "GET"): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.#adminSocketPath, path, method, timeout: ADMIN_MS_MAX }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const body = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode === 200) resolve(body);
          else reject(new Error(`admin ${path}: ${response.statusCode} ${body}`));
        });
        response.on("error", reject);
      });
      call.on("timeout", () => call.destroy(new Error(`admin ${path}: no answer in ${ADMIN_MS_MAX} ms`)));
      call.on("error", reject);
      call.end();
    });
  }

  /** Counters and gauges by name, those that match `filter` (a regular expression of Envoy's) or all. */
  async stats(filter?: string): Promise<Map<string, number>> {
    const query = filter === undefined ? "" : `&filter=${encodeURIComponent(filter)}`;
    const answer = JSON.parse(await this.admin(`/stats?format=json${query}`)) as { stats: { name?: string; value?: number | string }[] };
    const values = new Map<string, number>();
    for (const { name, value } of answer.stats) {
      if (name !== undefined && typeof value === "number") values.set(name, value);
    }
    return values;
  }

  /** The open listeners, each with the port that it really has. */
  async listeners(): Promise<ListenerAddress[]> {
    const answer = JSON.parse(await this.admin("/listeners?format=json")) as {
      listener_statuses?: { name: string; local_address?: { socket_address?: { port_value: number } } }[];
    };
    const open: ListenerAddress[] = [];
    for (const { name, local_address } of answer.listener_statuses ?? []) {
      const port = local_address?.socket_address?.port_value;
      if (port) open.push({ name, port });
    }
    return open;
  }

  async #waitUntilLive(): Promise<void> {
    const deadline = Date.now() + START_MS_MAX;
    let last: unknown = "it did not say why";
    while (Date.now() < deadline && this.running) {
      try {
        // /ready fails until the workers run; listeners without a port are not open yet.
        if ((await this.admin("/ready")).startsWith("LIVE") && (await this.listeners()).length > 0) return;
        last = "it has no open listener";
      } catch (error) {
        last = error;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const state = this.running ? `is not live after ${START_MS_MAX} ms` : `ended with ${this.#child.exitCode ?? this.#child.signalCode}`;
    throw new Error(`Envoy ${state} (${last}); its log:\n${this.log()}`);
  }
}
