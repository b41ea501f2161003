// Builds filter/build/llm_gateway.wasm from AssemblyScript. Skips the compiler (some seconds) when no source is newer than the last build.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** What `asc` is told for every module built from filter/assembly: the gateway's own and the tests'. */
export const compilerFlags = [
  ...["--path", "node_modules"],
  "-O3",
  "--noAssert",
  ...["--enable", "simd"],
  ...["--use", "abort=filter/assembly/host/abort/abort"],
  ...["--runtime", "minimal"],
  ...["--exportStart", "_initialize"],
];

/**
 * Newest modification time (ms since the epoch) below a folder.
 * @param {string} folder
 */
function newestChange(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .reduce((newest, entry) => Math.max(newest, fs.statSync(path.join(entry.parentPath, entry.name)).mtimeMs), 0);
}

/**
 * Compiles `entry` (relative to the repo's root) to `output`, unless `output` is newer than every source.
 * @param {string} entry
 * @param {string} output
 * @param {string[]} extraFlags
 * @returns {Promise<boolean>} whether the compiler ran
 */
export async function build(entry, output, extraFlags = []) {
  const target = path.join(root, output);
  const newest = Math.max(
    newestChange(path.join(root, "filter/assembly")),
    newestChange(path.join(root, path.dirname(entry))),
    fs.statSync(fileURLToPath(import.meta.url)).mtimeMs,
  );
  if (fs.existsSync(target) && fs.statSync(target).mtimeMs > newest) return false;
  fs.mkdirSync(path.dirname(target), { recursive: true });
  const { default: asc } = await import("assemblyscript/asc");
  // Written under a name of its own first: a gateway that runs may be reading the old module, another build may be writing a new one.
  const staged = `${output}.${process.pid}`;
  const { error, stderr } = await asc.main([entry, ...compilerFlags, ...extraFlags, "-o", staged], { baseDir: root });
  const messages = stderr.toString();
  if (messages) process.stderr.write(messages);
  if (error) throw error;
  fs.renameSync(path.join(root, staged), target);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await build("filter/assembly/index.ts", "filter/build/llm_gateway.wasm");
  console.log(built ? "built filter/build/llm_gateway.wasm" : "filter/build/llm_gateway.wasm is up to date");
}
