// npm run bench:instructions: the instructions that Envoy runs for a whole reply, and for a chunk of a paced stream, counted by valgrind. A count is
// the same on every run, whatever else the machine does, where times differ by a tenth from one process to the next: so it tells whether a small change
// was one for the better. It knows nothing of the kernel and of caches, and an allocation counts more than it costs, as valgrind takes tcmalloc off its
// quick path.

import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { findEnvoy } from "../../envoy/install.mjs";
import type { LoadOrder } from "./load.ts";
import { chooseCores, type LoadClient, startLoadClient, startMockProvider } from "./processes.ts";
import { type RoundSize, type Row, STREAM_ROWS, unitsOf, WHOLE_ROWS } from "./rows.ts";
import { type Subject, startBenchGateway, startPlainEnvoy } from "./subjects.ts";

const SETTLE_MS = 500;
const DUMP_MS_MAX = 10_000;
const POLL_MS = 50;
const USAGE =
  "usage: npm run bench:instructions -- [--requests N] [--streams N] [--only TEXT]   TEXT is a part of the rows' names: stream/gateway/openai_chat";

/** An Envoy that runs in callgrind, not counting until it is told to. */
async function writeWrapper(folder: string, envoy: string): Promise<string> {
  const wrapper = join(folder, "envoy");
  const valgrind = "valgrind -q --tool=callgrind --smc-check=all-non-file --instr-atstart=no";
  const script = `#!/bin/sh\n[ "$1" = --version ] && exec '${envoy}' "$@"\nexec ${valgrind} '--callgrind-out-file=${folder}/out.%p' '${envoy}' "$@"\n`;
  await writeFile(wrapper, script, { mode: 0o755 });
  return wrapper;
}

async function control(pid: number, ...args: string[]): Promise<void> {
  await promisify(execFile)("callgrind_control", [...args, String(pid)]);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The counts that callgrind writes out next. */
async function dump(folder: string, pid: number): Promise<number> {
  const dumps = async () => (await readdir(folder)).filter((file) => file.startsWith(`out.${pid}.`));
  const before = new Set(await dumps());
  await control(pid, "-d");
  for (const started = Date.now(); Date.now() - started < DUMP_MS_MAX; await pause(POLL_MS)) {
    for (const file of await dumps()) {
      if (before.has(file)) continue;
      const count = /^(?:summary|totals): (\d+)/m.exec(await readFile(join(folder, file), "utf8"))?.[1];
      if (count !== undefined) return Number(count);
    }
  }
  throw new Error("callgrind wrote no counts");
}

async function ask(client: LoadClient, subject: Subject, load: Omit<LoadOrder, "port">): Promise<void> {
  const { wrong, first_wrong } = await client.run({ ...load, port: subject.port } as LoadOrder);
  if (wrong > 0) throw new Error(`${wrong} replies were wrong: ${first_wrong}`);
}

/** Instructions a request, or a chunk. */
async function count(client: LoadClient, subject: Subject, row: Row, size: RoundSize, folder: string): Promise<number> {
  const pid = subject.envoyPid;
  await ask(client, subject, row.warmUp(size));
  await control(pid, "-i", "on");
  await control(pid, "-z");
  await ask(client, subject, row.load(size));
  await pause(SETTLE_MS);
  const instructions = await dump(folder, pid);
  await control(pid, "-i", "off");
  return instructions / unitsOf(row.load(size));
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { requests: { type: "string" }, streams: { type: "string" }, only: { type: "string" } } });
  const [requests, streams] = [Number(values.requests ?? 600), Number(values.streams ?? 20)];
  const asked = [...WHOLE_ROWS, ...STREAM_ROWS].filter(({ id, base }) => base !== null && id.includes(values.only ?? ""));
  const rows = [...WHOLE_ROWS, ...STREAM_ROWS].filter((row) => asked.some((one) => one === row || one.base === row.id));
  if (![requests, streams].every((count) => Number.isInteger(count) && count > 0) || rows.length === 0) throw new Error(USAGE);
  if (spawnSync("valgrind", ["--version"]).status !== 0) throw new Error("valgrind is needed: Debian's package of that name");
  const envoy = findEnvoy();
  if (envoy === null) throw new Error("no Envoy found: run `node deploy/local/setup.mjs`");

  const size = { requests, streams, rate_requests: 0, warmup_requests: 4 * requests, warmup_streams: requests };
  const cores = chooseCores();
  const folder = await mkdtemp(join(tmpdir(), "instructions-"));
  const open: { close(): Promise<void> }[] = [];
  try {
    process.env.ENVOY_PATH = await writeWrapper(folder, envoy);
    const mock = await startMockProvider(cores.others);
    open.push(mock);
    const client = await startLoadClient(cores.others);
    open.push(client);
    const plain = await startPlainEnvoy(mock.port, cores);
    open.push(plain);
    const gateway = await startBenchGateway(mock.port, cores);
    open.push(gateway);
    const counts = new Map<string, number>();
    for (const row of rows) {
      const instructions = await count(client, row.subject === "plain" ? plain : gateway, row, size, folder);
      counts.set(row.id, instructions);
      const ratio = row.base === null ? "" : `  ${(instructions / (counts.get(row.base) as number)).toFixed(3)} × plain Envoy`;
      process.stdout.write(`${row.title.padEnd(24)} ${Math.round(instructions).toLocaleString("en").padStart(9)}${ratio}\n`);
    }
  } finally {
    for (const one of open.reverse()) await one.close();
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
