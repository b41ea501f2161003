import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { eventStreamOf } from "./event_stream_fixture.ts";
import type { FormatName } from "./facade.ts";

const FIXTURES = path.resolve(import.meta.dirname, "../../test/fixtures");
const GOLDENS = "goldens";

export type FixtureKind = "requests" | "responses" | "streams" | "errors";

export interface Fixture {
  format: FormatName;
  kind: FixtureKind;
  /** Without its extension. */
  name: string;
  text: string;
  /** What is sent: the text, or what it stands for where the format is not one of text. */
  bytes: Uint8Array;
}

/** The fixtures of one kind that are written in a format: test/fixtures/<format>/<kind>/. */
export function fixturesOf(format: FormatName, kind: FixtureKind): Fixture[] {
  const folder = path.join(FIXTURES, format, kind);
  return fs
    .readdirSync(folder)
    .sort()
    .map((file) => {
      const text = fs.readFileSync(path.join(folder, file), "utf8");
      const isBinary = format === "bedrock_converse" && kind === "streams";
      return { format, kind, name: path.parse(file).name, text, bytes: isBinary ? eventStreamOf(text) : Buffer.from(text) };
    });
}

/**
 * What a fixture became in the `target` format must be what its golden says. With UPDATE_GOLDENS=1 the golden becomes what it is now; read
 * the diff.
 */
export function expectGolden(fixture: Fixture, target: FormatName, actual: unknown): void {
  const file = goldenOf(fixture, target);
  const text = `${JSON.stringify(actual, null, 2)}\n`;
  if (process.env.UPDATE_GOLDENS === "1") {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  if (!fs.existsSync(file)) throw new Error(`no golden ${path.relative(FIXTURES, file)}; UPDATE_GOLDENS=1 writes it`);
  expect(text).toBe(fs.readFileSync(file, "utf8"));
}

/** What the fixtures of a kind became in each format. */
export function goldensOf(format: FormatName, kind: FixtureKind): { name: string; target: FormatName; golden: unknown }[] {
  const folder = path.join(FIXTURES, format, GOLDENS, kind);
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder).map((file) => {
    const [name = "", target = ""] = path.parse(file).name.split(".");
    return { name, target: target as FormatName, golden: JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")) };
  });
}

/** Goldens that no fixture has any more. */
export function orphanGoldens(format: FormatName, kind: FixtureKind, targets: readonly FormatName[]): string[] {
  const folder = path.join(FIXTURES, format, GOLDENS, kind);
  if (!fs.existsSync(folder)) return [];
  const wanted = new Set(fixturesOf(format, kind).flatMap((fixture) => targets.map((target) => path.basename(goldenOf(fixture, target)))));
  return fs.readdirSync(folder).filter((file) => !wanted.has(file));
}

function goldenOf({ format, kind, name }: Fixture, target: FormatName): string {
  return path.join(FIXTURES, format, GOLDENS, kind, `${name}.${target}.json`);
}
