import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/** Editors write a file in several steps; what comes within this time is one change. */
const SETTLE_MS = 100;

/**
 * Calls `onChange` after the content of `file` has changed. The folder is watched, not the file: editors and Kubernetes replace files by
 * renaming, which would end the watch of the old one. Returns what ends it.
 */
export function watchFile(file: string, onChange: () => void): () => void {
  let last = digest(file);
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    const now = digest(file);
    // Unreadable for a moment, or touched without a change.
    if (now === undefined || now === last) return;
    last = now;
    onChange();
  };
  const watcher = fs.watch(path.dirname(path.resolve(file)), () => {
    clearTimeout(timer);
    timer = setTimeout(check, SETTLE_MS);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

function digest(file: string): string | undefined {
  try {
    return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
  } catch {
    return undefined;
  }
}
