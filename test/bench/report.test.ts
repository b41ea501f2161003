import { describe, expect, it } from "vitest";
import { type Report, replaceInReadme, reportRows, writeMarkdown } from "./report.ts";
import type { RowResult } from "./rounds.ts";
import { type Figures, LONG_ROWS, WHOLE_ROWS } from "./rows.ts";

function figures(envoy_cpu_us: number): Figures {
  return { envoy_cpu_us, brightstaff_cpu_us: 0, per_s: 1e6 / envoy_cpu_us, latency_p50_ms: 1, latency_p99_ms: 2, gap_p99_ms: Number.NaN };
}

function result(id: string, cpu: number[], beside: number[] = [], voids: string[] = []): RowResult {
  const row = [...WHOLE_ROWS, ...LONG_ROWS].find((one) => one.id === id);
  if (row === undefined) throw new Error(`no row ${id}`);
  return { row, rounds: cpu.map(figures), beside: beside.map(figures), voids };
}

function markdownOf(results: RowResult[]): string {
  const machine = { cpu: "a CPU", cores: 2, kernel: "6", node: "24", envoy: "1.40.0", pinned_to: 0 };
  const empty = { memory: [], footprint: null, comparison: null, embedded_decision: null };
  const report: Report = {
    created_at: "2026-11-20T10:00:00Z",
    command: "npm run bench",
    machine,
    filter: { file: "llm_gateway.wasm", bytes: 201_332 },
    rows: reportRows(results),
    ...empty,
  };
  return writeMarkdown(report);
}

describe("reportRows", () => {
  it("relates the gateway to what plain Envoy took right beside it, round by round", () => {
    const rows = reportRows([
      result("whole/plain/openai_chat", [1000, 1000, 1000]),
      result("whole/gateway/openai_chat-openai_chat", [60, 120, 64], [40, 80, 40]),
    ]);
    expect(rows.map((row) => row.ratio)).toEqual([null, { median: 1.5, min: 1.5, max: 1.6 }]);
  });

  it("counts a round as valid, without a ratio, when what stood beside it was void", () => {
    const [row] = reportRows([result("whole/gateway/openai_chat-openai_chat", [60, 90], [30, Number.NaN])]);
    expect(row).toMatchObject({ valid_rounds: 2, ratio: { median: 2, min: 2, max: 2 } });
  });

  it("counts only rounds that are not void", () => {
    const voids = ["round 1: 3 of 10 replies were wrong: status 502"];
    const [row] = reportRows([result("whole/gateway/openai_chat-openai_chat", [Number.NaN, 60], [40, 40], voids)]);
    expect(row).toMatchObject({ valid_rounds: 1, ratio: { median: 1.5 } });
  });
});

describe("writeMarkdown", () => {
  it("shows figures, ratios, spread and limits in one table", () => {
    const text = markdownOf([
      result("whole/plain/openai_chat", [40, 50]),
      result("whole/gateway/openai_chat-anthropic_messages", [80, 110], [40, 50]),
    ]);
    expect(text.split("\n").find((line) => line.startsWith("| plain Envoy, OpenAI"))).toMatch(/\| 0\.0450 +\| 1 +\| +\| 22500/);
    expect(text.split("\n").find((line) => line.startsWith("| OpenAI → Anthropic"))).toMatch(
      /\| 0\.0950 +\| 2\.10 \(2\.00 to 2\.20\) +\| 1\.9 +\| 10795/,
    );
  });

  it("shows by how much more a figure is than what stood beside it, whatever plain Envoy's own row says", () => {
    const text = markdownOf([
      result("long/plain/openai_chat", [40]),
      result("long/gateway/openai_chat-gemini", [180, 250, 230], [60, 80, 70]),
    ]);
    expect(text.split("\n").find((line) => line.startsWith("| OpenAI → Gemini"))).toMatch(/\| 230 +\| 160 +\| 400 +\| 3\.13/);
  });

  it("says void, and why, rather than a figure", () => {
    const voids = ["round 1: 3 of 10 replies were wrong: status 502"];
    const text = markdownOf([
      result("whole/plain/openai_chat", [40]),
      result("whole/gateway/openai_chat-openai_chat", [Number.NaN], [40], voids),
    ]);
    expect(text.split("\n").find((line) => line.startsWith("| OpenAI → OpenAI"))).toMatch(/\| void +\| void/);
    expect(text).toContain(`- whole/gateway/openai_chat-openai_chat, ${voids[0]}`);
  });
});

describe("replaceInReadme", () => {
  it("replaces what stands between the markers, and nothing else", () => {
    const readme = "before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n";
    const once = replaceInReadme(readme, "new");
    expect(once).toBe("before\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\nafter\n");
    expect(replaceInReadme(once, "new")).toBe(once);
  });

  it("says when there is no place for it", () => {
    expect(() => replaceInReadme("nothing here", "new")).toThrow("bench:begin");
  });
});
