// How this report's ratios stand to those of the last one: absolute times say more of the machine than of the code.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "./report.ts";

export interface Comparison {
  /** When the other report was made. */
  with: string;
  rows: { id: string; title: string; before: number; now: number }[];
}

/** The last report of a folder of reports, by name; null in an empty one. */
export function lastReport(folder: string): Report | null {
  const last = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .at(-1);
  return last === undefined ? null : (JSON.parse(readFileSync(join(folder, last), "utf8")) as Report);
}

/** The rows that have a ratio in both. */
export function compare(report: Pick<Report, "rows">, before: Pick<Report, "rows" | "created_at">): Comparison {
  const rows = report.rows.flatMap(({ id, title, ratio }) => {
    const other = before.rows.find((row) => row.id === id)?.ratio;
    return ratio === null || other == null ? [] : [{ id, title, before: other.median, now: ratio.median }];
  });
  return { with: before.created_at, rows };
}
