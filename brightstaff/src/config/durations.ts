const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration in the form that config/schema.json admits: `500ms`, `0.005s`, `30s`, `5m`, `1h`. */
export function readDuration_ms(text: string): number {
  const [, amount, unit] = /^([0-9.]+)(ms|s|m|h)$/.exec(text) ?? [];
  return Math.round(Number(amount) * (UNIT_MS[unit ?? ""] ?? Number.NaN));
}
