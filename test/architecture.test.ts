// The invariants of ARCHITECTURE.md that the sources themselves can be asked for.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readProviders } from "../brightstaff/src/config/data_files.ts";

const REPO = path.resolve(import.meta.dirname, "..");

type Source = { readonly file: string; readonly text: string; readonly imports: readonly string[] };

/** The TypeScript files below a folder of the repo, by their paths in it, with what they import. */
function sourcesIn(folder: string): Source[] {
  const names = readdirSync(path.join(REPO, folder), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((file) => {
      const text = readFileSync(path.join(REPO, folder, file), "utf8");
      const imports = [...text.matchAll(/^(?:import|export|\}) .*?from "([^"]+)"/gm)].map((match) => match[1] as string);
      return { file, text, imports };
    });
}

/** "roles", "formats/openai_chat", or the file itself for one at the top. */
function layerOf(file: string): string {
  const parts = file.split("/");
  return parts.slice(0, parts[0] === "formats" && parts.length > 2 ? 2 : 1).join("/");
}

const filterSources = sourcesIn("filter/assembly");

/** What each layer of the filter may import beside itself. */
function mayImport(layer: string): RegExp {
  switch (layer) {
    case "bytes":
      return /^$/;
    case "json":
    case "stream":
    case "host":
      return /^bytes$/;
    case "canonical":
      return /^(bytes|json)$/;
    case "formats": // the registry
      return /^(bytes|canonical|formats\/\w+)$/;
    case "stream_translator.ts":
    case "translation.ts":
      return /^(bytes|json|stream|canonical|formats|stream_translator)$/;
    case "roles":
      return /^(bytes|json|host|translation)$/;
    case "index.ts":
      return /^(host|roles)$/;
    default:
      expect(layer).toMatch(/^formats\/\w+$/);
      return /^(bytes|json|stream|canonical)$/;
  }
}

test("the filter's layers import downwards only, and formats never each other", () => {
  const wrong = filterSources.flatMap(({ file, imports }) => {
    const layer = layerOf(file);
    const others = imports.filter((name) => name.startsWith(".")).map((name) => layerOf(path.posix.join(path.posix.dirname(file), name)));
    return others.filter((other) => other !== layer && !mayImport(layer).test(other)).map((other) => `${file} imports ${other}`);
  });
  expect(wrong).toEqual([]);
  expect(new Set(filterSources.map(({ file }) => layerOf(file))).size).toBeGreaterThan(8);
});

test("only the filter's host layer calls Envoy", () => {
  const callers = filterSources.filter(({ imports }) => imports.some((name) => !name.startsWith(".")));
  expect(new Set(callers.map(({ file }) => layerOf(file)))).toEqual(new Set(["host"]));
});

test("no provider is known to the filter, nor to brightstaff outside of its demo providers", () => {
  const { byId } = readProviders(path.join(REPO, "config/providers"));
  // Servers of one's own are at this machine's own address, which others may name too.
  const urls = [...byId.values()].flatMap(({ base_url }) => base_url ?? []).filter((url) => url.startsWith("https:"));
  const hosts = urls.map((url) => new URL(url).host);
  expect(hosts).toContain("api.openai.com");
  const brightstaff = sourcesIn("brightstaff/src").filter(({ file }) => !file.startsWith("demo_providers/"));
  const knowing = [...filterSources, ...brightstaff].filter(({ text }) => hosts.some((host) => text.includes(host)));
  expect(knowing.map(({ file }) => file)).toEqual([]);
});

test("ranking does no I/O and reads no clock", () => {
  const sources = sourcesIn("brightstaff/src/ranking");
  expect(sources.map(({ file }) => file)).toContain("rank.ts");
  for (const { file, text, imports } of sources) {
    expect(text, file).not.toMatch(/\b(Date|performance|fetch|process|await)\b/);
    expect(
      imports.filter((name) => !name.startsWith(".")),
      file,
    ).toEqual([]);
  }
});
