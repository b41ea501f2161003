import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import type { SchemaObject } from "ajv";
import type { Router } from "../config/gateway_config.ts";
import { loadConfig, PROJECT_CONFIG_DIR, type StoredRouter } from "../config/load.ts";
import { readBank } from "../intent/embedded/bank.ts";
import { EmbeddedResolver } from "../intent/embedded/resolver.ts";
import { NONE_SCORE } from "../intent/embedded/scoring.ts";
import { defaultModelDir } from "../intent/index.ts";
import { ManagedRouters } from "../managed_routers/managed_routers.ts";
import { RouterFile, RouterFileError } from "../managed_routers/router_file.ts";
import { bodyChecks } from "../managed_routers/wire_form.ts";
import { checkCollisions, type Sample } from "./collisions.ts";
import { checkWording, type Finding } from "./wording.ts";

// `npm run lint:routers`
//
// Whether a router's tasks can be told apart by their descriptions. Ends with 1 when there is something to mend, with 2 when the configuration is wrong.

/** Of each kind. The encoder's cache holds them all, whole messages alone as they are short, for the next router. */
const SAMPLES_OF_A_KIND_MAX = 12;
const SAMPLE_CHARACTERS_MAX = 100;

const REPO = path.resolve(import.meta.dirname, "../../..");

const USAGE = `usage: npm run lint:routers -- [--config config/plano_config.yaml] [--router NAME]
       [--routers FILE]   where routers of the management API are kept; envoy/run/routers.json when left out`;

const values = readOptions();

function readOptions() {
  const config = { type: "string", default: path.join(REPO, "config/plano_config.yaml") } as const;
  const routers = { type: "string", default: path.join(REPO, "envoy/run/routers.json") } as const;
  try {
    return parseArgs({ options: { config, routers, router: { type: "string" } } }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return process.exit(2);
  }
}

const checks = bodyChecks(JSON.parse(fs.readFileSync(path.join(PROJECT_CONFIG_DIR, "schema.json"), "utf8")) as SchemaObject);

// Models are not asked, so their keys do not matter.
const loaded = loadConfig({ file: values.config, env: process.env, demoUrl: "http://127.0.0.1:1" });
if (loaded.ok) {
  const { routers, routeAll } = loaded.withRouters(readStored()).config;
  const all = routeAll === null ? routers : [...routers, routeAll];
  const chosen = all.filter(({ name }) => values.router === undefined || name === values.router);
  if (chosen.length > 0) process.exitCode = (await lint(chosen)) === 0 ? 0 : 1;
  else {
    console.error(`${values.config}: has ${values.router === undefined ? "no routers" : `no router ${values.router}`}`);
    process.exitCode = 2;
  }
} else {
  for (const mistake of loaded.mistakes) console.error(mistake);
  process.exitCode = 2;
}

/** Those that the config can't serve are left out; the management API tells why. */
function readStored(): readonly StoredRouter[] {
  try {
    return new ManagedRouters(new RouterFile(values.routers, checks.stored), checks).stored;
  } catch (error) {
    if (!(error instanceof RouterFileError)) throw error;
    for (const mistake of error.mistakes) console.error(mistake);
    return process.exit(2);
  }
}

/** The number of findings. */
async function lint(routers: readonly Router[]): Promise<number> {
  const resolver = new EmbeddedResolver({ modelDir: defaultModelDir() });
  await resolver.ready();
  let count = 0;
  for (const { name, tasks } of routers) {
    const wording = checkWording(tasks);
    // What a task gets whose description says nothing is chance, and so is what collides with it.
    const empty = new Set(wording.filter(({ kind }) => kind === "says nothing").flatMap((finding) => finding.tasks));
    const collisions = checkCollisions(tasks, await readSamples(resolver, tasks), NONE_SCORE);
    const findings = [...wording, ...collisions.filter((finding) => !finding.tasks.some((task) => empty.has(task)))];
    print(name, findings);
    count += findings.length;
  }
  await resolver.close();
  return count;
}

async function readSamples(resolver: EmbeddedResolver, tasks: Router["tasks"]): Promise<Sample[]> {
  const never = new AbortController().signal;
  const { concepts, intents } = readBank();
  const samples: Sample[] = [];
  for (const { name: kind, examples } of [...concepts.filter((concept) => concept.kind === "task"), ...intents]) {
    const prompts = examples.filter(({ length }) => length <= SAMPLE_CHARACTERS_MAX).slice(0, SAMPLES_OF_A_KIND_MAX);
    for (const prompt of prompts) samples.push({ prompt, kind, scores: await resolver.score(prompt, tasks, never) });
  }
  return samples;
}

function print(router: string, findings: readonly Finding[]): void {
  console.log(`${router}:${findings.length === 0 ? " nothing to mend" : ""}`);
  for (const { kind, tasks, reason, samples } of findings) {
    console.log(`  ${kind}: ${tasks.join(" and ")}: ${reason}`);
    for (const sample of samples) console.log(`    "${sample}"`);
  }
}
