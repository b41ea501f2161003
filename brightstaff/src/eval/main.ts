import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import type { GatewayConfig, Price } from "../config/gateway_config.ts";
import { loadConfig } from "../config/load.ts";
import { PARTS, type Part, type Parts } from "../intent/embedded/parts.ts";
import { EmbeddedResolver } from "../intent/embedded/resolver.ts";
import { createResolver, defaultModelDir, type Resolver, type Route } from "../intent/index.ts";
import { type Comparison, compare } from "./compare.ts";
import { type Item, readDataset } from "./dataset.ts";
import { accuracy, conversationAccuracy, type Decision, evaluate, isRight } from "./evaluate.ts";
import { Journal } from "./journal.ts";
import { ProgressBar } from "./progress.ts";
import { summarise, writeMarkdown } from "./report.ts";

const repoRoot = path.resolve(import.meta.dirname, "../../..");
const DEFAULT_DATASET = path.resolve(repoRoot, "../shared/routing-eval/dev.jsonl");
const ROUTE_ALL = "routing_preferences";

const USAGE = `npm run eval -- [--router NAME] [--dataset FILE] [options]

How well labelled requests are routed, and whether the router's answers are worth more than one model's.
  --dataset FILE    JSON lines {messages, expected, routes?, suite?, conv?}; expected is a route's name or "other"
  --router NAME     whose tasks are the routes of items without routes of their own; "${ROUTE_ALL}" for the top-level ones
  --config FILE     where the router is; default config/plano_config.yaml
  --routing-model   decide by the routing model of the configuration, not by the embedded one
  --out DIR         where report.md, report.json and the journal go; default .plano/eval. A run that was ended is gone on with
  --mistakes        list the wrong decisions, by id
  --without PARTS   leave out parts of the embedded model: ${PARTS.join(", ")}

Against one model, through a gateway that runs (its key in GATEWAY_API_KEY, if it wants one):
  --gateway URL     for example http://127.0.0.1:12000
  --baseline MODEL  the one model
  --judge MODEL     marks both answers for correctness and completeness
  --parallel N      conversations at a time; default 4`;

/** What the user has to mend; anything else is a defect. */
class UsageError extends Error {}

const values = readOptions();

function readOptions() {
  const options = {
    dataset: { type: "string", default: DEFAULT_DATASET },
    router: { type: "string" },
    config: { type: "string", default: path.join(repoRoot, "config/plano_config.yaml") },
    "routing-model": { type: "boolean", default: false },
    out: { type: "string", default: path.join(repoRoot, ".plano/eval") },
    mistakes: { type: "boolean", default: false },
    without: { type: "string", default: "" },
    gateway: { type: "string" },
    baseline: { type: "string" },
    judge: { type: "string" },
    parallel: { type: "string", default: "4" },
    help: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return process.exit(2);
  }
}

