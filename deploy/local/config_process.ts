// The process of read_config.ts.

import { readFileSync } from "node:fs";
import { readDocument } from "../../brightstaff/src/config/document.ts";
import { loadConfig } from "../../brightstaff/src/config/load.ts";
import type { ConfigRead } from "./read_config.ts";

const [file = "", demoUrl] = process.argv.slice(2);
const loaded = loadConfig({ file, env: process.env, demoUrl });
const read: ConfigRead = loaded.ok ? { config: loaded.config, unsetKeys: unsetKeys() } : { mistakes: loaded.mistakes };
// With a callback, because whoever asked may have ended meanwhile.
process.send?.(read, undefined, undefined, () => {});

function unsetKeys(): string[] {
  const { unset } = readDocument(readFileSync(file, "utf8"), process.env);
  return [...new Set(unset.filter(({ path: at }) => at[2] === "access_key" || at[2] === "credentials").map(({ variable }) => variable))];
}
