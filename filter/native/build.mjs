// Builds filter/build/llm_gateway.so: llm_gateway.wasm as machine code, hosted by a dynamic module of Envoy's. wasm2c makes C of the module
// (the npm package wabt), Zig's C compiler (a Python package) compiles it; that is a hundred megabytes, needed for this alone, so it comes and goes.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run, SetupError } from "../../deploy/local/child.mjs";
import { planoHome, projectNode, repoRoot } from "../../deploy/local/paths.mjs";
import { createVenv } from "../../deploy/local/python_venv.mjs";
import { filesBelow, hashOf } from "../../deploy/local/source_hash.mjs";

const COMPILER = "ziglang==0.17.1";
const sourceFolder = path.join(repoRoot, "filter/native");
const buildFolder = path.join(repoRoot, "filter/build");
const compilerFolder = path.join(planoHome, "compiler.part");

/**
 * Processors that it runs on: those of Envoy's release binaries for Linux, with SSE 4.2 on x86-64. The C library is no newer than Envoy's own.
 *
 * @type {Record<string, string[]>}
 */
const TARGETS = {
  x64: ["-target", "x86_64-linux-gnu.2.31", "-mcpu=x86_64_v2"],
  arm64: ["-target", "aarch64-linux-gnu.2.31"],
};

const FLAGS = ["-O3", "-std=gnu11", "-fPIC", "-fvisibility=hidden", "-fno-sanitize=all", "-g0", "-flto"];
/** For what is written by hand; wasm2c's C has unused functions and assignments of a variable to itself. */
const WARNINGS = ["-Wall", "-Wextra", "-Werror"];

/** Whether this machine can run it at all. */
export const nativeIsPossible = process.platform === "linux" && process.arch in TARGETS;

/**
 * Whether the library is there and was made of what is there now.
 *
 * @param {string} wasm
 * @param {string} library
 */
export function nativeIsCurrent(wasm, library) {
  const stamp = `${library}.sha256`;
  return existsSync(library) && existsSync(stamp) && readFileSync(stamp, "utf8") === sourcesOf(wasm);
}

/** @param {string} wasm */
function sourcesOf(wasm) {
  return hashOf([wasm, ...filesBelow(sourceFolder)]);
}

/**
 * Compiles a module with the filter's exports to a library for Envoy. It takes the place of an older one when it is whole.
 *
 * Not for two processes at a time.
 *
 * @param {string} wasm
 * @param {string} library
 * @throws {SetupError} with what the compiler, or its installation, said
 */
export async function buildNative(wasm, library) {
  const target = TARGETS[process.arch];
  if (!nativeIsPossible || target === undefined) throw new SetupError(`there is no such build for ${process.platform} on ${process.arch}`);
  const partFolder = `${library}.part`;
  const made = path.join(partFolder, "llm_gateway");
  rmSync(partFolder, { recursive: true, force: true });
  mkdirSync(partFolder, { recursive: true });
  const compiler = installCompiler();
  try {
    await run(projectNode, [path.join(repoRoot, "node_modules/wabt/bin/wasm2c"), wasm, "-n", "llm_gateway", "-o", `${made}.c`]);
    dropForcedReads(`${made}.c`);
    const zig = await compiler;
    const env = {
      ...process.env,
      ZIG_GLOBAL_CACHE_DIR: path.join(compilerFolder, "cache"),
      ZIG_LOCAL_CACHE_DIR: path.join(compilerFolder, "cache"),
    };
    const compile = (/** @type {string[]} */ args) =>
      run(zig, ["cc", ...target, ...FLAGS, "-I", sourceFolder, "-I", partFolder, ...args], { env });
    const byHand = ["host", "wasm_runtime"];
    await compile(["-w", "-c", `${made}.c`, "-o", `${made}.o`]);
    for (const name of byHand)
      await compile([...WARNINGS, "-c", path.join(sourceFolder, `${name}.c`), "-o", path.join(partFolder, `${name}.o`)]);
    await compile(["-shared", "-s", "-o", `${made}.so`, `${made}.o`, ...byHand.map((name) => path.join(partFolder, `${name}.o`))]);
    renameSync(`${made}.so`, library);
    writeFileSync(`${library}.sha256`, sourcesOf(wasm));
  } finally {
    await compiler.catch(() => undefined);
    for (const folder of [partFolder, compilerFolder]) rmSync(folder, { recursive: true, force: true });
    installing = null;
  }
}

/** @type {Promise<string> | null} */
let installing = null;

/**
 * Installs the compiler for the next {@link buildNative}, which waits for it and deletes it. Who knows that there will be one may call this
 * before: it takes as long as what else has to be there first.
 *
 * @returns {Promise<string>} the compiler's program
 */
export function installCompiler() {
  installing ??= (async () => {
    rmSync(compilerFolder, { recursive: true, force: true });
    mkdirSync(planoHome, { recursive: true });
    await createVenv(compilerFolder, [COMPILER]);
    const python = readdirSync(path.join(compilerFolder, "lib")).find((name) => name.startsWith("python3")) ?? "";
    return path.join(compilerFolder, "lib", python, "site-packages/ziglang/zig");
  })();
  return installing;
}

/**
 * wasm2c has every load read memory, also those whose result nobody uses, as one out of bounds would have to trap. That keeps the compiler from
 * leaving reads out that it could: 4 % of a whole reply's instructions. Here a read that nobody uses may as well not trap.
 *
 * @param {string} file
 */
function dropForcedReads(file) {
  const code = readFileSync(file, "utf8");
  const dropped = code.replaceAll(/^(#define (?:SIMD_)?FORCE_READ(?:_INT|_FLOAT)?\(var\)) .+$/gm, "$1");
  if (dropped === code) throw new SetupError("wasm2c's code does not force reads where it used to");
  writeFileSync(file, dropped);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wasm = path.join(buildFolder, "llm_gateway.wasm");
  const library = path.join(buildFolder, "llm_gateway.so");
  if (nativeIsPossible && !nativeIsCurrent(wasm, library)) await buildNative(wasm, library);
}
