import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { run } from "./child.mjs";
import { planoHome, projectNode, repoRoot } from "./paths.mjs";
import { createVenv } from "./python_venv.mjs";
import { filesBelow, hashOf } from "./source_hash.mjs";

const sourceFolder = path.join(repoRoot, "brightstaff/src/intent/embedded");
const converter = path.join(sourceFolder, "convert_model.py");
const requirements = path.join(sourceFolder, "requirements.txt");
const modelFolder = path.join(planoHome, "models/all-MiniLM-L6-v2-int8");

// Beside the model: what made it. They go when the model is replaced.
const CONVERTER_STAMP = "converter.sha256";
const EXAMPLES_STAMP = "examples.sha256";

/** Whether the embedded routing model is there, made by the converter as it is now. */
export function routingModelIsConverted() {
  return stampIs(CONVERTER_STAMP, hashOf([converter, requirements]));
}

/**
 * Converts the model in a virtual environment that is deleted afterwards: nothing of it (half a gigabyte) is needed at run time. What it makes
 * takes the place of an older model when it is whole.
 */
export async function convertRoutingModel() {
  const venvFolder = path.join(planoHome, "converter.part");
  const partFolder = `${modelFolder}.part`;
  const removeParts = () => {
    for (const folder of [venvFolder, partFolder]) rmSync(folder, { recursive: true, force: true });
  };
  removeParts();
  mkdirSync(partFolder, { recursive: true });
  try {
    const python = await createVenv(venvFolder, ["--no-deps", "-r", requirements]);
    await run(python, [converter, "--output", partFolder]);
    writeFileSync(path.join(partFolder, CONVERTER_STAMP), hashOf([converter, requirements]));
    rmSync(modelFolder, { recursive: true, force: true });
    renameSync(partFolder, modelFolder);
  } finally {
    removeParts();
  }
}

/** Whether the converted model has read the examples as they are now, with the code that reads them as it is now. */
export function examplesAreLearnt() {
  return stampIs(EXAMPLES_STAMP, hashOf(filesBelow(sourceFolder)));
}

/** Has the converted model read its examples, so that the first start does not have to. Needs the npm packages. */
export async function learnExamples() {
  await run(projectNode, [path.join(sourceFolder, "prepare.ts"), "--model-dir", modelFolder]);
  writeFileSync(path.join(modelFolder, EXAMPLES_STAMP), hashOf(filesBelow(sourceFolder)));
}

/**
 * @param {string} stamp
 * @param {string} hash
 */
function stampIs(stamp, hash) {
  try {
    return readFileSync(path.join(modelFolder, stamp), "utf8") === hash;
  } catch {
    return false;
  }
}
