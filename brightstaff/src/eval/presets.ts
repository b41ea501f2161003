import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import type { Route } from "../intent/resolver.ts";
import { type Item, readDataset } from "./dataset.ts";

const repoRoot = path.resolve(import.meta.dirname, "../../..");
const presetsFolder = path.join(repoRoot, "config/presets");
const promptsFolder = path.join(repoRoot, "test/fixtures/presets");

export type LabelledPreset = { readonly id: string; readonly tasks: readonly Route[]; readonly items: readonly Item[] };

/** Every preset with its labelled prompts, which were written before its descriptions. */
export async function readLabelledPresets(): Promise<LabelledPreset[]> {
  const files = readdirSync(presetsFolder)
    .filter((file) => file.endsWith(".yaml"))
    .sort();
  return Promise.all(
    files.map(async (file) => {
      const { id, tasks } = parse(readFileSync(path.join(presetsFolder, file), "utf8")) as { id: string; tasks: Route[] };
      return { id, tasks, items: await readDataset(path.join(promptsFolder, `${id}.jsonl`), tasks) };
    }),
  );
}
