import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/**
 * The files of a folder and of those below it, in an order that stays.
 *
 * @param {string} folder
 */
export function filesBelow(folder) {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => path.join(folder, name));
  return entries.filter((entry) => statSync(entry).isFile()).sort();
}

/**
 * What tells whether any of them has changed.
 *
 * @param {string[]} files
 */
export function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}
