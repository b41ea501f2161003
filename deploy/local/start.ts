// `npm start`: the gateway on this machine. Starts demo providers where keys are missing, brightstaff and Envoy, waits until requests are
// served, and ends all of them together.

import { availableParallelism } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Listener } from "../../brightstaff/src/config/gateway_config.ts";
import { startDemoProviders } from "../../brightstaff/src/demo_providers/server.ts";
import { collectStartUpGarbageSoon } from "../../brightstaff/src/start_up_garbage.ts";
import { filterFor, findEnvoy } from "../../envoy/install.mjs";
import { isAnswering, isFree } from "./addresses.ts";
import { repoRoot } from "./paths.mjs";
import { readConfig } from "./read_config.ts";
import { listeningPort, waitUntilHealthy } from "./readiness.ts";
import { summarize } from "./summary.ts";
import { Supervised } from "./supervised.ts";

const USAGE = "usage: npm start -- [--config config/plano_config.yaml] [--concurrency WORKER_THREADS]";
// envoy/plano.yaml names its files relative to the folder in which Envoy is started.
const STATE_DIR = "envoy/run";
const ADMIN_SOCKET = `${STATE_DIR}/admin.sock`;
/** Where its metrics are to be found, unless another gateway has the port. */
const SIDECAR_PORT = 9091;
const PARENT_POLL_MS = 1_000;
const EXIT_USAGE = 2;
/** How long brightstaff is waited with when it has ended, twice that after each start that fails. */
const RESTART_MS_MIN = 500;
const RESTART_MS_MAX = 30_000;

/** Something the user can put right; shown without a stack. */
class StartError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** In the order of starting. */
const processes: Supervised[] = [];
let stopping = false;

async function main(): Promise<void> {
  const startedAt_ms = performance.now();
  const { config: file, concurrency } = readOptions();
  const demo = await startDemoProviders();
  const reading = readConfig(file, demo.url);
  // Asking Envoy for its version holds up this process, not the one that reads.
  const envoy = findEnvoy();
  if (envoy === null) throw new StartError("no Envoy found: `npm start` installs it, or name one in ENVOY_PATH");
  const read = await reading;
  if ("mistakes" in read) throw new StartError(read.mistakes.join("\n"), EXIT_USAGE);
  const { config } = read;
  const needsDemo = config.providers.some((provider) => provider.demo);
  // Closed rather than kept in reserve: with all keys set, a key that goes missing later must be told, not stood in for.
  if (!needsDemo) await demo.close();
  await checkAddresses(config.listener);

  const startBrightstaff = (listen: string, held: boolean) => {
    const places = ["--config", file, "--state-dir", STATE_DIR, "--listen", listen, "--filter", filterFor(envoy)];
    const args = [...places, ...(needsDemo ? ["--demo-url", demo.url] : [])];
    return Supervised.module("brightstaff", path.join(repoRoot, "brightstaff/src/main.ts"), args, { held });
  };
  // Its log begins below what a user is to read first.
  const brightstaff = startBrightstaff(`127.0.0.1:${(await isFree("127.0.0.1", SIDECAR_PORT)) ? SIDECAR_PORT : 0}`, true);
  processes.push(brightstaff);
  const { port, adminPort } = await readyOrEnded(brightstaff);
  // On the port that Envoy knows.
  void keepUp(brightstaff, () => startBrightstaff(`127.0.0.1:${port}`, false));

  const envoyArgs = ["-c", path.join(repoRoot, "envoy/plano.yaml"), "--disable-hot-restart", "--concurrency", concurrency, "-l", "warn"];
  const url = await supervise(Supervised.program("Envoy", envoy, envoyArgs), isServing(config.listener));

  const admin = config.admin === null || adminPort === undefined ? null : urlOf({ ...config.admin, port: adminPort });
  const summary = summarize({
    config,
    url,
    metricsUrl: `http://127.0.0.1:${port}/metrics`,
    adminUrl: admin,
    unsetKeys: needsDemo ? read.unsetKeys : [],
  });
  const seconds = ((performance.now() - startedAt_ms) / 1000).toFixed(1);
  console.log(`\nReady on ${url} after ${seconds} s.\n\n${summary}\n`);
  brightstaff.speak();
  collectStartUpGarbageSoon();
}

