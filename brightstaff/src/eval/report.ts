import type { Answer, Comparison, Marks } from "./compare.ts";
import { OTHER } from "./dataset.ts";
import { accuracy, conversationAccuracy, type Decision, percentile } from "./evaluate.ts";

/** Shares are 0 to 1. */
export type Report = {
  readonly evaluated: Readonly<Record<string, string>>;
  readonly decisions: number;
  readonly accuracy: number;
  readonly conversationAccuracy: number;
  readonly other: { readonly chosen: number; readonly expected: number };
  readonly suites: readonly { readonly suite: string; readonly decisions: number; readonly accuracy: number }[];
  /** By suite, as each has routes of its own. */
  readonly confusion: Readonly<Record<string, Confusion>>;
  readonly decision_ms: Percentiles;
  /** By resolver: how many it decided. */
  readonly resolvers: Readonly<Record<string, number>>;
  readonly comparison: { readonly router: Side; readonly baseline: Side; readonly preferred: Preferred } | null;
};

/** By expected route, then by chosen route: how many. */
type Confusion = Readonly<Record<string, Readonly<Record<string, number>>>>;

type Percentiles = { readonly p50: number; readonly p95: number; readonly p99: number };

export type Side = {
  readonly answers: number;
  readonly failures: number;
  /** null when an answer's model has no price in the configuration: `unpriced` names it. */
  readonly cost_usd: number | null;
  readonly unpriced: readonly string[];
  readonly latency_ms: Percentiles;
  readonly tokens: { readonly input: number; readonly output: number };
  /** By model: how many answers. */
  readonly models: Readonly<Record<string, number>>;
  /** Means of 1 to 10, of the answers that were judged; null without a judge. */
  readonly marks: Marks | null;
};

/** Judged answers, by whose marks add up to more. */
type Preferred = { readonly router: number; readonly baseline: number; readonly neither: number };

export function summarise(
  evaluated: Readonly<Record<string, string>>,
  decisions: readonly Decision[],
  comparisons: readonly Comparison[] | null,
): Report {
  const suites = [...Map.groupBy(decisions, ({ item }) => item.suite)];
  const shareOf = (isIt: (decision: Decision) => boolean): number => decisions.filter(isIt).length / decisions.length;
  return {
    evaluated,
    decisions: decisions.length,
    accuracy: accuracy(decisions),
    conversationAccuracy: conversationAccuracy(decisions),
    other: { chosen: shareOf(({ chosen }) => chosen === OTHER), expected: shareOf(({ item }) => item.expected === OTHER) },
    suites: suites.map(([suite, own]) => ({ suite, decisions: own.length, accuracy: accuracy(own) })),
    confusion: Object.fromEntries(suites.map(([suite, own]) => [suite, confusionOf(own)])),
    decision_ms: percentiles(decisions.map(({ resolve_ms }) => resolve_ms)),
    resolvers: countBy(decisions.map(({ resolver }) => resolver)),
    comparison: comparisons === null ? null : summariseComparison(comparisons),
  };
}

function confusionOf(decisions: readonly Decision[]): Confusion {
  const confusion: Record<string, Record<string, number>> = {};
  for (const { item, chosen } of decisions) {
    confusion[item.expected] ??= {};
    const row = confusion[item.expected] as Record<string, number>;
    row[chosen] = (row[chosen] ?? 0) + 1;
  }
  return confusion;
}

function summariseComparison(comparisons: readonly Comparison[]): Report["comparison"] {
  const preferred = { router: 0, baseline: 0, neither: 0 };
  for (const { verdict } of comparisons) {
    if (verdict === null) continue;
    const lead = total(verdict.router) - total(verdict.baseline);
    preferred[lead > 0 ? "router" : lead < 0 ? "baseline" : "neither"] += 1;
  }
  return { router: summariseSide(comparisons, "router"), baseline: summariseSide(comparisons, "baseline"), preferred };
}

