// The report: figures of all rounds as JSON, medians and spread as tables.

import type { Comparison } from "./comparison.ts";
import type { Footprint } from "./footprint.ts";
import type { MemoryResult } from "./memory.ts";
import type { RowResult } from "./rounds.ts";
import type { Figures, Group } from "./rows.ts";
import { pairedRatios, type Summary, summarize } from "./statistics.ts";

export interface Machine {
  cpu: string;
  cores: number;
  kernel: string;
  node: string;
  envoy: string;
  /** Envoy's core when it had one to itself. */
  pinned_to: number | null;
}

export interface ReportRow {
  id: string;
  group: Group;
  title: string;
  /** The row of plain Envoy that it is related to; null for plain Envoy. */
  base: string | null;
  rounds: Figures[];
  /** What plain Envoy's row was, round by round, right before and right after: their mean. Empty for plain Envoy. */
  beside: Figures[];
  /** Rounds that count. */
  valid_rounds: number;
  voids: string[];
  /** Envoy's CPU as a multiple of plain Envoy's beside it; null for plain Envoy, and where no round counts. */
  ratio: Summary | null;
  ratio_max: number | null;
}

export interface Report {
  created_at: string;
  /** What was run, flags and all. */
  command: string;
  machine: Machine;
  /** The filter as it ran: WebAssembly (.wasm) or machine code (.so). */
  filter: { file: string; bytes: number };
  rows: ReportRow[];
  memory: MemoryResult[];
  /** null when it was not measured. */
  footprint: Footprint | null;
  /** With the last report in the same folder; null where there is none. */
  comparison: Comparison | null;
  /** What a decision of the embedded resolver costs, in the words of its own benchmark; null when it was not run. */
  embedded_decision: string | null;
}

export function reportRows(results: readonly RowResult[]): ReportRow[] {
  const cpuOf = (rounds: readonly Figures[]) => rounds.map((figures) => figures.envoy_cpu_us);
  return results.map((result) => {
    const ratios = pairedRatios(cpuOf(result.rounds), cpuOf(result.beside));
    return {
      id: result.row.id,
      group: result.row.group,
      title: result.row.title,
      base: result.row.base,
      rounds: result.rounds,
      beside: result.beside,
      valid_rounds: cpuOf(result.rounds).filter(Number.isFinite).length,
      voids: result.voids,
      ratio: ratios.length === 0 ? null : summarize(ratios),
      ratio_max: result.row.ratio_max,
    };
  });
}

type Column = [heading: string, cell: (row: ReportRow) => string];

/** The median of one figure over the rounds that count; null when none does. */
function medianOf(row: ReportRow | undefined, figure: keyof Figures): number | null {
  const values = (row?.rounds ?? []).map((figures) => figures[figure]).filter(Number.isFinite);
  return values.length === 0 ? null : summarize(values).median;
}

function shown(value: number | null, digits: number): string {
  return value === null ? "void" : value.toFixed(digits);
}

const median =
  (figure: keyof Figures, digits: number, factor = 1) =>
  (row: ReportRow) => {
    const value = medianOf(row, figure);
    return shown(value === null ? null : value * factor, digits);
  };

const ratio = ({ ratio, valid_rounds }: ReportRow) => {
  if (ratio === null) return valid_rounds === 0 ? "void" : "1";
  return `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`;
};

const limit = ({ ratio_max }: ReportRow) => (ratio_max === null ? "" : `${ratio_max}`);

const onlyWithBase = (text: string) => (row: ReportRow) => (row.base === null ? "" : text);

/** Over plain Envoy beside it. */
const overPlain = (figure: keyof Figures, digits: number) => (row: ReportRow) => {
  if (row.base === null) return "";
  const differences = row.rounds.map((mine, i) => mine[figure] - (row.beside[i]?.[figure] ?? Number.NaN)).filter(Number.isFinite);
  return shown(differences.length === 0 ? null : summarize(differences).median, digits);
};

const TABLES: Record<Group, { title: string; columns: readonly Column[] }> = {
  whole: {
    title: "Whole replies (1 KB asked, 1.5 KB answered, 32 connections at full speed, one worker)",
    columns: [
      ["CPU s per 1,000 replies", median("envoy_cpu_us", 4, 1e-3)],
      ["× plain Envoy (spread)", ratio],
      ["at most", limit],
      ["replies/s", median("per_s", 0)],
    ],
  },
  long: {
    title: "Whole replies to requests with 100 KB of text more",
    columns: [
      ["CPU µs a reply", median("envoy_cpu_us", 0)],
      ["more than plain Envoy", overPlain("envoy_cpu_us", 0)],
      ["at most", onlyWithBase("400")],
      ["× plain Envoy (spread)", ratio],
    ],
  },
  stream: {
    title: "Paced streams (200 at a time, 200 chunks each, 20 ms apart, one worker)",
    columns: [
      ["CPU s per million chunks", median("envoy_cpu_us", 1)],
      ["× plain Envoy (spread)", ratio],
      ["at most", limit],
      ["gap p99 ms", median("gap_p99_ms", 1)],
      ["added", overPlain("gap_p99_ms", 2)],
      ["at most", onlyWithBase("0.5")],
    ],
  },
  routed: {
    title: "Latency at 100 requests/s, the resolver's own time left out",
    columns: [
      ["p50 ms", median("latency_p50_ms", 2)],
      ["p99 ms", median("latency_p99_ms", 2)],
      ["added p50 ms", overPlain("latency_p50_ms", 2)],
      ["at most", onlyWithBase("1.5")],
      ["added p99 ms", overPlain("latency_p99_ms", 2)],
      ["at most", onlyWithBase("6")],
      ["brightstaff's CPU, µs a request", median("brightstaff_cpu_us", 0)],
    ],
  },
};

