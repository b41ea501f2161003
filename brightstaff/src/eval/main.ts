import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { PARTS, type Part, type Parts } from "../intent/embedded/parts.ts";
import { EmbeddedResolver } from "../intent/embedded/resolver.ts";
import { defaultModelDir } from "../intent/index.ts";
import { type Item, OTHER, readDataset } from "./dataset.ts";
import { accuracy, conversationAccuracy, type Decision, evaluate, isRight, percentile } from "./evaluate.ts";

const USAGE = `npm run eval -- [--dataset FILE] [--without PART,…] [--mistakes]

Routing accuracy of the embedded resolver on labelled requests, by suite.
  --dataset FILE   JSON lines {messages, routes, expected, suite?, conv?}; default ../shared/routing-eval/dev.jsonl
  --without PARTS  leave out parts of the resolver: ${PARTS.join(", ")}
  --mistakes       list the wrong decisions, by id`;

const defaultDataset = path.resolve(import.meta.dirname, "../../../../shared/routing-eval/dev.jsonl");

const { values } = parseArgs({
  options: {
    dataset: { type: "string", default: defaultDataset },
    without: { type: "string", default: "" },
    mistakes: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else if (!existsSync(values.dataset)) {
  console.error(`${values.dataset}: there is no such file\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  await run(values.dataset, readParts(values.without), values.mistakes);
}

function readParts(without: string): Set<Part> {
  const left = without.split(",").filter((name) => name !== "");
  for (const name of left) {
    if (!PARTS.some((part) => part === name)) throw new Error(`--without ${name}: expected one of ${PARTS.join(", ")}`);
  }
  return new Set(PARTS.filter((part) => !left.includes(part)));
}

async function run(dataset: string, parts: Parts, listMistakes: boolean): Promise<void> {
  const items = await readDataset(dataset);
  const resolver = new EmbeddedResolver({ modelDir: defaultModelDir() }, parts);
  await resolver.ready();
  const decisions = await evaluate(resolver, items, createProgress(items));
  await resolver.close();
  report(decisions);
  if (listMistakes) {
    for (const decision of decisions.filter((candidate) => !isRight(candidate))) {
      console.log(`${decision.item.id}: expected ${decision.item.expected}, chose ${decision.chosen} (${decision.confidence?.toFixed(2)})`);
    }
  }
}

function createProgress(items: readonly Item[]): (done: number) => void {
  if (!process.stderr.isTTY) return () => {};
  return (done) => process.stderr.write(done === items.length ? "\r\u001b[K" : `\r${done}/${items.length}`);
}

function report(decisions: readonly Decision[]): void {
  const suites = Map.groupBy(decisions, ({ item }) => item.suite);
  for (const [suite, chosen] of suites) print(suite, accuracy(chosen), `${chosen.length} items`);
  const outOfScope = [...(suites.get("oos") ?? []), ...(suites.get("oos_removed") ?? [])];
  const pooled = [...["single", "multi", "domain", "support"].map((suite) => suites.get(suite)), outOfScope];
  if (outOfScope.length > 0) print("out of scope", accuracy(outOfScope), "oos and oos_removed");
  const multi = suites.get("multi");
  if (multi !== undefined) print("conversations", conversationAccuracy(multi), "of multi, every turn right");
  if (pooled.every((suite) => suite !== undefined && suite.length > 0)) {
    print(
      "score",
      pooled.reduce((sum, suite) => sum + accuracy(suite ?? []), 0) / pooled.length,
      "mean of single, multi, domain, support, out of scope",
    );
  }
  print("all", accuracy(decisions), `${decisions.length} items`);
  print("chose other", decisions.filter(({ chosen }) => chosen === OTHER).length / decisions.length, "of all");
  const times_ms = decisions.map(({ resolve_ms }) => resolve_ms);
  console.log(`decision      ${percentile(times_ms, 0.5).toFixed(1)} ms (p50), ${percentile(times_ms, 0.95).toFixed(1)} ms (p95)`);
}

function print(name: string, share: number, note: string): void {
  console.log(`${name.padEnd(13)} ${(100 * share).toFixed(1).padStart(5)} %  ${note}`);
}
