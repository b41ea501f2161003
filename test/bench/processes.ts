// The processes around what is measured: the mock provider and the load client, kept off Envoy's core where the machine has two.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ChildLog, endChild, endWithThisProcess, pinned } from "../gateway/child_process.ts";
import type { LoadMessage, LoadOrder, LoadResult } from "./load.ts";

const START_MS_MAX = 10_000;
// Both processes are waited for while gaps of streams are measured: the young generation holds what a whole load leaves, and is emptied between two.
const NODE_FLAGS = ["--min-semi-space-size=128", "--max-semi-space-size=128", "--expose-gc"];

/** Cores of the measured Envoys and of everything else; undefined where processes can't be pinned. */
export interface Cores {
  measured: number | undefined;
  others: number | undefined;
}

export function chooseCores(): Cores {
  const canPin = availableParallelism() >= 2 && spawnSync("taskset", ["-c", "0,1", "true"]).status === 0;
  return canPin ? { measured: 0, others: 1 } : { measured: undefined, others: undefined };
}

/** V8's own threads would hold the core that the process is pinned to for 4 ms at a time, while chunks wait for the main one. */
function letMainThreadGoFirst(pid: number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    if (Number(thread) !== pid) spawnSync("chrt", ["--idle", "--pid", "0", thread]);
  }
}

/** A TypeScript file of this folder as a process with an IPC channel. */
class BenchProcess<Ready> {
  readonly child: ChildProcess;
  readonly log: ChildLog;

  constructor(file: string, core: number | undefined) {
    this.child = spawn(...pinned(process.execPath, [...NODE_FLAGS, join(import.meta.dirname, file)], core), {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    endWithThisProcess(this.child);
    this.log = new ChildLog(this.child);
  }

  async ready(): Promise<Ready> {
    const [message] = await once(this.child, "message", { signal: AbortSignal.timeout(START_MS_MAX) });
    letMainThreadGoFirst(this.child.pid as number);
    return message as Ready;
  }

  async close(): Promise<void> {
    await endChild(this.child);
  }
}

export interface MockProvider {
  readonly port: number;
  close(): Promise<void>;
}

export async function startMockProvider(core: number | undefined): Promise<MockProvider> {
  const mock = new BenchProcess<{ port: number }>("mock_provider.ts", core);
  const { port } = await mock.ready();
  return { port, close: () => mock.close() };
}

export interface LoadClient {
  run(order: LoadOrder): Promise<LoadResult>;
  close(): Promise<void>;
}

export async function startLoadClient(core: number | undefined): Promise<LoadClient> {
  const client = new BenchProcess<LoadMessage>("load_client.ts", core);
  await client.ready();
  const run = async (order: LoadOrder): Promise<LoadResult> => {
    const ended = new AbortController();
    const onExit = () => ended.abort(new Error(`the load client ended:\n${client.log.text()}`));
    client.child.once("exit", onExit);
    client.child.send(order);
    const [message] = (await once(client.child, "message", { signal: ended.signal })) as [LoadMessage];
    client.child.off("exit", onExit);
    if (message.type !== "done") throw new Error(message.type === "failed" ? message.error : "the load client answered out of turn");
    return message.result;
  };
  return { run, close: () => client.close() };
}