function readOptions(): { config: string; concurrency: string } {
  try {
    const { values } = parseArgs({ options: { config: { type: "string" }, concurrency: { type: "string" }, help: { type: "boolean" } } });
    if (values.help) throw new StartError(USAGE, 0);
    const { config, concurrency = String(availableParallelism()) } = values;
    if (!/^[1-9]\d*$/.test(concurrency)) throw new Error(`--concurrency: "${concurrency}" is not a number of threads`);
    // npm runs scripts in the package's folder, whatever folder its user is in.
    const given = config === undefined ? undefined : path.resolve(process.env.INIT_CWD ?? "", config);
    return { config: path.relative("", given ?? path.join(repoRoot, "config/plano_config.yaml")), concurrency };
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`${(error as Error).message}\n${USAGE}`, EXIT_USAGE);
  }
}

async function checkAddresses({ name, address, port }: Listener): Promise<void> {
  if (await isAnswering(ADMIN_SOCKET)) {
    throw new StartError(`a gateway is already running in this folder (it answers on ${ADMIN_SOCKET}); end it first`);
  }
  if (port !== 0 && !(await isFree(address, port))) {
    throw new StartError(`port ${port} of listener ${name} is taken: end what listens there, or set another \`port\` in the config`);
  }
}

/** Keeps a process: its end from now on is the end of everything. Returns what `ready` gives, unless it ends before that. */
async function supervise<T>(part: Supervised, ready: Promise<T>): Promise<T> {
  processes.push(part);
  void part.ended.then((how) => stop(`${part.name} ended unexpectedly: ${how}`, 1));
  return ready;
}

/** Its message, unless it ends before that, which is the end of everything. */
async function readyOrEnded(brightstaff: Supervised): Promise<ReadyMessage> {
  const ended = brightstaff.ended.then((how) => Promise.reject(new StartError(`brightstaff ended unexpectedly: ${how}`)));
  return Promise.race([isReady(brightstaff), ended]);
}

/** Starts brightstaff again when it ends: Envoy goes on without it, so its end cuts no stream, and need not end anything. */
async function keepUp(first: Supervised, startAgain: () => Supervised): Promise<void> {
  let brightstaff = first;
  let wait_ms = RESTART_MS_MIN;
  for (;;) {
    const how = await brightstaff.ended;
    if (stopping) return;
    console.error(
      `brightstaff ended unexpectedly: ${how}. It starts again in ${wait_ms / 1000} s; routers go to their fallback models until then`,
    );
    await sleep(wait_ms);
    if (stopping) return;
    const next = startAgain();
    processes[processes.indexOf(brightstaff)] = next;
    brightstaff = next;
    const isBack = await readyOrEnded(next).then(
      () => true,
      () => false,
    );
    wait_ms = isBack ? RESTART_MS_MIN : Math.min(wait_ms * 2, RESTART_MS_MAX);
  }
}

/** brightstaff says so itself, once it has rendered Envoy's files and loaded its routing model. */
function isReady({ child }: Supervised): Promise<ReadyMessage> {
  return new Promise((resolve) => {
    child.on("message", (message: ReadyMessage | { type?: never }) => {
      if (message.type === "ready") resolve(message);
    });
  });
}

/** The port of its metrics, and that of the management API where it is served. */
type ReadyMessage = { readonly type: "ready"; readonly port: number; readonly adminPort?: number };

/** The URL at which requests are answered. */
async function isServing(listener: Listener): Promise<string> {
  const url = urlOf({ ...listener, port: listener.port === 0 ? await listeningPort(ADMIN_SOCKET) : listener.port });
  await waitUntilHealthy(url);
  return url;
}

function urlOf({ address, port, tls }: Pick<Listener, "address" | "port"> & { readonly tls: unknown }): string {
  const anyAddress = address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address;
  const host = anyAddress.includes(":") ? `[${anyAddress}]` : anyAddress;
  return `${tls ? "https" : "http"}://${host}:${port}`;
}

/** Ends everything, Envoy first: it takes no new requests then, and brightstaff is there for those it still has. */
async function stop(message: string | null, exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  if (message !== null) console.error(message);
  for (const part of processes.toReversed()) await part.end();
  process.exit(exitCode);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // Asked a second time: whoever asks is out of patience.
    if (stopping) for (const part of processes) part.kill();
    void stop(null, 0);
  });
}

// npm passes signals on, but it may be killed itself.
if (process.env.npm_lifecycle_event === "start") {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void stop("npm has ended", 1);
  }, PARENT_POLL_MS).unref();
}

// The last resort, for whatever way this process ends in.
process.on("exit", () => {
  for (const part of processes) part.kill();
});

main().catch((error: unknown) => {
  if (error instanceof StartError) return stop(error.message, error.exitCode);
  return stop(error instanceof Error ? (error.stack ?? error.message) : String(error), 1);
});