function markdownTable(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, 3, ...lines.map((line) => (line[i] ?? "").length)));
  const write = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [write(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...lines.map(write)].join("\n");
}

function groupTable(group: Group, rows: readonly ReportRow[]): string {
  const { title, columns } = TABLES[group];
  const head = ["", ...columns.map(([heading]) => heading)];
  const lines = rows.map((row) => [row.title, ...columns.map(([, cell]) => cell(row))]);
  return `**${title}**\n\n${markdownTable(head, lines)}`;
}

function memoryTable(memory: readonly MemoryResult[]): string {
  const lines = memory.map(({ subject, samples }) => [
    subject,
    ...samples.map(({ resident_bytes }) => (resident_bytes / 2 ** 20).toFixed(1)),
  ]);
  const head = ["", ...(memory[0]?.samples ?? []).map(({ streams }) => `after ${streams.toLocaleString("en-US")} streams`)];
  return `**Resident memory of Envoy, MiB**\n\n${markdownTable(head, lines)}`;
}

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);

function footprintTable(footprint: Footprint): string {
  const { first_answer_s, idle_bytes, idle_once_bytes, serving_idle_bytes, streaming_bytes, open_streams } = footprint;
  const lines = [
    ["`npm start`, all installed, to the end of its first answer", `${first_answer_s.toFixed(1)} s`],
    ["resident memory of all its processes, idle", `${mebibytes(idle_bytes)} MiB`],
    ["what they share counted once", `${mebibytes(idle_once_bytes)} MiB`],
    ["brightstaff and Envoy, idle", `${mebibytes(serving_idle_bytes)} MiB`],
    [`brightstaff and Envoy, ${open_streams} streams open`, `${mebibytes(streaming_bytes)} MiB`],
  ];
  return `**Start and memory**\n\n${markdownTable(["", ""], lines)}`;
}

function comparisonTable({ with: date, rows }: Comparison): string {
  const change = (before: number, now: number) => `${now < before ? "" : "+"}${((now / before - 1) * 100).toFixed(1)} %`;
  const lines = rows.map(({ id, before, now }) => [id, before.toFixed(2), now.toFixed(2), change(before, now)]);
  return `**Ratios against the report of ${date.slice(0, 16)}**\n\n${markdownTable(["", "then", "now", "change"], lines)}`;
}

function introduction({ command, created_at, machine, filter }: Report): string {
  const core = machine.pinned_to === null ? "" : `, Envoy alone on core ${machine.pinned_to}`;
  const where = `Envoy ${machine.envoy}, Node ${machine.node}, ${machine.cpu} (${machine.cores} cores)${core}`;
  return `\`${command}\`, ${created_at.slice(0, 10)}: ${where}; \`${filter.file}\` of ${Math.round(filter.bytes / 1000)} KB. Medians over the rounds.`;
}

/** The report as Markdown: readable in a terminal too. */
export function writeMarkdown(report: Report): string {
  const groups = (Object.keys(TABLES) as Group[]).flatMap((group) => {
    const rows = report.rows.filter((row) => row.group === group);
    return rows.length === 0 ? [] : [groupTable(group, rows)];
  });
  const voids = report.rows.flatMap((row) => row.voids.map((why) => `- ${row.id}, ${why}`));
  return [
    introduction(report),
    ...groups,
    ...(report.memory.length === 0 ? [] : [memoryTable(report.memory)]),
    ...(report.footprint === null ? [] : [footprintTable(report.footprint)]),
    ...(report.comparison === null || report.comparison.rows.length === 0 ? [] : [comparisonTable(report.comparison)]),
    ...(report.embedded_decision === null
      ? []
      : [`**A decision of the embedded resolver**\n\n\`\`\`text\n${report.embedded_decision.trimEnd()}\n\`\`\``]),
    ...(voids.length === 0 ? [] : [`**Void rounds**\n\n${voids.join("\n")}`]),
  ].join("\n\n");
}

const README_BEGIN = "<!-- bench:begin -->";
const README_END = "<!-- bench:end -->";

/** `readme` with `markdown` in the place of what stands between its markers. Throws when it has none. */
export function replaceInReadme(readme: string, markdown: string): string {
  const begin = readme.indexOf(README_BEGIN);
  const end = readme.indexOf(README_END);
  if (begin < 0 || end < begin) throw new Error(`README.md has no ${README_BEGIN} … ${README_END}`);
  return `${readme.slice(0, begin + README_BEGIN.length)}\n\n${markdown}\n\n${readme.slice(end)}`;
}
