// Checks the configuration that comes along, and with it every provider and preset, as brightstaff does at start; and the schemas that it
// goes by, which brightstaff takes for right.

import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
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

const ajv = new Ajv();
for (const file of ["config/schema.json", "config/providers/schema.json"]) {
  const isSchema = ajv.validateSchema(JSON.parse(readFileSync(file, "utf8")));
  console.log(`${file}: ${isSchema ? "ok" : `wrong: ${ajv.errorsText()}`}`);
  if (!isSchema) process.exitCode = 1;
}
