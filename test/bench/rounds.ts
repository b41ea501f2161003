// Rounds of a group of rows: all rows in turns within each round, and each second round the other way round. What a busy machine gives a process
// drifts within seconds, so plain Envoy is measured right before and right after each other row, and the ratio is one to the mean of these two. Each round has processes of its own: where in memory a process happens to
// lie makes it up to a tenth faster or slower for as long as it lives, plain Envoy as well.

import { type Load, type Measurement, measure } from "./measure.ts";
import type { LoadClient } from "./processes.ts";
import { type Figures, figuresOf, type RoundSize, type Row, type SubjectName } from "./rows.ts";
import type { Subject } from "./subjects.ts";

export interface RowResult {
  row: Row;
  /** By round. */
  rounds: Figures[];
  /** By round, Envoy's CPU time (µs a unit) in the row's base, measured right before and after; NaN where a measurement was void, or has no base. */
  beside: number[];
  /** Why rounds were void, one sentence each. */
  voids: string[];
}

export interface Subjects {
  of: ReadonlyMap<SubjectName, Subject>;
  close(): Promise<void>;
}

export interface RoundsOptions {
  rows: readonly Row[];
  start(): Promise<Subjects>;
  client: LoadClient;
  size: RoundSize;
  rounds: number;
  onProgress(line: string): void;
}

/** Other processes come and go: paced streams that lost their pace are sent again before their round is void. */
const PACE_TRIES_MAX = 3;

async function measureInPace(client: LoadClient, subject: Subject, load: Load): Promise<Measurement> {
  for (let tries = 1; ; tries++) {
    const measured = await measure(client, subject, load);
    if (!measured.pace_lost || tries === PACE_TRIES_MAX) return measured;
  }
}

export async function runRounds({ rows, start, client, size, rounds, onProgress }: RoundsOptions): Promise<RowResult[]> {
  const results = rows.map((row): RowResult => ({ row, rounds: [], beside: [], voids: [] }));
  for (let round = 1; round <= rounds; round++) {
    const subjects = await start();
    const subjectOf = (row: Row) => subjects.of.get(row.subject) as Subject;
    const figuresNow = async (row: Row): Promise<[Figures, string | null]> => {
      const load = row.load(size);
      const measured = await measureInPace(client, subjectOf(row), load);
      return [figuresOf(load, measured), measured.void_because];
    };
    try {
      for (const { row, voids } of results) {
        onProgress(`warm-up ${round}/${rounds} ${row.id}`);
        const { void_because } = await measure(client, subjectOf(row), row.warmUp(size));
        if (void_because !== null) voids.push(`warm-up ${round}: ${void_because}`);
      }
      // The base that was measured last, as it may stand before one row and after another.
      let last: { row: Row; cpu_us: number } | null = null;
      const baseNow = async (row: Row): Promise<number> => {
        const [{ envoy_cpu_us: cpu_us }] = await figuresNow(row);
        last = { row, cpu_us };
        return cpu_us;
      };
      for (const result of round % 2 === 1 ? results : results.toReversed()) {
        const { row } = result;
        const base = rows.find(({ id }) => id === row.base && row.group !== "routed");
        const before = base === undefined ? Number.NaN : (cpuOf(last, base) ?? (await baseNow(base)));
        const [figures, void_because] = await figuresNow(row);
        last = row.base === null ? { row, cpu_us: figures.envoy_cpu_us } : null;
        const after = base === undefined ? Number.NaN : await baseNow(base);
        result.rounds.push(figures);
        result.beside.push((before + after) / 2);
        if (void_because !== null) result.voids.push(`round ${round}: ${void_because}`);
        onProgress(`round ${round}/${rounds} ${row.id}: ${void_because ?? `${figures.envoy_cpu_us.toFixed(1)} µs of Envoy's CPU`}`);
      }
    } finally {
      await subjects.close();
    }
  }
  return results;
}

function cpuOf(measured: { row: Row; cpu_us: number } | null, row: Row): number | null {
  return measured?.row === row ? measured.cpu_us : null;
}
