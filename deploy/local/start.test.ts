import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { planoHome, repoRoot } from "./paths.mjs";

const START = path.join(repoRoot, "deploy/local/start.mjs");
const CONFIG = readFileSync(path.join(repoRoot, "config/plano_config.yaml"), "utf8");

/** `npm start` without npm: the process, what it has printed, and how it ended. */
class Start {
  readonly child: ChildProcess;
  readonly ended: Promise<number | string | null>;
  output = "";

  constructor(config: string, wrapper: readonly string[] = []) {
    const file = path.join(folder, "config.yaml");
    writeFileSync(file, config);
    const { OPENAI_API_KEY: _openai, ANTHROPIC_API_KEY: _anthropic, npm_lifecycle_event: _event, ...env } = process.env;
    const [program = "", ...args] = [...wrapper, process.execPath, START, "--config", file, "--concurrency", "1"];
    this.child = spawn(program, args, {
      cwd: folder,
      env: { ...env, PLANO_HOME: planoHome, ...(wrapper.length > 0 ? { npm_lifecycle_event: "start" } : {}) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on("data", (chunk: Buffer) => (this.output += chunk));
    this.ended = new Promise((resolve) => this.child.once("close", (code, signal) => resolve(code ?? signal)));
    started.push(this);
  }

  /** Its URL, once it says that it is ready. */
  async url(): Promise<string> {
    return waitFor(() => /Ready on (http\S+) /.exec(this.output)?.[1]);
  }
}

let folder = "";
const started: Start[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "start-"));
});
afterEach(async () => {
  for (const start of started.splice(0)) {
    start.child.kill("SIGTERM");
    await start.ended;
  }
  rmSync(folder, { recursive: true });
});

/** Polls until there is a value; the test's own time limit ends it otherwise. */
async function waitFor<T>(read: () => T | undefined): Promise<T> {
  for (;;) {
    const value = read();
    if (value !== undefined) return value;
    await sleep(20);
  }
}

function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const onPort = (port: number) => CONFIG.replace("port: 12000", `port: ${port}`);

test("the gateway serves what it says, refuses a second one in its folder, and Ctrl-C ends all of it", async () => {
  const start = new Start(onPort(0));
  const url = await start.url();
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(start.output).toContain(`curl -N ${url}/v1/chat/completions`);
  expect(start.output).toContain("set OPENAI_API_KEY and ANTHROPIC_API_KEY");
  // The log begins below the summary.
  const logged = await waitFor(() => /^\{"level":/m.exec(start.output)?.index);
  expect(logged).toBeGreaterThan(start.output.indexOf("Ctrl-C ends it."));

  const second = new Start(onPort(0));
  expect(await second.ended).toBe(1);
  expect(second.output).toContain("a gateway is already running in this folder");

  const children = childrenOf(start.child.pid);
  expect(children).toHaveLength(2);
  start.child.kill("SIGINT");
  expect(await start.ended).toBe(0);
  expect(children.filter(isRunning)).toEqual([]);
});

test("brightstaff that dies is started again: models are served meanwhile, and routers decide again afterwards", async () => {
  const start = new Start(onPort(0));
  const url = await start.url();
  const ask = async (model: string) => {
    const messages = [{ role: "user", content: "Write a function that sorts a list" }];
    const headers = { "content-type": "application/json", "x-plano-cache": "off" };
    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify({ model, messages }) });
    await response.text();
    return { status: response.status, route: response.headers.get("x-model-router-selected-route") };
  };
  const [brightstaff, envoy] = childrenOf(start.child.pid) as [number, number];
  process.kill(brightstaff, "SIGKILL");
  await waitFor(() => (start.output.includes("brightstaff ended unexpectedly: SIGKILL") ? true : undefined));
  expect(await ask("openai/gpt-5.4")).toEqual({ status: 200, route: null });
  expect(await ask("router:software-engineering")).toEqual({ status: 200, route: "none" });
  while ((await ask("router:software-engineering")).route !== "code-generation") await sleep(100);
  expect(isRunning(envoy)).toBe(true);

  const children = childrenOf(start.child.pid);
  expect(children).toHaveLength(2);
  start.child.kill("SIGINT");
  expect(await start.ended).toBe(0);
  expect(children.filter(isRunning)).toEqual([]);
});

test("Envoy that dies ends brightstaff too, and is named", async () => {
  const start = new Start(onPort(0));
  await start.url();
  const [brightstaff, envoy] = childrenOf(start.child.pid) as [number, number];
  process.kill(envoy, "SIGKILL");
  expect(await start.ended).toBe(1);
  expect(start.output).toContain("Envoy ended unexpectedly: SIGKILL");
  expect(isRunning(brightstaff)).toBe(false);
});

test("nothing outlives an npm that is killed", async () => {
  // A shell between, as npm has one; the second command keeps it from handing its process over.
  const start = new Start(onPort(0), ["sh", "-c", '"$@"; true', "sh"]);
  await start.url();
  const [pid] = childrenOf(start.child.pid) as [number];
  const all = [pid, ...childrenOf(pid)];
  expect(all).toHaveLength(3);
  start.child.kill("SIGKILL");
  await waitFor(() => (all.some(isRunning) ? undefined : true));
});

test("nothing outlives this process when it is killed itself", async () => {
  const start = new Start(onPort(0));
  await start.url();
  const children = childrenOf(start.child.pid);
  expect(children).toHaveLength(2);
  start.child.kill("SIGKILL");
  await waitFor(() => (children.some(isRunning) ? undefined : true));
});

test("a port that is taken is told before anything starts", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const start = new Start(onPort(port));
  expect(await start.ended).toBe(1);
  server.close();
  expect(start.output).toBe(
    `port ${port} of listener model_listener is taken: end what listens there, or set another \`port\` in the config\n`,
  );
});

test("a wrong config ends it with exit code 2 and the mistake's path", async () => {
  const start = new Start(`${onPort(0)}\nroutres: []\n`);
  expect(await start.ended).toBe(2);
  expect(start.output).toMatch(/config\.yaml:\d+: routres: /);
});
