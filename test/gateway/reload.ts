// Knowing when Envoy serves by the files that brightstaff rendered last.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { EnvoyProcess } from "./envoy_process.ts";

const RELOAD_MS_MAX = 40_000;
/** One config change is several files, written one after the other. Files that rest this long are the last ones. */
const REST_MS = 300;
const POLL_MS = 20;

/** When each discovery response in the state directory was put there, in ms since 1970, by its path in it. */
type RenderedAt = Map<string, number>;

export async function readRenderedAt(stateDir: string): Promise<RenderedAt> {
  const renderedAt: RenderedAt = new Map();
  for (const name of await readdir(stateDir, { recursive: true })) {
    // The change of the inode, not of the content: files are written under another name and renamed.
    if (name.endsWith(".json")) renderedAt.set(name, (await stat(join(stateDir, name))).ctimeMs);
  }
  return renderedAt;
}

/** Whether the statistic `name` (`….update_time`) tells when Envoy last read `file`. */
function tellsOf(name: string, file: string): boolean {
  const subscription = name.slice(0, -".update_time".length);
  if (file.startsWith("sds/")) return subscription === file.replace("/", ".").replace(/\.json$/, "");
  switch (file) {
    case "cds.json":
      return subscription === "cluster_manager.cds";
    case "lds.json":
      return subscription === "listener_manager.lds";
    case "rds.json":
      return /^http\..*\.rds\./.test(subscription);
    default:
      return subscription.startsWith("extension_config_discovery.");
  }
}

/** Files that Envoy has not read since they were put there. It tells of a reading even when nothing came of it. */
async function unread(envoy: EnvoyProcess, renderedAt: RenderedAt): Promise<string[]> {
  const updateTimes = await envoy.stats("update_time$");
  return [...renderedAt].flatMap(([file, at]) => {
    const readAt = [...updateTimes].find(([name]) => tellsOf(name, file))?.[1] ?? 0;
    return readAt >= Math.floor(at) ? [] : [file];
  });
}

/** Waits until files have changed since `before`, have come to rest, and Envoy has read all of them. */
export async function waitUntilReloaded(envoy: EnvoyProcess, stateDir: string, before: RenderedAt): Promise<void> {
  const deadline = Date.now() + RELOAD_MS_MAX;
  const newest = Math.max(...before.values());
  let missing: string[] = [];
  while (Date.now() < deadline) {
    const renderedAt = await readRenderedAt(stateDir);
    const last = Math.max(...renderedAt.values());
    if (last > newest && Date.now() - last >= REST_MS) {
      missing = await unread(envoy, renderedAt);
      if (missing.length === 0) return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(
    missing.length === 0
      ? `no file was rendered in ${RELOAD_MS_MAX} ms`
      : `Envoy did not read ${missing.join(", ")} in ${RELOAD_MS_MAX} ms`,
  );
}
