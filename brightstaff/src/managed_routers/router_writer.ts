// For the test of what outlives a kill: writes routers without end, and says after each write that it is done.

import fs from "node:fs";
import path from "node:path";
import { PROJECT_CONFIG_DIR } from "../config/load.ts";
import { RouterFile } from "./router_file.ts";
import { bodyChecks, type ManagedRouter } from "./wire_form.ts";

const ROUTERS = 20;

const { stored } = bodyChecks(JSON.parse(fs.readFileSync(path.join(PROJECT_CONFIG_DIR, "schema.json"), "utf8")));
const file = new RouterFile(process.argv[2] as string, stored);

/** The round stands in every router, so that one can tell whether all are of the same write. */
function routersOf(round: number): ManagedRouter[] {
  return Array.from({ length: ROUTERS }, (_, index) => ({
    uuid: String(index),
    name: `router-${index}`,
    description: String(round),
    policies: [{ custom_task: { name: "task", description: "x".repeat(1000) }, models: ["a/b"] }],
    fallback_models: ["a/b"],
    created_at: "2026-01-01T00:00:00.000Z",
    updated_at: "2026-01-01T00:00:00.000Z",
  }));
}

for (let round = Number(file.read()[0]?.description ?? 0) + 1; ; round++) {
  await file.write(routersOf(round));
  process.send?.(round);
}
