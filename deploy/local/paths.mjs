import path from "node:path";
import { fileURLToPath } from "node:url";

export const repoRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Where set-up keeps what it downloads and converts: `.plano/` in the repo, or the folder that `PLANO_HOME` names. */
export const planoHome = path.resolve(repoRoot, process.env.PLANO_HOME || ".plano");

/** Compiled code of the processes that Node runs, for the next start. */
export const compileCache = path.join(planoHome, "compile-cache");

/** Node 24 as the npm package `node` brings it; set-up itself also runs on the machine's own Node 20. */
export const projectNode = path.join(repoRoot, "node_modules/.bin/node");

/** The filter as every Envoy runs it, and as machine code for the Envoy that it was made for. */
export const filterAsWasm = path.join(repoRoot, "filter/build/llm_gateway.wasm");
export const filterAsLibrary = path.join(repoRoot, "filter/build/llm_gateway.so");
