import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { run } from "./child.mjs";
import { planoHome, repoRoot } from "./paths.mjs";
import { createVenv } from "./python_venv.mjs";

const converterFolder = path.join(repoRoot, "brightstaff/src/intent/embedded");
const converter = path.join(converterFolder, "convert_model.py");
const requirements = path.join(converterFolder, "requirements.txt");
const modelFolder = path.join(planoHome, "models/all-MiniLM-L6-v2");
const stampFile = path.join(modelFolder, "converter.sha256");

/** Whether the embedded routing model is there, made by the converter as it is now. */
export function routingModelIsCurrent() {
  try {
    return readFileSync(stampFile, "utf8") === converterHash();
  } catch {
    return false;
  }
}

/** Converts the model in a virtual environment that is deleted afterwards: nothing of it (half a gigabyte) is needed at run time. */
export async function convertRoutingModel() {
  const venvFolder = path.join(planoHome, "converter.part");
  mkdirSync(planoHome, { recursive: true });
  rmSync(stampFile, { force: true });
  rmSync(venvFolder, { recursive: true, force: true });
  try {
    const python = await createVenv(venvFolder, ["--no-deps", "-r", requirements]);
    await run(python, [converter, "--output", modelFolder]);
  } finally {
    rmSync(venvFolder, { recursive: true, force: true });
  }
  writeFileSync(stampFile, converterHash());
}

function converterHash() {
  const hash = createHash("sha256");
  for (const file of [converter, requirements]) hash.update(readFileSync(file));
  return hash.digest("hex");
}
