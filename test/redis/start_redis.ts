// A real Redis for tests, in a temporary folder, on a port of its own.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { waitUntil } from "../e2e/wait_until.ts";

export interface Redis {
  readonly url: string;
  /** Ends it without a word, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again where it was, with nothing in it. */
  restart(): Promise<void>;
  /** Its connections stay, and nothing is answered. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

function isInstalled(): boolean {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Tests that need a Redis: left out, by a name that says so, where there is none. In CI there has to be one. */
export function describeWithRedis(name: string, tests: () => void): void {
  if (isInstalled() || process.env.CI === "true") describe(name, tests);
  else describe.skip(`${name} (left out: there is no redis-server; Debian's package of that name has it)`, tests);
}

export async function startRedis(): Promise<Redis> {
  const folder = await mkdtemp(join(tmpdir(), "redis-"));
  const port = await freePort();
  let child = await spawnRedis(folder, port);
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => end(child),
    async restart() {
      child = await spawnRedis(folder, port);
    },
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    async close() {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function spawnRedis(folder: string, port: number): Promise<ChildProcess> {
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const child = spawn("redis-server", args, { stdio: "ignore" });
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  await Promise.race([waitUntil("Redis takes connections", () => isOpen(port)), failed]);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** Redis takes no port 0. Another process may take it in between; Redis then ends, and the test with it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (isIt: boolean) => () => {
      socket.destroy();
      resolve(isIt);
    };
    socket.once("connect", answer(true));
    socket.once("error", answer(false));
  });
}
