// Checks the configuration that comes along, and with it every provider and preset, as brightstaff does at start.

import { readdirSync } from "node:fs";
import { loadConfig } from "../brightstaff/src/config/load.ts";

const files = ["config/plano_config.yaml", ...readdirSync("config/examples").map((name) => `config/examples/${name}`)];
// No key is set, so that the result is the same on every machine.
const demoUrl = "http://127.0.0.1:1";
for (const file of files) {
  const loaded = loadConfig({ file, env: {}, demoUrl });
  console.log(`${file}: ${loaded.ok ? "ok" : "wrong"}`);
  if (loaded.ok) continue;
  for (const mistake of loaded.mistakes) console.error(mistake);
  process.exitCode = 1;
}