function summariseSide(comparisons: readonly Comparison[], side: "router" | "baseline"): Side {
  const answers = comparisons.map((comparison) => comparison[side]).filter((answer): answer is Answer => answer !== null);
  const marks = comparisons.flatMap(({ verdict }) => (verdict === null ? [] : [verdict[side]]));
  const costs_usd = answers.map(({ cost_usd }) => cost_usd);
  return {
    answers: answers.length,
    failures: comparisons.length - answers.length,
    cost_usd: costs_usd.some((cost) => cost === null) ? null : sum(costs_usd.map((cost) => cost ?? 0)),
    unpriced: [...new Set(answers.flatMap(({ cost_usd, model }) => (cost_usd === null ? [model] : [])))],
    latency_ms: percentiles(answers.map(({ latency_ms }) => latency_ms)),
    tokens: { input: sum(answers.map((answer) => answer.input_tokens)), output: sum(answers.map((answer) => answer.output_tokens)) },
    models: countBy(answers.map(({ model }) => model)),
    marks:
      marks.length === 0
        ? null
        : {
            correctness: sum(marks.map(({ correctness }) => correctness)) / marks.length,
            completeness: sum(marks.map(({ completeness }) => completeness)) / marks.length,
          },
  };
}

export function writeMarkdown(report: Report): string {
  const { decision_ms, other } = report;
  const lines = [
    "# Evaluation",
    "",
    ...Object.entries(report.evaluated).map(([what, value]) => `- ${what}: ${value}`),
    "",
    "## Routing",
    "",
    ...table(
      ["", ""],
      [
        ["decisions", String(report.decisions)],
        ["right", percent(report.accuracy)],
        ["conversations with every turn right", percent(report.conversationAccuracy)],
        [`sent to none of the routes (\`${OTHER}\`)`, percent(other.chosen)],
        ["for which that is right", percent(other.expected)],
        ["time of a decision, ms (p50, p95, p99)", writePercentiles(decision_ms)],
        ["decided by", writeCounts(report.resolvers)],
      ],
    ),
    "",
  ];
  if (report.suites.length > 1) {
    const rows = report.suites.map(({ suite, decisions, accuracy: right }) => [suite, String(decisions), percent(right)]);
    lines.push(...table(["suite", "decisions", "right"], rows), "");
  }
  lines.push("## Confusion", "", "Rows are what is right, columns what was chosen.", "");
  for (const [suite, confusion] of Object.entries(report.confusion)) {
    if (report.suites.length > 1) lines.push(`### ${suite}`, "");
    lines.push(...confusionTable(confusion), "");
  }
  if (report.comparison !== null) lines.push(...comparisonSection(report.comparison));
  return lines.join("\n");
}

function confusionTable(confusion: Confusion): string[] {
  const chosen = Object.values(confusion).flatMap((row) => Object.keys(row));
  const names = [...new Set([...Object.keys(confusion), ...chosen])].sort((a, b) => Number(a === OTHER) - Number(b === OTHER));
  const rows = names.map((expected) => [expected, ...names.map((name) => String(confusion[expected]?.[name] ?? ""))]);
  return table(["", ...names], rows);
}

function comparisonSection({ router, baseline, preferred }: NonNullable<Report["comparison"]>): string[] {
  const row = (name: string, value: (side: Side) => string): string[] => [name, value(router), value(baseline)];
  const rows = [
    row("answers", ({ answers }) => String(answers)),
    row("without an answer", ({ failures }) => String(failures)),
    row("cost, USD", ({ cost_usd, unpriced }) =>
      cost_usd === null ? `no price in the configuration: ${unpriced.join(", ")}` : cost_usd.toFixed(6),
    ),
    row("latency, ms (p50, p95, p99)", ({ latency_ms }) => writePercentiles(latency_ms)),
    row("tokens in", ({ tokens }) => String(tokens.input)),
    row("tokens out", ({ tokens }) => String(tokens.output)),
    row("answered by", ({ models }) => writeCounts(models)),
    row("correctness, 1 to 10", ({ marks }) => marks?.correctness.toFixed(2) ?? "not judged"),
    row("completeness, 1 to 10", ({ marks }) => marks?.completeness.toFixed(2) ?? "not judged"),
  ];
  if (router.marks !== null) rows.push(["better marks", String(preferred.router), `${preferred.baseline} (neither: ${preferred.neither})`]);
  return ["## The router against one model", "", ...table(["", "router", "one model"], rows), ""];
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const sum = (values: readonly number[]): number => values.reduce((left, right) => left + right, 0);
const total = ({ correctness, completeness }: Marks): number => correctness + completeness;

function percentiles(times_ms: readonly number[]): Percentiles {
  return { p50: percentile(times_ms, 0.5), p95: percentile(times_ms, 0.95), p99: percentile(times_ms, 0.99) };
}

function writePercentiles({ p50, p95, p99 }: Percentiles): string {
  return [p50, p95, p99].map((time_ms) => time_ms.toFixed(1)).join(", ");
}

function countBy(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}

function writeCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
