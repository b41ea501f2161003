// Other gateways on the same work: each is an entry in a file, `npm run bench -- --peers FILE` (YAML, an array of `Peer`).

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { ChildLog, endChild, endWithThisProcess, hasEnded, pinned } from "../gateway/child_process.ts";
import { CLIENT_FORMATS } from "./formats/index.ts";
import type { Cores } from "./processes.ts";
import { PROVIDERS } from "./providers.ts";
import type { Subject } from "./subjects.ts";

const START_MS_MAX = 120_000;
const POLL_MS = 100;

export interface Peer {
  name: string;
  /** Program and arguments. `{PORT}` is where it is to listen, `{MOCK_PORT}` where the mock provider does: it speaks every format, at the paths of the real ones. */
  start: string[];
  env?: Record<string, string>;
  /** Folder that it is started in, the current one by default. */
  cwd?: string;
  /** Answers below 500 once it can serve. */
  ready: string;
  /** What clients call the mock's model, by the format that the provider is asked in: `openai/{MODEL}`. Pairs without an entry are left out. */
  models: Record<string, string>;
  /** Where it takes requests, by the client's format, where that is not the API's own path. Formats that it has no path for are `null`. */
  paths?: Record<string, string | null>;
}

const text = { type: "string", minLength: 1 };
const isPeers = new Ajv({ allErrors: true }).compile<Peer[]>({
  type: "array",
  items: {
    type: "object",
    required: ["name", "start", "ready", "models"],
    additionalProperties: false,
    properties: {
      name: { ...text, not: { enum: ["plain", "gateway"] } },
      start: { type: "array", minItems: 1, items: text },
      env: { type: "object", additionalProperties: { type: "string" } },
      cwd: text,
      ready: { type: "string", pattern: "^/" },
      models: { type: "object", additionalProperties: text, propertyNames: { enum: PROVIDERS.map(({ format }) => format.id) } },
      paths: {
        type: "object",
        additionalProperties: { type: ["string", "null"], pattern: "^/" },
        propertyNames: { enum: CLIENT_FORMATS.map(({ id }) => id) },
      },
    },
  },
});

/** Throws with a line for each mistake. */
export function readPeers(file: string): Peer[] {
  const peers: unknown = parse(readFileSync(file, "utf8"));
  if (isPeers(peers)) return peers;
  const mistakes = (isPeers.errors ?? []).map(({ instancePath, message }) => `${file}: ${instancePath || "/"}: ${message}`);
  throw new Error(mistakes.join("\n"));
}

export async function startPeer(peer: Peer, mockPort: number, cores: Cores): Promise<Subject> {
  const port = await freePort();
  const fill = (value: string) => value.replaceAll("{PORT}", String(port)).replaceAll("{MOCK_PORT}", String(mockPort));
  const [program, ...args] = peer.start.map(fill) as [string, ...string[]];
  const env = Object.fromEntries(Object.entries(peer.env ?? {}).map(([name, value]) => [name, fill(value)]));
  const child = spawn(...pinned(program, args, cores.measured), {
    cwd: peer.cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  endWithThisProcess(child);
  const log = new ChildLog(child);
  const startedAt = performance.now();
  for (;;) {
    const status = await fetch(`http://127.0.0.1:${port}${peer.ready}`).then(
      (response) => response.status,
      () => null,
    );
    if (status !== null && status < 500) break;
    if (hasEnded(child) || performance.now() - startedAt > START_MS_MAX) {
      await endChild(child);
      throw new Error(`${peer.name} did not start:\n${log.text()}`);
    }
    await sleep(POLL_MS);
  }
  return { port, envoyPid: child.pid as number, brightstaffPid: null, close: () => endChild(child) };
}

/** Somebody else may take it before the peer does; it would then say so. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
