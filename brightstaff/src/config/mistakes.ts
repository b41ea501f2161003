/** Where a value stands in the config: keys and array indexes from the top. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with the config, said so that it can be put right without reading the source. */
export type Mistake = {
  readonly path: Path;
  /** What is wrong. Never holds a value that may be a secret. */
  readonly wrong: string;
  /** What would be right. */
  readonly expected?: string;
};

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** `model_providers[2].headers["X-Org/Team"]`; the empty path, the whole file, is `(top level)`. */
export function formatPath(path: Path): string {
  if (path.length === 0) return "(top level)";
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (!PLAIN_KEY.test(part)) text += `[${JSON.stringify(part)}]`;
    else text += text === "" ? part : `.${part}`;
  }
  return text;
}

/** One line: file (with the line when it is known), path, what is wrong, what would be right. */
export function formatMistake(file: string, mistake: Mistake, line?: number): string {
  return `${line === undefined ? file : `${file}:${line}`}: ${describeMistake(mistake)}`;
}

/** The same without the file. */
export function describeMistake({ path, wrong, expected }: Mistake): string {
  return `${formatPath(path)}: ${wrong}${expected === undefined ? "" : `; expected ${expected}`}`.replaceAll("\n", " ");
}

export function isUnder(path: Path, ancestor: Path): boolean {
  return ancestor.length <= path.length && ancestor.every((part, index) => part === path[index]);
}

/** The known word that was most likely meant, or undefined when none is close. */
export function closest(word: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `"a", "b" or "c"`, shortened when long; the closest to `word` is put forward when there is one. */
export function expectedName(word: string, known: Iterable<string>): string {
  const names = [...known];
  const meant = closest(word, names);
  if (meant !== undefined) return `${JSON.stringify(meant)} (did you mean that?)`;
  return oneOf(names);
}

const NAMES_LISTED_MAX = 12;

export function oneOf(names: readonly string[]): string {
  if (names.length === 0) return "none, as nothing of the kind is configured";
  if (names.length === 1) return JSON.stringify(names[0]);
  const listed = names.slice(0, NAMES_LISTED_MAX).map((name) => JSON.stringify(name));
  const more = names.length - listed.length;
  return `one of ${listed.join(", ")}${more > 0 ? ` (and ${more} more)` : ""}`;
}

/** Insertions, deletions, replacements and swaps of neighbours, each counted once (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, (beforePrevious[j - 2] ?? 0) + 1);
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
