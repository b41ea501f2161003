// Compiled code of the gateway, for all starts: what is not there yet makes a start load what strips types in every process, 50 MB in all.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { run } from "./child.mjs";
import { NODE_FLAGS } from "./node_flags.mjs";
import { compileCache, projectNode, repoRoot } from "./paths.mjs";
import { filesBelow, hashOf } from "./source_hash.mjs";

/** What `npm start` runs, processes and threads. */
const ENTRIES = ["deploy/local/start.mjs", "brightstaff/src/main.ts", "brightstaff/src/intent/embedded/encoder_worker.ts"];

/** Whether the code as it is now was compiled, in this folder: Node keeps it by its files' paths. */
export function codeIsCompiled() {
  return existsSync(stamp());
}

/** Has each entry load all that it imports, and end. Needs the npm packages. */
export async function compileCode() {
  const env = { ...process.env, NODE_COMPILE_CACHE: compileCache };
  for (const entry of ENTRIES) await run(projectNode, [...NODE_FLAGS, path.join(repoRoot, entry), "--help"], { env });
  // Where Node was told to keep nothing, there is no folder.
  mkdirSync(compileCache, { recursive: true });
  writeFileSync(stamp(), "");
}

function stamp() {
  const sources = ["brightstaff/src", "deploy/local"].flatMap((folder) => filesBelow(path.join(repoRoot, folder)));
  const folder = repoRoot.replaceAll(/[^\w]+/g, "-");
  return path.join(compileCache, `compiled${folder}-${hashOf([...sources, path.join(repoRoot, "package-lock.json")]).slice(0, 12)}`);
}
