/**
 * Gives back to the system what only the start needed: sources, syntax trees, compiled schemas, parsed files. V8 would keep it for as long as
 * little is allocated, which is as long as a gateway idles: 18 MB of brightstaff. Stops the thread for some 30 ms. Does nothing without
 * `--expose-gc` (deploy/local/node_flags.mjs), https://nodejs.org/docs/latest-v24.x/api/globals.html#gcoptions
 */
export function collectStartUpGarbage(): void {
  // The flavor is V8's CollectAllAvailableGarbage: it repeats until nothing more is freed, drops compiled code too, and shrinks the heap.
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

const SOON_MS = 1_000;
let isPlanned = false;

/** The same in a second, once for all that ask meanwhile: for what is made only when it is first needed. */
export function collectStartUpGarbageSoon(): void {
  if (isPlanned) return;
  isPlanned = true;
  setTimeout(() => {
    isPlanned = false;
    collectStartUpGarbage();
  }, SOON_MS).unref();
}
