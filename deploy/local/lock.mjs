import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const HEARTBEAT_MS = 1_000;
// A holder whose heartbeat is older than this has died (killed, or the machine was switched off). Process ids would not tell: a container
// that starts again gives out the same ones.
const STALE_MS = 15_000;
const POLL_MS = 200;

/**
 * Does `work` while no other process does the same for this lock file; waits until the others have ended.
 *
 * @template T
 * @param {string} file
 * @param {() => void} onWait called once when there is somebody to wait for
 * @param {() => Promise<T>} work must leave the event loop free, or the heartbeat stops
 * @returns {Promise<T>}
 */
export async function withLock(file, onWait, work) {
  mkdirSync(path.dirname(file), { recursive: true });
  for (let waited = false; !take(file); waited = true) {
    if (!waited) onWait();
    await sleep(POLL_MS);
  }
  const heartbeat = setInterval(() => utimesSync(file, new Date(), new Date()), HEARTBEAT_MS);
  const release = () => rmSync(file, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    process.off("exit", release);
    release();
  }
}

/**
 * @param {string} file
 * @returns {boolean} whether the lock is now ours
 */
function take(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    // A link is made whole or not at all, and fails when the name is taken.
    linkSync(own, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    removeStale(file, own);
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * @param {string} file
 * @param {string} own a name that no other process uses
 */
function removeStale(file, own) {
  try {
    if (Date.now() - statSync(file).mtimeMs < STALE_MS) return;
    const holder = readFileSync(file, "utf8");
    // Moved aside before it is deleted: another process may have done all this a moment ago and hold a fresh lock of the same name.
    const aside = `${own}.stale`;
    renameSync(file, aside);
    if (readFileSync(aside, "utf8") !== holder) renameSync(aside, file);
    else rmSync(aside);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
  }
}
