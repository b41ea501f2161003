// brightstaff's command line: renders Envoy's files from the config, and answers the filter's decision requests.

import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import type { SchemaObject } from "ajv";
import { type Logger, pino } from "pino";
import { AdminListener } from "./admin_listener.ts";
import { buildApp } from "./app.ts";
import { loadConfig, PROJECT_CONFIG_DIR } from "./config/load.ts";
import { watchFile } from "./config/watch.ts";
import { createResolver, defaultModelDir } from "./intent/index.ts";
import { LiveGateway } from "./live_gateway.ts";
import { ManagedRouters } from "./managed_routers/managed_routers.ts";
import { RouterFile, RouterFileError } from "./managed_routers/router_file.ts";
import { bodyChecks } from "./managed_routers/wire_form.ts";
import type { Deciding } from "./routes/decisions.ts";
import { collectStartUpGarbage } from "./start_up_garbage.ts";
import { EventMetrics } from "./telemetry/event_metrics.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";
import { Cooldowns } from "./traffic/cooldowns.ts";
import { EventHub } from "./traffic/event_hub.ts";
import { StateDir } from "./xds/state_dir.ts";

const REPO = path.resolve(import.meta.dirname, "../..");

const USAGE = `usage: main.ts [--config config/plano_config.yaml] [--state-dir envoy/run] [--listen 127.0.0.1:9091] [--filter filter/build/llm_gateway.wasm]
               [--demo-url http://127.0.0.1:PORT]   where providers without a key are pointed
               [--routers FILE]                     where routers of the management API are kept; routers.json in the state directory when left out
               [--log-level info]`;

/** The config or the command line is wrong; anything else that ends the process is 1. */
const EXIT_USAGE = 2;

type Options = {
  readonly config: string;
  readonly stateDir: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly filterFile: string;
  readonly demoUrl: string | undefined;
  readonly routersFile: string;
  readonly logLevel: string;
};

async function main(options: Options): Promise<void> {
  // Standard error, written at once: what is said last before a crash is what counts.
  const logger: Logger = pino({ level: options.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const metrics = createMetrics();
  const managedRouters = openRouters(options.routersFile);
  let gateway: LiveGateway | undefined;
  const events = new EventHub();
  const config = () => gateway?.current?.config ?? null;
  const cooldowns = new Cooldowns(config);
  events.subscribe((batch) => cooldowns.consume(batch));
  const eventMetrics = new EventMetrics(metrics.registry, config, cooldowns);
  events.subscribe((batch) => eventMetrics.consume(batch));
  const app = buildApp({ current: () => gateway?.current ?? null, metrics, logger, events });
  await app.listen(options.listen);
  const { port } = app.server.address() as { port: number };

  const live = new LiveGateway({
    load: () => loadConfig({ file: options.config, env: process.env, demoUrl: options.demoUrl }),
    storedRouters: () => managedRouters.stored,
    createResolver,
    modelDir: defaultModelDir(),
    stateDir: new StateDir(options.stateDir),
    renderOptions: { stateDir: options.stateDir, filterFile: options.filterFile, brightstaff: { host: options.listen.host, port } },
    metrics,
    logger,
    events,
    cooldowns,
  });
  gateway = live;
  const mistakes = await live.apply();
  if (mistakes.length > 0) {
    for (const mistake of mistakes) console.error(mistake);
    process.exit(EXIT_USAGE);
  }
  const admin = await serveAdmin(live, managedRouters, logger);
  const unwatch = watchFile(options.config, () => void reload(live, admin, options.config, metrics, logger));

  const stop = () => {
    unwatch();
    // Decisions under way are answered; then the resolver goes.
    void Promise.all([app.close(), admin.close()])
      .then(() => live.close())
      .then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  // Whoever started it with a message channel has ended, and can no longer end it.
  process.once("disconnect", stop);
  logger.info({ config: options.config, port }, "ready");
  process.send?.({ type: "ready", port, ...(admin.port === null ? {} : { adminPort: admin.port }) });
  // Whoever waited starts Envoy now, which takes longer.
  collectStartUpGarbage();
}

/** The management API, where the config in use has one. */
async function serveAdmin(live: LiveGateway, routers: ManagedRouters, logger: Logger): Promise<AdminListener> {
  const config = () => (live.current as Deciding).config;
  routers.serveBy({ config, check: (stored) => live.check(stored), refresh: () => live.refresh() });
  const admin = new AdminListener({ routers, config, refused: () => live.refused, logger });
  await admin.use(config().admin);
  return admin;
}

function openRouters(file: string): ManagedRouters {
  const checks = bodyChecks(JSON.parse(fs.readFileSync(path.join(PROJECT_CONFIG_DIR, "schema.json"), "utf8")) as SchemaObject);
  try {
    return new ManagedRouters(new RouterFile(file, checks.stored), checks);
  } catch (error) {
    if (!(error instanceof RouterFileError)) throw error;
    for (const mistake of error.mistakes) console.error(mistake);
    return process.exit(EXIT_USAGE);
  }
}

async function reload(gateway: LiveGateway, admin: AdminListener, file: string, metrics: Metrics, logger: Logger): Promise<void> {
  try {
    const mistakes = await gateway.apply();
    await admin.use(gateway.current?.config.admin ?? null);
    for (const mistake of mistakes) logger.error(mistake);
    if (mistakes.length > 0) logger.error({ config: file }, "the config was not taken up; the last good one stays in use");
    else logger.info({ config: file }, "the config was taken up");
  } catch (error) {
    metrics.configReloads.inc({ result: "failed" });
    logger.error({ err: error }, "the config was not taken up");
  }
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      config: { type: "string", default: path.join(REPO, "config/plano_config.yaml") },
      "state-dir": { type: "string", default: path.join(REPO, "envoy/run") },
      listen: { type: "string", default: "127.0.0.1:9091" },
      filter: { type: "string", default: path.join(REPO, "filter/build/llm_gateway.wasm") },
      "demo-url": { type: "string" },
      routers: { type: "string" },
      "log-level": { type: "string", default: "info" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const demoUrl = values["demo-url"];
  if (demoUrl !== undefined && !URL.canParse(demoUrl)) throw new Error(`--demo-url: ${demoUrl} is no URL`);
  const level = values["log-level"];
  if (!(level in pino.levels.values) && level !== "silent")
    throw new Error(`--log-level: ${level} is none of ${Object.keys(pino.levels.values).join(", ")}, silent`);
  return {
    // Relative where it was given so: messages name it as the user did.
    config: values.config,
    stateDir: path.resolve(values["state-dir"]),
    listen: readListen(values.listen),
    filterFile: path.resolve(values.filter),
    demoUrl,
    routersFile: path.resolve(values.routers ?? path.join(values["state-dir"], "routers.json")),
    logLevel: level,
  };
}

function readListen(text: string): { host: string; port: number } {
  const [, host, port] = /^\[?([0-9a-fA-F:.]+)\]?:(\d+)$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw new Error(`--listen: ${text} is no address and port, such as 127.0.0.1:9091`);
  return { host, port: Number(port) };
}

let options: Options;
try {
  options = readOptions();
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exit(EXIT_USAGE);
}
main(options).catch((error: NodeJS.ErrnoException) => {
  // An error of the system, such as a port in use, says all in its message; any other is a fault of the program.
  console.error(error.code === undefined ? error : error.message);
  process.exit(1);
});
