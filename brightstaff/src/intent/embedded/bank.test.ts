import { describe, expect, it } from "vitest";
import { readLabelledPresets } from "../../eval/presets.ts";
import { readBank } from "./bank.ts";

const { concepts, intents } = readBank();
const bank = [...concepts, ...intents];

describe("the concept bank", () => {
  it("has descriptions and enough examples for every concept", () => {
    const undescribed = [...concepts.filter(({ kind }) => kind === "task"), ...intents].filter(
      ({ descriptions }) => descriptions.length === 0,
    );
    expect([...bank.filter(({ examples }) => examples.length < 10), ...undescribed].map(({ name }) => name)).toEqual([]);
  });

  it("names broader concepts that exist", () => {
    const names = new Set(concepts.map(({ name }) => name));
    expect(concepts.flatMap(({ broader }) => broader).filter((name) => !names.has(name))).toEqual([]);
  });

  it("names every kind of request once", () => {
    expect(new Set(bank.map(({ name }) => name)).size).toBe(bank.length);
  });

  it("gives no example to two concepts", () => {
    const owners = new Map<string, string[]>();
    for (const { name, examples } of bank) {
      for (const example of examples) owners.set(example.toLowerCase(), [...(owners.get(example.toLowerCase()) ?? []), name]);
    }
    expect([...owners].filter(([, names]) => names.length > 1)).toEqual([]);
  });

  it("holds none of the prompts that the presets are measured by", async () => {
    const known = new Set(bank.flatMap(({ examples }) => examples.map(plain)));
    const prompts = (await readLabelledPresets()).flatMap(({ items }) =>
      items.flatMap(({ messages }) => messages.map(({ content }) => content)),
    );
    // A bare greeting or thanks can be said in only so many ways.
    expect(prompts.filter((prompt) => prompt.length > 25 && known.has(plain(prompt)))).toEqual([]);
  });

  it("pairs instructions with subjects, before and after", () => {
    const { examples = [] } = concepts.find(({ name }) => name === "translation") ?? {};
    expect(examples.filter((example) => example.startsWith("Translate to German:\n\n"))).toHaveLength(3);
    expect(examples.filter((example) => example.endsWith("\n\nTranslate that to Polish."))).toHaveLength(3);
  });
});

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
