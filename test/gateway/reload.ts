// Knowing when Envoy serves by the files that brightstaff rendered last.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EnvoyProcess } from "./envoy_process.ts";

const RELOAD_MS_MAX = 20_000;
// brightstaff renders clusters twice when one is removed: first with it, then without. Files that rest this long are the last ones.
const REST_MS = 300;
const POLL_MS = 20;

/** `version_info` of every discovery response in the state directory, by file name. */
export type RenderedVersions = Map<string, string>;

export async function readRenderedVersions(stateDir: string): Promise<RenderedVersions> {
  const versions: RenderedVersions = new Map();
  for (const name of await readdir(stateDir, { recursive: true })) {
    if (!name.endsWith(".json")) continue;
    const response = JSON.parse(await readFile(join(stateDir, name), "utf8")) as { version_info?: string };
    if (response.version_info !== undefined) versions.set(name, response.version_info);
  }
  return versions;
}

/** Waits until the files differ from `before`, have come to rest, and Envoy names their versions in its config dump. */
export async function waitUntilReloaded(envoy: EnvoyProcess, stateDir: string, before: RenderedVersions): Promise<void> {
  const deadline = Date.now() + RELOAD_MS_MAX;
  let last = before;
  let restingSince = Number.POSITIVE_INFINITY;
  let missing: string[] = [];
  while (Date.now() < deadline) {
    const now = await readRenderedVersions(stateDir);
    if (!sameVersions(now, last)) {
      last = now;
      restingSince = Date.now();
    } else if (Date.now() - restingSince >= REST_MS) {
      const dump = await envoy.admin("/config_dump?include_eds");
      missing = [...now].filter(([, version]) => !dump.includes(JSON.stringify(version))).map(([name]) => name);
      if (missing.length === 0) return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  if (restingSince === Number.POSITIVE_INFINITY) throw new Error(`no file was rendered in ${RELOAD_MS_MAX} ms`);
  throw new Error(`Envoy does not serve by ${missing.join(", ")} after ${RELOAD_MS_MAX} ms`);
}

function sameVersions(a: RenderedVersions, b: RenderedVersions): boolean {
  return a.size === b.size && [...a].every(([name, version]) => b.get(name) === version);
}
