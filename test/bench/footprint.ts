// What the gateway takes before it does anything: the time until `npm start` answers, and memory, idle and with many streams open.

import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { NODE_FLAGS } from "../../deploy/local/node_flags.mjs";
import { planoHome } from "../../deploy/local/paths.mjs";
import { ChildLog, endChild, endWithThisProcess } from "../gateway/child_process.ts";
import { REPO } from "../gateway/repo.ts";
import { measure } from "./measure.ts";
import { treeResidentBytes, treeResidentOnceBytes } from "./process_tree.ts";
import type { LoadClient } from "./processes.ts";
import type { Subject } from "./subjects.ts";
import { MODEL, PACED_CHUNKS, PACED_GAP_MS } from "./workload.ts";

const START_MS_MAX = 60_000;
const OPEN_STREAMS = 1_000;
/** What is made for the first request is cleaned up after it. */
const IDLE_AFTER_MS = 5_000;

export interface Footprint {
  /** From the start of `npm start`'s process, all being installed and built, to the last byte of its first answer. */
  first_answer_s: number;
  /** Resident memory of `npm start`, brightstaff and Envoy, some seconds after it. */
  idle_bytes: number;
  /** The same, what they share counted once. */
  idle_once_bytes: number;
  /** The same of brightstaff and Envoy alone, and with streams open. */
  serving_idle_bytes: number;
  streaming_bytes: number;
  open_streams: number;
}

export async function measureFootprint(client: LoadClient, gateway: Subject): Promise<Footprint> {
  const pids = [gateway.envoyPid, gateway.brightstaffPid as number];
  const serving = () => pids.reduce((sum, pid) => sum + treeResidentBytes(pid), 0);
  const serving_idle_bytes = serving();
  const load = {
    load: "streams",
    api: "openai_chat",
    model: `anthropic/${MODEL}`,
    exact: false,
    chunks: PACED_CHUNKS,
    paced: true,
  } as const;
  const streams = measure(client, gateway, { ...load, streams: OPEN_STREAMS, concurrent: OPEN_STREAMS });
  // All are open when the last has begun and the first has not ended.
  await sleep((PACED_CHUNKS * PACED_GAP_MS) / 2);
  const streaming_bytes = serving();
  const { result } = await streams;
  if (result.wrong > 0) throw new Error(`${result.wrong} of ${OPEN_STREAMS} streams were wrong: ${result.first_wrong}`);
  return { ...(await measureStart()), serving_idle_bytes, streaming_bytes, open_streams: OPEN_STREAMS };
}

async function measureStart(): Promise<Pick<Footprint, "first_answer_s" | "idle_bytes" | "idle_once_bytes">> {
  const folder = await mkdtemp(join(tmpdir(), "footprint-"));
  const config = parse(readFileSync(join(REPO, "config/plano_config.yaml"), "utf8"));
  config.listeners[0].port = 0;
  const file = join(folder, "config.yaml");
  writeFileSync(file, stringify(config));
  const started = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, join(REPO, "deploy/local/start.mjs"), "--config", file, "--concurrency", "1"], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PLANO_HOME: planoHome },
    stdio: ["ignore", "pipe", "pipe"],
  });
  endWithThisProcess(child);
  const log = new ChildLog(child);
  try {
    const url = await urlOf(log, started);
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "router:software-engineering", messages: [{ role: "user", content: "Write a sort function" }] }),
    });
    const answer = await response.text();
    if (response.status !== 200) throw new Error(`npm start answered ${response.status}: ${answer}`);
    const first_answer_s = (performance.now() - started) / 1000;
    await sleep(IDLE_AFTER_MS);
    const pid = child.pid as number;
    return { first_answer_s, idle_bytes: treeResidentBytes(pid), idle_once_bytes: treeResidentOnceBytes(pid) };
  } finally {
    await endChild(child);
    await rm(folder, { recursive: true, force: true });
  }
}

async function urlOf(log: ChildLog, started: number): Promise<string> {
  while (performance.now() - started < START_MS_MAX) {
    const url = /Ready on (http\S+) /.exec(log.text())?.[1];
    if (url !== undefined) return url;
    await sleep(10);
  }
  throw new Error(`npm start was not ready in ${START_MS_MAX} ms:\n${log.text()}`);
}
