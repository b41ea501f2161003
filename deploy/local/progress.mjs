// Progress goes to stderr: stdout belongs to what is started afterwards.

// A step that is over sooner is not worth a line.
const SILENT_MS = 400;
const TICK_MS = 1_000;
// Without a terminal there is no line to overwrite, so fewer are written.
const PLAIN_TICK_MS = 10_000;

/** @type {Map<string, number>} the steps under way and when each began (ms) */
const underway = new Map();
const isTerminal = process.stderr.isTTY === true;

/**
 * Does `work`, and says so when it takes longer than a moment.
 *
 * @param {string} title
 * @param {() => Promise<void>} work
 */
export async function step(title, work) {
  const started = performance.now();
  const announce = setTimeout(() => {
    underway.set(title, started);
    say(`${title} ...`);
  }, SILENT_MS);
  const tick = setInterval(() => showUnderway(title), isTerminal ? TICK_MS : PLAIN_TICK_MS);
  try {
    await work();
    if (underway.delete(title)) say(`${title}: done in ${seconds(started)} s`);
  } finally {
    underway.delete(title);
    clearTimeout(announce);
    clearInterval(tick);
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${isTerminal ? "\r\x1b[K" : ""}set-up: ${line}\n`);
}

/** @param {string} title whose turn it is; with several steps under way, one of them speaks for all */
function showUnderway(title) {
  if (title !== underway.keys().next().value) return;
  const line = [...underway].map(([name, started]) => `${name} (${seconds(started)} s)`).join(", ");
  process.stderr.write(isTerminal ? `\r\x1b[Kset-up: ${line}`.slice(0, (process.stderr.columns ?? 80) + 3) : `set-up: still at ${line}\n`);
}

/** @param {number} started */
function seconds(started) {
  return ((performance.now() - started) / 1000).toFixed(0);
}
