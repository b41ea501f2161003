import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * What an evaluation has found so far, one JSON line each, so that it can be ended at any moment and gone on with. `made` says what is
 * evaluated, and how: a journal of something else is begun anew.
 */
export class Journal {
  readonly #file: string;
  readonly #found = new Map<string, unknown>();

  constructor(file: string, made: string) {
    this.#file = file;
    mkdirSync(path.dirname(file), { recursive: true });
    const [first, ...lines] = readLines(file);
    if (first === undefined || (first as { made?: unknown }).made !== made) {
      writeFileSync(file, `${JSON.stringify({ made })}\n`);
      return;
    }
    for (const line of lines) {
      const { key, value } = line as { key: string; value: unknown };
      this.#found.set(key, value);
    }
    // What a killed run wrote of its last line would otherwise run into the next one.
    writeFileSync(file, [first, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  get size(): number {
    return this.#found.size;
  }

  /** For a run that is complete. */
  remove(): void {
    rmSync(this.#file, { force: true });
  }

  /** What was found for `key` before, or else what `find` finds now. What it rejects with is not written: the next run tries again. */
  async once<Value>(key: string, find: () => Promise<Value>): Promise<Value> {
    if (this.#found.has(key)) return this.#found.get(key) as Value;
    const value = await find();
    this.#found.set(key, value);
    appendFileSync(this.#file, `${JSON.stringify({ key, value })}\n`);
    return value;
  }
}

/** Its whole lines: the last may be the half of one. */
function readLines(file: string): unknown[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
