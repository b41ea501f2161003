import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compare, lastReport } from "./comparison.ts";
import type { ReportRow } from "./report.ts";

function row(id: string, median: number | null): ReportRow {
  const ratio = median === null ? null : { median, min: median, max: median };
  return { id, group: "whole", title: id, base: null, rounds: [], beside: [], valid_rounds: 1, voids: [], ratio, ratio_max: null };
}

it("compares the rows that both reports have a ratio of", () => {
  const before = { created_at: "2026-11-01T00:00:00Z", rows: [row("a", 2), row("b", null), row("c", 1.5)] };
  const rows = [row("a", 1.8), row("b", 1), row("d", 1)];
  expect(compare({ rows }, before)).toEqual({ with: before.created_at, rows: [{ id: "a", title: "a", before: 2, now: 1.8 }] });
});

it("takes the last report of a folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "reports-"));
  expect(lastReport(folder)).toBeNull();
  for (const day of ["2026-11-02", "2026-11-10", "2026-11-09"])
    writeFileSync(join(folder, `${day}.json`), JSON.stringify({ created_at: day }));
  writeFileSync(join(folder, "2026-11-10.md"), "");
  expect(lastReport(folder)?.created_at).toBe("2026-11-10");
  rmSync(folder, { recursive: true });
});
