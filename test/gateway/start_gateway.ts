// The gateway as a user runs it, in a temporary directory: brightstaff renders Envoy's files from a config, Envoy serves by them.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { filterFor, findEnvoy } from "../../envoy/install.mjs";
import { BrightstaffProcess } from "./brightstaff_process.ts";
import { EnvoyProcess } from "./envoy_process.ts";
import { readRenderedAt, waitUntilReloaded } from "./reload.ts";
import { REPO } from "./repo.ts";

export const FILTER_FILE = filterFor(findEnvoy() ?? "envoy");
const SERVE_MS_MAX = 60_000;
const POLL_MS = 20;

/** A config as an object, or as the YAML text a user would write. */
export type GatewayConfig = Record<string, unknown> | string;

export interface GatewayOptions {
  config: GatewayConfig;
  /** Added to the environment of brightstaff and Envoy: keys, mostly. */
  env?: Record<string, string>;
  /** Further arguments of brightstaff. */
  brightstaffArgs?: readonly string[];
  /** `false`: brightstaff has ended before Envoy starts (it must run once, to render Envoy's files). */
  brightstaff?: boolean;
  /** Envoy's worker threads, 1 unless told. */
  concurrency?: number;
  /** Cores to which the processes are bound. */
  cores?: { envoy?: number | undefined; brightstaff?: number | undefined };
}

export interface Gateway {
  /** `http://127.0.0.1:port`, `https://…` where the first listener has TLS. */
  readonly url: string;
  readonly port: number;
  readonly envoy: EnvoyProcess;
  readonly brightstaff: BrightstaffProcess;
  readonly stateDir: string;
  readonly configPath: string;
  /** Replaces the config file and returns when Envoy serves by it. Throws when nothing changes: `writeConfig` is for a config that is refused. */
  reload(config: GatewayConfig): Promise<void>;
  /** Replaces the config file, as an editor does, and returns at once. */
  writeConfig(config: GatewayConfig): Promise<void>;
  logs(): string;
  /** Ends both processes and removes the temporary directory. */
  close(): Promise<void>;
}

/** Starts brightstaff and Envoy and waits until the first listener answers. Throws with both logs when that fails. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  if (!existsSync(FILTER_FILE)) throw new Error("the filter is not built: run `npm run build`");
  const cwd = await mkdtemp(join(tmpdir(), "gw-")); // short: the admin socket's path has 107 bytes
  const parts: { close(): Promise<void>; log(): string }[] = [];
  const logs = () => parts.map((part) => part.log()).join("\n");
  const close = async () => {
    for (const part of parts.reverse()) await part.close();
    await rm(cwd, { recursive: true, force: true });
  };
  try {
    const stateDir = join(cwd, "envoy/run");
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    const configPath = join(cwd, "plano_config.yaml");
    const writeConfig = (config: GatewayConfig) => replaceFile(configPath, asYaml(config));
    await writeConfig(options.config);

    const { env } = options;
    const brightstaff = await BrightstaffProcess.start({
      cwd,
      configPath,
      stateDir,
      filterFile: FILTER_FILE,
      env,
      args: options.brightstaffArgs,
      core: options.cores?.brightstaff,
    });
    parts.push(brightstaff);
    if (options.brightstaff === false) await brightstaff.kill();

    const bootstrap = join(REPO, "envoy/plano.yaml");
    const { concurrency, cores } = options;
    const envoy = await EnvoyProcess.start({ cwd, bootstrap, adminSocket: "envoy/run/admin.sock", concurrency, core: cores?.envoy, env });
    parts.push(envoy);

    const port = (await envoy.listeners())[0]?.port as number;
    const url = `${firstListenerHasTls(options.config) ? "https" : "http"}://127.0.0.1:${port}`;
    await waitUntilServing(url, options.brightstaff !== false);

    const reload = async (config: GatewayConfig) => {
      const before = await readRenderedAt(stateDir);
      await writeConfig(config);
      await waitUntilReloaded(envoy, stateDir, before);
    };
    return { url, port, envoy, brightstaff, stateDir, configPath, reload, writeConfig, logs, close };
  } catch (error) {
    const log = logs();
    await close();
    throw new Error(`the gateway did not start: ${(error as Error).message}\n${log}`, { cause: error });
  }
}

function asYaml(config: GatewayConfig): string {
  return typeof config === "string" ? config : stringify(config);
}

function firstListenerHasTls(config: GatewayConfig): boolean {
  const parsed = parse(asYaml(config)) as { listeners?: { tls?: unknown }[] } | null;
  return parsed?.listeners?.[0]?.tls !== undefined;
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** Resolves to the status of GET `url`, 0 when nothing answers. Certificates are not checked: this asks only whether something serves. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = url.startsWith("https:") ? httpsRequest : httpRequest;
    const call = request(url, { rejectUnauthorized: false, agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", () => resolve(0));
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(0));
    call.end();
  });
}

async function waitUntilServing(url: string, withBrightstaff: boolean): Promise<void> {
  const deadline = Date.now() + SERVE_MS_MAX;
  let status = 0;
  while (Date.now() < deadline) {
    status = await statusOf(`${url}/healthz`);
    if (status === 200 || (status !== 0 && !withBrightstaff)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`GET ${url}/healthz answers ${status || "nothing"} after ${SERVE_MS_MAX} ms`);
}
