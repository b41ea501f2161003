import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const ASSEMBLY = path.resolve(import.meta.dirname, "../assembly");
const FORMAT_NAMES = fs
  .readdirSync(path.join(ASSEMBLY, "formats"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

interface Import {
  file: string;
  target: string;
}

/** Every import below a folder, both ends as paths from assembly/ without extension. */
function importsOf(folder: string): Import[] {
  return sourcesOf(folder).flatMap((file) => {
    const text = fs.readFileSync(path.join(ASSEMBLY, file), "utf8");
    return [...text.matchAll(/from "(\.[^"]+)"/g)].map(([, target]) => ({ file, target: path.join(path.dirname(file), target ?? "") }));
  });
}

function sourcesOf(folder: string): string[] {
  return fs
    .readdirSync(path.join(ASSEMBLY, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.join(folder, file));
}

/** The layers from the lowest up: each may import itself and those before it. */
const LAYERS = ["bytes", "json", "stream", "canonical"];

describe("layers", () => {
  test.each(LAYERS.map((layer, index) => [layer, LAYERS.slice(0, index + 1)] as const))(
    "%s imports nothing above itself",
    (layer, allowed) => {
      const wrong = importsOf(layer).filter(({ target }) => !allowed.some((one) => target.startsWith(`${one}/`)));
      expect(wrong).toEqual([]);
    },
  );

  test.each(FORMAT_NAMES)("the format %s imports no other and no registry", (name) => {
    const allowed = [...LAYERS, `formats/${name}`];
    const wrong = importsOf(`formats/${name}`).filter(({ target }) => !allowed.some((one) => target.startsWith(`${one}/`)));
    expect(wrong).toEqual([]);
  });

  test("only the registry names formats", () => {
    const wrong = importsOf(".").filter(
      ({ file, target }) => target.startsWith("formats/") && !file.startsWith("formats/") && target !== "formats/registry",
    );
    expect(wrong).toEqual([]);
    const registered = importsOf("formats")
      .filter(({ file }) => file === "formats/registry.ts")
      .map(({ target }) => target);
    for (const name of FORMAT_NAMES) expect(registered).toContain(`formats/${name}/format`);
  });

  test("roles use the formats through the facade alone", () => {
    const wrong = importsOf("roles").filter(
      ({ target }) => target.startsWith("formats/") || target.startsWith("canonical/") || target.startsWith("stream/"),
    );
    expect(wrong).toEqual([]);
  });
});

test.each(["bytes", "json", "stream"])("%s knows no provider", (layer) => {
  for (const file of sourcesOf(layer)) {
    const text = fs.readFileSync(path.join(ASSEMBLY, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "");
    expect(text).not.toMatch(/openai|anthropic|claude|gpt|gemini|bedrock/i);
  }
});

test.each(FORMAT_NAMES)("the format %s has its fixtures", (name) => {
  const fixtures = path.resolve(ASSEMBLY, "../../test/fixtures", name);
  // What clients are not offered has no requests of theirs.
  const format = fs.readFileSync(path.join(ASSEMBLY, "formats", name, "format.ts"), "utf8");
  const kinds = format.includes("extends ProviderFormat") ? [] : ["requests"];
  if (!format.includes("new NoStreamReader")) kinds.push("streams");
  for (const kind of [...kinds, "responses", "errors"]) expect(fs.readdirSync(path.join(fixtures, kind)).length).toBeGreaterThan(0);
});
