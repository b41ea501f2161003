import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { GatewayConfig } from "../../brightstaff/src/config/gateway_config.ts";
import { NODE_FLAGS } from "./node_flags.mjs";

const PROCESS = fileURLToPath(new URL("./config_process.ts", import.meta.url));

export type ConfigRead =
  /** `unsetKeys`: the environment variables for whose absence demo providers stand in. */
  { readonly config: GatewayConfig; readonly unsetKeys: readonly string[] } | { readonly mistakes: readonly string[] };

/**
 * Reads and checks the config in a process that ends with it: the one that asks lives as long as the gateway, and would keep the parser, the
 * schema and what is compiled from it, 25 MB. (Of a thread's memory, most would stay.) `demoUrl` is where providers without a key are pointed.
 */
export function readConfig(file: string, demoUrl: string): Promise<ConfigRead> {
  // "advanced": the config has maps.
  const child = fork(PROCESS, [file, demoUrl], { execArgv: NODE_FLAGS, serialization: "advanced" });
  return new Promise((resolve, reject) => {
    child.once("message", (read) => resolve(read as ConfigRead));
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`reading the config ended with ${signal ?? `exit code ${code}`}`)));
  });
}
