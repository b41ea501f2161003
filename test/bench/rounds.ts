// Rounds of a group of rows: all rows in turns within each round, and each second round the other way round, so that what drifts
// (the clock, another process) meets plain Envoy and the gateway alike. Each round has processes of its own: where in memory a process happens to
// lie makes it up to a tenth faster or slower for as long as it lives, plain Envoy as well.

import { type Load, type Measurement, measure } from "./measure.ts";
import type { LoadClient } from "./processes.ts";
import { type Figures, figuresOf, type RoundSize, type Row, type SubjectName } from "./rows.ts";
import type { Subject } from "./subjects.ts";

export interface RowResult {
  row: Row;
  /** By round. */
  rounds: Figures[];
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
  const results = rows.map((row): RowResult => ({ row, rounds: [], voids: [] }));
  for (let round = 1; round <= rounds; round++) {
    const subjects = await start();
    const subjectOf = (row: Row) => subjects.of.get(row.subject) as Subject;
    try {
      for (const { row, voids } of results) {
        onProgress(`warm-up ${round}/${rounds} ${row.id}`);
        const { void_because } = await measure(client, subjectOf(row), row.warmUp(size));
        if (void_because !== null) voids.push(`warm-up ${round}: ${void_because}`);
      }
      for (const result of round % 2 === 1 ? results : results.toReversed()) {
        const { row } = result;
        const load = row.load(size);
        const measured = await measureInPace(client, subjectOf(row), load);
        const figures = figuresOf(load, measured);
        result.rounds.push(figures);
        if (measured.void_because !== null) result.voids.push(`round ${round}: ${measured.void_because}`);
        onProgress(
          `round ${round}/${rounds} ${row.id}: ${measured.void_because ?? `${figures.envoy_cpu_us.toFixed(1)} µs of Envoy's CPU`}`,
        );
      }
    } finally {
      await subjects.close();
    }
  }
  return results;
}
