import path from "node:path";

const repoRoot = path.resolve(import.meta.dirname, "../../../..");

/** Where set-up puts the model: in `.plano/` in the repo, or in the folder that `PLANO_HOME` names. */
export function defaultModelDir(): string {
  return path.resolve(repoRoot, process.env.PLANO_HOME || ".plano", "models/all-MiniLM-L6-v2-int8");
}
