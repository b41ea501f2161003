// Rounds of a group of rows: all rows in turns within each round, and each second round the other way round. What a busy machine gives a process
// drifts within seconds, so plain Envoy is measured right before and right after each other row, which is set against the mean of these two. Each round has processes of its own: where in memory a process happens to
// lie makes it up to a tenth faster or slower for as long as it lives, plain Envoy as well.

import { type Load, type Measurement, measure } from "./measure.ts";
import type { LoadClient } from "./processes.ts";
import { type Figures, figuresOf, meanOf, type RoundSize, type Row, type SubjectName } from "./rows.ts";
import type { Subject } from "./subjects.ts";

export interface RowResult {
  row: Row;
  /** By round. */
  rounds: Figures[];
  /** By round, the row's base as it was right before and right after, its mean; NaN where a measurement was void. Empty for a row without a base. */
  beside: Figures[];
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
      let last: { row: Row; figures: Figures } | null = null;
      const baseNow = async (row: Row): Promise<Figures> => {
        const [figures] = await figuresNow(row);
        last = { row, figures };
        return figures;
      };
      for (const result of round % 2 === 1 ? results : results.toReversed()) {
        const { row } = result;
        const base = rows.find(({ id }) => id === row.base);
        const before = base && (figuresIn(last, base) ?? (await baseNow(base)));
        const [figures, void_because] = await figuresNow(row);
        last = row.base === null ? { row, figures } : null;
        result.rounds.push(figures);
        if (base && before) result.beside.push(meanOf(before, await baseNow(base)));
        if (void_because !== null) result.voids.push(`round ${round}: ${void_because}`);
        onProgress(`round ${round}/${rounds} ${row.id}: ${void_because ?? `${figures.envoy_cpu_us.toFixed(1)} µs of Envoy's CPU`}`);
      }
    } finally {
      await subjects.close();
    }
  }
  return results;
}

function figuresIn(measured: { row: Row; figures: Figures } | null, row: Row): Figures | null {
  return measured?.row === row ? measured.figures : null;
}
