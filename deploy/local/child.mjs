import { spawn } from "node:child_process";

/** What a failed child said is kept up to this many characters (its end, where the cause stands). */
const OUTPUT_CHARS_MAX = 64 * 1024;

/** A failure whose message is meant for the user as it is, without a stack. */
export class SetupError extends Error {}

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Ends every child that {@link run} still waits for. */
export function endChildren() {
  for (const child of running) child.kill("SIGTERM");
}

/**
 * Runs a program to its end, silently; what it printed becomes part of the error when it fails.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<void>}
 */
export function run(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    let output = "";
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => {
      running.delete(child);
      reject(new SetupError(`${file} could not be started: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      running.delete(child);
      if (code === 0) resolve();
      else reject(new SetupError(`\`${[file, ...args].join(" ")}\` ended with ${signal ?? `exit code ${code}`}:\n${output.trimEnd()}`));
    });
  });
}
