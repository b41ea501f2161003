import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { run } from "./child.mjs";
import { planoHome, repoRoot } from "./paths.mjs";
import { createVenv } from "./python_venv.mjs";

const converterFolder = path.join(repoRoot, "brightstaff/src/intent/embedded");
const converter = path.join(converterFolder, "convert_model.py");
const requirements = path.join(converterFolder, "requirements.txt");
const modelFolder = path.join(planoHome, "models/all-MiniLM-L6-v2");
const STAMP = "converter.sha256";

/** Whether the embedded routing model is there, made by the converter as it is now. */
export function routingModelIsCurrent() {
  try {
    return readFileSync(path.join(modelFolder, STAMP), "utf8") === converterHash();
  } catch {
    return false;
  }
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
    writeFileSync(path.join(partFolder, STAMP), converterHash());
    rmSync(modelFolder, { recursive: true, force: true });
    renameSync(partFolder, modelFolder);
  } finally {
    removeParts();
  }
}

function converterHash() {
  const hash = createHash("sha256");
  for (const file of [converter, requirements]) hash.update(readFileSync(file));
  return hash.digest("hex");
}
