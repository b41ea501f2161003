import { readFile } from "node:fs/promises";
import path from "node:path";
import { GATEWAY_FILTER_FILE, RDS_FILE } from "./options.ts";

// An `import` would read the module's getters, of which one (WebSocket) loads Node's own undici: 50 ms and 6 MB.
const { request } = process.getBuiltinModule("node:http");

/** Where envoy/plano.yaml has Envoy's admin interface, in the state directory. */
const ADMIN_SOCKET = "admin.sock";
const POLL_MS = 10;
const ANSWER_MS_MAX = 500;

/**
 * Waits until Envoy serves by the routes and the filter's configuration that stand in the state directory: Envoy takes files in some
 * milliseconds after they are written.
 * @returns false when it has not within `timeout_ms`; true at once when there is no Envoy to ask
 */
export async function waitForEnvoy(stateDir: string, timeout_ms: number): Promise<boolean> {
  const wanted = await Promise.all([GATEWAY_FILTER_FILE, RDS_FILE].map((file) => versionOf(path.join(stateDir, file))));
  // A socket's path has room for some hundred bytes, and the relative one is often shorter.
  const socket = path.relative("", path.join(stateDir, ADMIN_SOCKET));
  const deadline_ms = performance.now() + timeout_ms;
  while (performance.now() < deadline_ms) {
    const served = await servedVersions(socket);
    if (served === null || wanted.every((version) => served.has(version))) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

async function versionOf(file: string): Promise<string> {
  return (JSON.parse(await readFile(file, "utf8")) as { version_info: string }).version_info;
}

/** The versions of all resources that Envoy has in use, or null when nobody answers. */
function servedVersions(socketPath: string): Promise<ReadonlySet<string> | null> {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: "/stats?filter=version_text$", timeout: ANSWER_MS_MAX }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve(new Set([...text.matchAll(/version_text: "([^"]*)"/g)].map((match) => match[1] as string))));
      response.on("error", () => resolve(new Set()));
    });
    // One that listens and is busy is asked again; one that is not there is not waited for.
    call.on("timeout", () => call.destroy());
    call.on("error", (error: NodeJS.ErrnoException) => resolve(error.syscall === "connect" ? null : new Set()));
    call.end();
  });
}
