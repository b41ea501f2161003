import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import type { Mistake, Path } from "./mistakes.ts";

/** A YAML file as plain values, with its variables filled in, and the way back from a value to its line. */
export type ConfigDocument = {
  readonly value: unknown;
  readonly mistakes: readonly Mistake[];
  /** Values that named a variable which is not set; they are undefined in `value`, where their keys still stand. */
  readonly unset: readonly { readonly path: Path; readonly variable: string }[];
  /** The line, from 1, of the value at `path` or of its closest ancestor that is in the file. */
  lineOf(path: Path): number | undefined;
};

/** YAML aliases expand; past this many a document is refused, so that a small file can't become a huge one. */
const ALIASES_MAX = 100;

/** `$NAME`, `${NAME}`, and `$$` for a dollar sign itself. `$5` is no variable. */
const VARIABLE = /\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/g;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * `env` is null for files in which a dollar sign means nothing.
 *
 * Variables are filled in after parsing, in text values only, so that a secret's own characters can never change the file's structure.
 * A variable that is set but empty counts as unset: `OPENAI_API_KEY=` in an .env file means "no key".
 */
export function readDocument(text: string, env: Env | null): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const mistakes: Mistake[] = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { path: [], wrong: `not valid YAML at line ${line}, column ${col}: ${error.message}` };
  });
  if (mistakes.length > 0) return { value: undefined, mistakes, unset: [], lineOf: () => undefined };

  const missing = new Map<unknown, string>();
  if (env !== null) {
    visit(document, {
      Pair(_, pair) {
        if (isScalar(pair.value)) fillIn(pair.value, env, missing);
      },
      Seq(_, seq) {
        for (const item of seq.items) if (isScalar(item)) fillIn(item, env, missing);
      },
    });
  }
  const unset: { path: Path; variable: string }[] = [];
  if (missing.size > 0) collectUnset(document.contents, [], missing, unset);

  const lineOf = (path: Path): number | undefined => {
    for (let length = path.length; length > 0; length--) {
      const offset = keyOffset(document.contents, path.slice(0, length));
      if (offset !== undefined) return lines.linePos(offset).line;
    }
    return undefined;
  };
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
    for (const { path } of unset) setAt(value, path, undefined);
    return { value, mistakes, unset, lineOf };
  } catch (error) {
    return { value: undefined, mistakes: [{ path: [], wrong: `not usable YAML: ${(error as Error).message}` }], unset, lineOf };
  }
}

function fillIn(scalar: { value: unknown }, env: Env, missing: Map<unknown, string>): void {
  if (typeof scalar.value !== "string" || !scalar.value.includes("$")) return;
  scalar.value = scalar.value.replace(VARIABLE, (whole, plain: string | undefined, braced: string | undefined) => {
    const name = plain ?? braced;
    if (name === undefined) return whole === "$$" ? "$" : whole;
    const value = env[name];
    if (value === undefined || value === "") {
      missing.set(scalar, name);
      return "";
    }
    return value;
  });
}

function collectUnset(node: unknown, path: Path, missing: ReadonlyMap<unknown, string>, unset: { path: Path; variable: string }[]): void {
  if (isMap(node)) {
    for (const pair of node.items) {
      const keyPath = [...path, String(isScalar(pair.key) ? pair.key.value : pair.key)];
      const variable = missing.get(pair.value);
      if (variable === undefined) collectUnset(pair.value, keyPath, missing, unset);
      else unset.push({ path: keyPath, variable });
    }
  } else if (isSeq(node)) {
    node.items.forEach((item, index) => {
      const variable = missing.get(item);
      if (variable === undefined) collectUnset(item, [...path, index], missing, unset);
      else unset.push({ path: [...path, index], variable });
    });
  }
}

function keyOffset(contents: unknown, path: Path): number | undefined {
  let node: unknown = contents;
  let offset: number | undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((candidate) => isScalar(candidate.key) && String(candidate.key.value) === String(part));
      if (pair === undefined) return undefined;
      offset = (pair.key as Node).range?.[0];
      node = pair.value;
    } else if (isSeq(node) && typeof part === "number") {
      const item = node.items[part] as Node | undefined;
      if (item === undefined) return undefined;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else return undefined;
  }
  return offset;
}

/** Removes the value at `path` from plain data. An array keeps its length, so that the paths of its other items stay true. */
export function removeAt(value: unknown, path: Path): void {
  const holder = holderOf(value, path);
  const last = path.at(-1) as string | number;
  if (Array.isArray(holder)) holder[last as number] = undefined;
  else if (holder !== undefined) delete holder[last];
}

function setAt(value: unknown, path: Path, item: unknown): void {
  const holder = holderOf(value, path);
  if (holder !== undefined) holder[path.at(-1) as string | number] = item;
}

function holderOf(value: unknown, path: Path): Record<string | number, unknown> | undefined {
  let holder = value;
  for (const part of path.slice(0, -1)) {
    if (typeof holder !== "object" || holder === null) return undefined;
    holder = (holder as Record<string | number, unknown>)[part];
  }
  const isHolder = path.length > 0 && typeof holder === "object" && holder !== null;
  return isHolder ? (holder as Record<string | number, unknown>) : undefined;
}
