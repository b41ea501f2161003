import path from "node:path";
import { build } from "../../build.mjs";

const OUTPUT = "filter/build/llm_gateway.wasm";

/** Builds the filter when its sources are newer, and says where it is. */
export async function buildModule(): Promise<string> {
  await build("filter/assembly/index.ts", OUTPUT);
  return path.resolve(import.meta.dirname, "../../..", OUTPUT);
}