async function run(): Promise<void> {
  if (!existsSync(values.dataset)) {
    const isNamed = values.dataset !== DEFAULT_DATASET;
    throw new UsageError(isNamed ? `${values.dataset}: there is no such file` : "--dataset: expected a file of labelled requests");
  }
  const parts = readParts(values.without);
  const parallel = Number(values.parallel);
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > PARALLEL_MAX)
    throw new UsageError(`--parallel ${values.parallel}: expected 1 to ${PARALLEL_MAX}`);
  const versus = readVersus();
  const config = values.router === undefined && !values["routing-model"] && versus === null ? null : readConfig();
  const routes = values.router === undefined || config === null ? [] : routesOf(config, values.router);
  const items = await readDataset(values.dataset, routes).catch((error: Error) => Promise.reject(new UsageError(error.message)));
  if (items.length === 0) throw new UsageError(`${values.dataset}: holds no items`);
  const resolver = await openResolver(config, parts);
  const evaluated = {
    dataset: values.dataset,
    ...(values.router === undefined ? {} : { router: values.router }),
    resolver: resolver.id,
    ...(values.without === "" ? {} : { without: values.without }),
    ...(versus === null ? {} : { gateway: versus.gateway, "one model": versus.baseline, judge: versus.judge ?? "none" }),
  };
  const journal = openJournal(evaluated, items);
  if (journal.size > 0) console.log(`going on with a run that was ended: ${journal.size} results are there`);
  const bar = new ProgressBar("routing", items.length);
  const decisions = await evaluate(resolver, items, () => bar.step(), journal);
  await resolver.close();
  const comparisons = versus === null || config === null ? null : await runComparison(items, versus, config, parallel, journal);
  const report = summarise(evaluated, decisions, comparisons);
  writeFileSync(path.join(values.out, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(path.join(values.out, "report.md"), writeMarkdown(report));
  print(decisions);
  if (values.mistakes) {
    for (const { item, chosen, confidence } of decisions.filter((decision) => !isRight(decision))) {
      console.log(`${item.id}: expected ${item.expected}, chose ${chosen} (${confidence?.toFixed(2) ?? "?"})`);
    }
  }
  // With calls that failed, the next run goes on from here.
  if (comparisons === null || comparisons.every(isComplete)) journal.remove();
  console.log(`the whole of it: ${path.join(values.out, "report.md")}`);
}

function isComplete({ router, baseline, verdict }: Comparison): boolean {
  return router !== null && baseline !== null && (verdict !== null || values.judge === undefined);
}

type Versus = { readonly gateway: string; readonly router: string; readonly baseline: string; readonly judge: string | null };

const PARALLEL_MAX = 64;

function readVersus(): Versus | null {
  const { gateway, baseline, judge, router } = values;
  if (gateway === undefined && baseline === undefined && judge === undefined) return null;
  if (gateway === undefined || !URL.canParse(gateway)) throw new UsageError("--gateway: expected the gateway's URL");
  if (baseline === undefined) throw new UsageError("--baseline: expected the model to compare with");
  if (router === undefined || router === ROUTE_ALL) throw new UsageError("--router: expected the name of the router to compare");
  return { gateway: gateway.replace(/\/+$/, ""), router: `router:${router}`, baseline, judge: judge ?? null };
}

/** Keys matter only where the routing model is asked. */
function readConfig(): GatewayConfig {
  const demoUrl = values["routing-model"] ? {} : { demoUrl: "http://127.0.0.1:1" };
  const loaded = loadConfig({ file: values.config, env: process.env, ...demoUrl });
  if (!loaded.ok) throw new UsageError(loaded.mistakes.join("\n"));
  return loaded.config;
}

function routesOf(config: GatewayConfig, name: string): readonly Route[] {
  const router = name === ROUTE_ALL ? config.routeAll : config.routers.find((candidate) => candidate.name === name);
  if (router === undefined || router === null) {
    const names = [...config.routers.map((known) => known.name), ...(config.routeAll === null ? [] : [ROUTE_ALL])];
    throw new UsageError(`--router ${name}: ${values.config} has ${names.length === 0 ? "no routers" : names.join(", ")}`);
  }
  return router.tasks.map((task) => ({ name: task.name, description: task.description }));
}

async function openResolver(config: GatewayConfig | null, parts: Parts): Promise<Resolver> {
  const modelDir = defaultModelDir();
  const resolver = values["routing-model"] ? createRoutingModel(config, modelDir) : new EmbeddedResolver({ modelDir }, parts);
  await resolver.ready();
  return resolver;
}

function createRoutingModel(config: GatewayConfig | null, modelDir: string): Resolver {
  const routingModel = config?.routingModel;
  if (config === null || routingModel === null || routingModel === undefined)
    throw new UsageError(`--routing-model: ${values.config} has no overrides.llm_routing_model`);
  const { baseUrl, apiKey, ...model } = routingModel;
  // A chat model is asked through the gateway, here as any client asks it.
  const url = baseUrl ?? (values.gateway === undefined ? null : `${values.gateway.replace(/\/+$/, "")}/v1`);
  if (url === null) throw new UsageError(`--gateway: expected the URL of the gateway through which ${model.model} is asked`);
  const key = baseUrl === null ? process.env.GATEWAY_API_KEY : apiKey;
  return createResolver({
    kind: "slm",
    ...model,
    baseUrl: url,
    ...(key === null || key === undefined ? {} : { apiKey: key }),
    deadline_ms: config.limits.decision_ms,
    fallback: { kind: "embedded", modelDir },
  });
}

/** Of the same command on the same requests and routes; another's is begun anew. */
function openJournal(evaluated: Readonly<Record<string, string>>, items: readonly Item[]): Journal {
  const made = createHash("sha256")
    .update(JSON.stringify([evaluated, items]))
    .digest("hex");
  return new Journal(path.join(values.out, "journal.jsonl"), made);
}

async function runComparison(
  items: readonly Item[],
  versus: Versus,
  config: GatewayConfig,
  parallel: number,
  journal: Journal,
): Promise<Comparison[]> {
  const bar = new ProgressBar("comparing", items.length);
  const failures: string[] = [];
  const options = { ...versus, gatewayKey: process.env.GATEWAY_API_KEY, prices: pricesOf(config), parallel };
  const comparisons = await compare(
    items,
    options,
    journal,
    () => bar.step(),
    (message) => failures.push(message),
  );
  for (const failure of failures.slice(0, FAILURES_SHOWN_MAX)) console.error(failure);
  if (failures.length > 0) console.error(`${failures.length} calls failed; the same command tries them again`);
  return comparisons;
}

const FAILURES_SHOWN_MAX = 5;

/** Those of the static table: what a run costs must not depend on when it is run. */
function pricesOf({ metricsSources }: GatewayConfig): ReadonlyMap<string, Price> {
  for (const source of metricsSources) if (source.provider === "static") return source.prices;
  return new Map();
}

function readParts(without: string): Set<Part> {
  const left = without.split(",").filter((name) => name !== "");
  for (const name of left) {
    if (!PARTS.some((part) => part === name)) throw new UsageError(`--without ${name}: expected one of ${PARTS.join(", ")}`);
  }
  return new Set(PARTS.filter((part) => !left.includes(part)));
}

function print(decisions: readonly Decision[]): void {
  const suites = Map.groupBy(decisions, ({ item }) => item.suite);
  for (const [suite, chosen] of suites) printShare(suite, accuracy(chosen), `${chosen.length} items`);
  const outOfScope = [...(suites.get("oos") ?? []), ...(suites.get("oos_removed") ?? [])];
  const pooled = [...["single", "multi", "domain", "support"].map((suite) => suites.get(suite)), outOfScope];
  if (outOfScope.length > 0) printShare("out of scope", accuracy(outOfScope), "oos and oos_removed");
  const multi = suites.get("multi");
  if (multi !== undefined) printShare("conversations", conversationAccuracy(multi), "of multi, every turn right");
  if (pooled.every((suite) => suite !== undefined && suite.length > 0)) {
    const score = pooled.reduce((sum, suite) => sum + accuracy(suite ?? []), 0) / pooled.length;
    printShare("score", score, "mean of single, multi, domain, support, out of scope");
  }
  printShare("all", accuracy(decisions), `${decisions.length} items`);
}

function printShare(name: string, share: number, note: string): void {
  console.log(`${name.padEnd(13)} ${(100 * share).toFixed(1).padStart(5)} %  ${note}`);
}

try {
  if (values.help) console.log(USAGE);
  else await run();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n(npm run eval -- --help tells the options)`);
  process.exitCode = 2;
}
