import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { pino } from "pino";
import { Http1Reader, statusOf } from "../../test/bench/http1_reader.ts";
import { quantile } from "../../test/bench/statistics.ts";
import { buildApp } from "../src/app.ts";
import type { GatewayConfig, Router } from "../src/config/gateway_config.ts";
import { ResolutionCache } from "../src/decisions/resolution_cache.ts";
import { Sessions } from "../src/sessions/index.ts";
import { createMetrics } from "../src/telemetry/metrics.ts";
import { EventHub } from "../src/traffic/event_hub.ts";

// npm run bench:decisions
//
// How many decisions brightstaff makes, and what one costs, when the resolver takes no time: its HTTP interface in a process of its own, asked as
// the filter asks. With 1,000 questions waiting at once, and at half the rate of which that is to be capable.

const WARM_UP = 10_000;
const DECISIONS = 20_000;
const WAITING = 1_000;
const RATE_PER_S_MIN = 2_000;
const HALF_RATE_S = 10;
const P99_MS_MAX = 20;

const MODELS = ["a/one", "a/two", "b/three"];
const router: Router = {
  name: "desk",
  description: "",
  preset: null,
  tasks: ["refunds", "delivery", "complaints", "other-questions"].map((name) => ({
    name,
    description: `Questions of a web shop's customers about ${name}`,
    models: MODELS,
    prefer: "cheapest",
  })),
  fallback: ["a/one"],
};

/** The process that is measured. */
async function serve(): Promise<void> {
  const metrics = createMetrics();
  const prices = new Map(MODELS.map((id, i) => [id, { input_usd_per_mtok: 3 - i, cachedInput_usd_per_mtok: 0.1, output_usd_per_mtok: 9 }]));
  const config = { routers: [router], variants: [], routeAll: null, limits: { decision_ms: 1_500 } } as unknown as GatewayConfig;
  const settings = {
    derived: true,
    ttl_ms: 600_000,
    entriesMax: 10_000,
    warm_ms: 300_000,
    store: { type: "memory" },
    tenantHeader: null,
    routeOnUserOnly: true,
    budget: null,
  } as const;
  const deciding = {
    config,
    resolver: {
      id: "instant",
      isRepeatable: false,
      ready: async () => {},
      resolve: async () => ({ route: "delivery", confidence: 0.9, resolver: "instant" }),
      prepare: async () => {},
      close: async () => {},
    },
    sources: { data: { prices, latencies: new Map() }, explore: () => null },
    cooldowns: { active: new Set<string>() },
    sessions: new Sessions(settings, { metrics, logger: pino({ level: "silent" }) }),
    resolutions: new ResolutionCache(),
  };
  const app = buildApp({ current: () => deciding, metrics, events: new EventHub(), logger: pino({ level: "silent" }) });
  await app.listen({ host: "127.0.0.1", port: 0 });
  process.on("message", () => process.send?.({ cpu_us: cpu_us() }));
  process.send?.({ port: (app.server.address() as { port: number }).port });
}

function cpu_us(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function measure(): Promise<void> {
  const child = fork(import.meta.filename, ["--serve"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  const connections = await Promise.all(Array.from({ length: WAITING }, () => Connection.open(port)));
  await closedLoop(connections, WARM_UP);
  const before_us = await cpuOf(child);
  const started = performance.now();
  const full = await closedLoop(connections, DECISIONS);
  const elapsed_s = (performance.now() - started) / 1000;
  const perDecision_us = ((await cpuOf(child)) - before_us) / DECISIONS;
  const onOneCore_per_s = 1e6 / perDecision_us;
  console.log(
    `${WAITING} waiting at once: ${Math.round(DECISIONS / elapsed_s)} decisions/s, CPU ${perDecision_us.toFixed(0)} µs a decision`,
  );
  console.log(`  so ${Math.round(onOneCore_per_s)} a second on one core; ${describe(full)}`);
  const half = await openLoop(connections, RATE_PER_S_MIN / 2, (RATE_PER_S_MIN / 2) * HALF_RATE_S);
  console.log(`${RATE_PER_S_MIN / 2} a second: ${describe(half)}`);
  for (const connection of connections) connection.close();
  child.disconnect();
  child.kill();
  if (onOneCore_per_s < RATE_PER_S_MIN || quantile(half, 0.99) > P99_MS_MAX) process.exitCode = 1;
}

function describe(latencies_ms: readonly number[]): string {
  return `p50 ${quantile(latencies_ms, 0.5).toFixed(2)} ms, p99 ${quantile(latencies_ms, 0.99).toFixed(2)} ms`;
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [{ cpu_us }] = (await once(child, "message")) as [{ cpu_us: number }];
  return cpu_us;
}

/** One keep-alive connection, one question at a time, as Envoy's pool has them. */
class Connection {
  readonly #socket: Socket;
  #onAnswer: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new Http1Reader((head) => {
      if (statusOf(head) !== 200) throw new Error(`no decision: ${head}`);
      this.#onAnswer?.();
    });
    socket.on("data", (bytes) => reader.push(bytes));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    return new Connection(socket);
  }

  /** Resolves to how long the answer took, in milliseconds. */
  ask(bytes: Buffer): Promise<number> {
    const asked = performance.now();
    return new Promise((resolve) => {
      this.#onAnswer = () => resolve(performance.now() - asked);
      this.#socket.write(bytes);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A short conversation, another one each time, of some 2 KB. */
function question(number: number): Buffer {
  const said = `Where is my parcel ${number}? I was told that it would be here on Monday, and it is not. `.repeat(6);
  const body = JSON.stringify({
    router: "desk",
    model: "router:desk",
    session: {
      key: (number % 5_000).toString(16).padStart(32, "0"),
      explicit: false,
      turn: "user",
      said: number.toString(16).padStart(16, "0"),
    },
    messages: [
      { role: "system", content: "You answer the mail of a web shop, in a friendly way and in two sentences. ".repeat(6) },
      { role: "user", content: said },
      { role: "assistant", content: "It left our house on Friday and should be with you tomorrow. ".repeat(6) },
      { role: "user", content: "And what if it is not?" },
    ],
    text_bytes: 1_400,
  });
  const head = `POST /v1/decisions HTTP/1.1\r\nhost: brightstaff\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.from(head + body);
}

async function closedLoop(connections: readonly Connection[], total: number): Promise<number[]> {
  const latencies_ms: number[] = [];
  let asked = 0;
  const run = async (connection: Connection): Promise<void> => {
    while (asked < total) latencies_ms.push(await connection.ask(question(asked++)));
  };
  await Promise.all(connections.map(run));
  return latencies_ms;
}

async function openLoop(connections: readonly Connection[], rate_per_s: number, total: number): Promise<number[]> {
  const idle = [...connections];
  const latencies_ms: number[] = [];
  const started = performance.now();
  let asked = 0;
  return new Promise((resolve, reject) => {
    const ask = async (): Promise<void> => {
      const connection = idle.pop();
      if (connection === undefined) return reject(new Error("the rate is not kept"));
      latencies_ms.push(await connection.ask(question(asked++)));
      idle.push(connection);
      if (latencies_ms.length === total) resolve(latencies_ms);
    };
    const timer = setInterval(() => {
      const due = Math.min(total, Math.ceil(((performance.now() - started) * rate_per_s) / 1000));
      for (let i = asked; i < due; i++) void ask();
      if (due === total) clearInterval(timer);
    }, 1);
  });
}

if (process.argv.includes("--serve")) await serve();
else await measure();
