import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { run } from "./child.mjs";
import { projectNode, repoRoot } from "./paths.mjs";

/**
 * @typedef {{ version?: string, optional?: boolean }} LockedPackage
 * @typedef {Record<string, LockedPackage>} LockedPackages by folder, "" being the project itself
 */

/**
 * Whether node_modules holds what package-lock.json names. npm writes `node_modules/.package-lock.json` at the end of every installation and
 * `npm ci` begins by deleting it with the folder, so an interrupted one is not taken for whole.
 */
export function packagesAreCurrent() {
  const wanted = readPackages("package-lock.json");
  const installed = readPackages("node_modules/.package-lock.json");
  if (!wanted || !installed || !existsSync(projectNode)) return false;
  return Object.entries(wanted).every(([folder, { version, optional }]) => {
    if (folder === "") return true;
    const found = installed[folder];
    // Optional ones are mostly builds for other platforms.
    return found ? found.version === version : optional === true;
  });
}

export async function installPackages() {
  // The npm that runs this script, where there is one: the machine may have several.
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const [file = "npm", ...args] = [...npm, "ci", "--include=dev", "--no-audit", "--no-fund"];
  await run(file, args, {
    cwd: repoRoot,
    // onnxruntime-node brings its CPU library along; its install script would download GPU ones.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
}

/**
 * @param {string} file a lock file of npm's, relative to the repo's root
 * @returns {LockedPackages | null}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(path.join(repoRoot, file), "utf8")).packages ?? null;
  } catch {
    return null;
  }
}
