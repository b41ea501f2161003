// npm run bench: plain Envoy and the gateway in turns, against one mock provider, on the same core.

import { execFile } from "node:child_process";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { basename, join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { REPO } from "../gateway/repo.ts";
import { FILTER_FILE } from "../gateway/start_gateway.ts";
import { compare, lastReport } from "./comparison.ts";
import { type Footprint, measureFootprint } from "./footprint.ts";
import { type MemoryResult, measureMemory } from "./memory.ts";
import { type Peer, readPeers, startPeer } from "./peers.ts";
import { type Cores, chooseCores, startLoadClient, startMockProvider } from "./processes.ts";
import { type Report, replaceInReadme, reportRows, writeMarkdown } from "./report.ts";
import { type RowResult, runRounds, type Subjects } from "./rounds.ts";
import { LONG_ROWS, ROUTED_ROWS, type RoundSize, type Row, rowsOfPeer, STREAM_ROWS, type SubjectName, WHOLE_ROWS } from "./rows.ts";
import { envoyVersion, type Subject, startBenchGateway, startPlainEnvoy } from "./subjects.ts";
import { MODEL_BURST } from "./workload.ts";

const REPORT_FOLDER = join(import.meta.dirname, "reports");

const GROUPS = {
  whole: WHOLE_ROWS,
  long: LONG_ROWS,
  stream: STREAM_ROWS,
  routed: ROUTED_ROWS,
  memory: [],
  footprint: [],
  decision: [],
} as const satisfies Record<string, readonly Row[]>;
type GroupName = keyof typeof GROUPS;

const FULL = { size: { requests: 20_000, streams: 200, rate_requests: 1_000, warmup_requests: 20_000, warmup_streams: 5_000 }, rounds: 5 };
const QUICK = { size: { requests: 5_000, streams: 200, rate_requests: 300, warmup_requests: 5_000, warmup_streams: 1_000 }, rounds: 2 };
const MEMORY_STREAMS = { full: [1_000, 10_000, 100_000], quick: [1_000, 10_000] };

const USAGE = `usage: npm run bench -- [--quick] [--rounds N] [--only ${Object.keys(GROUPS).join(",")}] [--peers FILE] [--readme]`;

interface Settings {
  quick: boolean;
  rounds: number;
  size: RoundSize;
  only: readonly GroupName[];
  /** Other gateways. */
  peers: readonly Peer[];
  /** Put the tables into README.md. */
  readme: boolean;
}

function readSettings(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean" },
      rounds: { type: "string" },
      only: { type: "string" },
      peers: { type: "string" },
      readme: { type: "boolean" },
    },
  });
  const quick = values.quick ?? false;
  const { size, rounds: roundsByDefault } = quick ? QUICK : FULL;
  const rounds = values.rounds === undefined ? roundsByDefault : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) throw new Error(`--rounds ${values.rounds}: a number from 1 to 100`);
  const only = (values.only?.split(",") ?? Object.keys(GROUPS)) as GroupName[];
  const unknown = only.find((name) => !(name in GROUPS));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: one or more of ${Object.keys(GROUPS).join(", ")}`);
  const peers = values.peers === undefined ? [] : readPeers(values.peers);
  return { quick, rounds, size, only, peers, readme: values.readme ?? false };
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function runMemory(
  mockPort: number,
  client: Awaited<ReturnType<typeof startLoadClient>>,
  cores: Cores,
  quick: boolean,
): Promise<MemoryResult[]> {
  const counts = quick ? MEMORY_STREAMS.quick : MEMORY_STREAMS.full;
  const results: MemoryResult[] = [];
  // Processes of their own: what ran before must not have grown them already.
  for (const [name, start, model] of [
    ["plain Envoy", startPlainEnvoy, MODEL_BURST],
    ["gateway", startBenchGateway, `anthropic/${MODEL_BURST}`],
  ] as const) {
    progress(`memory    ${name}`);
    const subject = await start(mockPort, cores);
    try {
      results.push(await measureMemory(client, subject, name, model, counts));
    } finally {
      await subject.close();
    }
  }
  return results;
}

async function runFootprint(mockPort: number, client: Awaited<ReturnType<typeof startLoadClient>>, cores: Cores): Promise<Footprint> {
  progress("footprint start and memory");
  const gateway = await startBenchGateway(mockPort, cores);
  try {
    return await measureFootprint(client, gateway);
  } finally {
    await gateway.close();
  }
}

async function runEmbeddedDecision(): Promise<string> {
  progress("decision  embedded resolver");
  const { stdout } = await promisify(execFile)(process.execPath, [join(REPO, "brightstaff/bench/embedded_decision.ts")]);
  return stdout;
}

/** What a round measures. */
async function startSubjects(mockPort: number, cores: Cores, peers: readonly Peer[]): Promise<Subjects> {
  const of = new Map<SubjectName, Subject>();
  const close = async () => {
    for (const subject of [...of.values()].reverse()) await subject.close();
  };
  try {
    of.set("plain", await startPlainEnvoy(mockPort, cores));
    of.set("gateway", await startBenchGateway(mockPort, cores));
    for (const peer of peers) {
      progress(`start     ${peer.name}`);
      of.set(peer.name, await startPeer(peer, mockPort, cores));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { of, close };
}

async function bench(settings: Settings): Promise<Report> {
  const cores = chooseCores();
  const open: { close(): Promise<void> }[] = [];
  const keep = <Closable extends { close(): Promise<void> }>(one: Closable): Closable => {
    open.push(one);
    return one;
  };
  try {
    const mock = keep(await startMockProvider(cores.others));
    const client = keep(await startLoadClient(cores.others));
    const start = () => startSubjects(mock.port, cores, settings.peers);
    const results: RowResult[] = [];
    for (const group of settings.only) {
      const options = { start, client, size: settings.size, rounds: settings.rounds, onProgress: progress };
      const rowsOfPeers = group === "whole" || group === "stream" ? settings.peers.flatMap((peer) => rowsOfPeer(group, peer)) : [];
      const rows = [...GROUPS[group], ...rowsOfPeers];
      if (rows.length > 0) results.push(...(await runRounds({ ...options, rows })));
    }
    const rows = reportRows(results);
    const footprint: Footprint | null = settings.only.includes("footprint") ? await runFootprint(mock.port, client, cores) : null;
    const before = lastReport(REPORT_FOLDER);
    return {
      created_at: new Date().toISOString(),
      command: ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" "),
      machine: {
        cpu: cpus()[0]?.model ?? "unknown",
        cores: cpus().length,
        kernel: release(),
        node: process.versions.node,
        envoy: envoyVersion(),
        pinned_to: cores.measured ?? null,
      },
      filter: { file: basename(FILTER_FILE), bytes: (await stat(FILTER_FILE)).size },
      rows,
      memory: settings.only.includes("memory") ? await runMemory(mock.port, client, cores, settings.quick) : [],
      footprint,
      comparison: before === null ? null : compare({ rows }, before),
      embedded_decision: settings.only.includes("decision") ? await runEmbeddedDecision() : null,
    };
  } finally {
    for (const one of open.reverse()) await one.close();
  }
}

async function main(): Promise<void> {
  let settings: Settings;
  try {
    settings = readSettings(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  await mkdir(REPORT_FOLDER, { recursive: true });
  const report = await bench(settings);
  const markdown = writeMarkdown(report);
  const name = report.created_at.replaceAll(":", "-");
  await writeFile(join(REPORT_FOLDER, `${name}.json`), `${JSON.stringify(report, null, 1)}\n`);
  await writeFile(join(REPORT_FOLDER, `${name}.md`), `${markdown}\n`);
  process.stdout.write(`\n${markdown}\n`);
  if (settings.readme) {
    const path = join(REPO, "README.md");
    await writeFile(path, replaceInReadme(await readFile(path, "utf8"), markdown));
  }
  if (report.rows.some((row) => row.voids.length > 0)) process.exitCode = 1;
}

await main();
