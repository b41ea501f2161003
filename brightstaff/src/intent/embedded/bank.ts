import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";

/** `closing`: nothing is asked. `context`: what is asked stands in earlier messages. */
export type ConceptKind = "task" | "closing" | "context";

/** A kind of request and what is known of it; bank/README.md describes the files. */
export type Concept = {
  readonly name: string;
  readonly kind: ConceptKind;
  readonly descriptions: readonly string[];
  readonly examples: readonly string[];
  /** Names of concepts whose routes may take this one's requests when no route is for it. */
  readonly broader: readonly string[];
};

/** A narrow kind of request within a field: what one route of a support desk may be for. */
export type Intent = Pick<Concept, "name" | "descriptions" | "examples">;

export type Bank = { readonly concepts: readonly Concept[]; readonly intents: readonly Intent[] };

type ConceptFile = {
  kind?: ConceptKind;
  broader?: string[];
  descriptions: string;
  prompts: string;
  instructions?: { about: keyof Passages; before?: string; after?: string };
  passages?: keyof Passages;
};
/** One file a field, intents by their names. */
type IntentFile = Record<string, { descriptions: string; prompts: string }>;

type Passages = { text: string; code: string };

/** With how many different passages each instruction is shown. */
const PASSAGES_PER_INSTRUCTION = 3;

export const bankFolder = path.join(import.meta.dirname, "bank");

/** Concepts and intents in the order of their names. */
export function readBank(folder = bankFolder): Bank {
  const passages = parse(readFileSync(path.join(folder, "passages.yaml"), "utf8")) as Passages;
  const concepts = readFiles(path.join(folder, "concepts")).map(([name, file]) => createConcept(name, file as ConceptFile, passages));
  const intents = readFiles(path.join(folder, "intents")).flatMap(([, file]) =>
    Object.entries(file as IntentFile).map(([name, intent]) => ({
      name,
      descriptions: lines(intent.descriptions),
      examples: lines(intent.prompts),
    })),
  );
  return { concepts, intents: intents.sort((left, right) => (left.name < right.name ? -1 : 1)) };
}

function readFiles(folder: string): [name: string, file: unknown][] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  return files.sort().map((file) => [path.basename(file, ".yaml"), parse(readFileSync(path.join(folder, file), "utf8"))]);
}

function createConcept(name: string, file: ConceptFile, passages: Passages): Concept {
  const { kind = "task", broader = [], instructions } = file;
  const examples = lines(file.prompts);
  if (instructions !== undefined) {
    const subjects = lines(passages[instructions.about]);
    for (const [index, instruction] of lines(instructions.before).entries()) {
      examples.push(instruction, ...pick(subjects, index).map((subject) => `${instruction}\n\n${subject}`));
    }
    for (const [index, instruction] of lines(instructions.after).entries()) {
      examples.push(instruction, ...pick(subjects, index).map((subject) => `${subject}\n\n${instruction}`));
    }
  }
  if (file.passages !== undefined) examples.push(...lines(passages[file.passages]));
  return { name, kind, descriptions: lines(file.descriptions), examples, broader };
}

function lines(text = ""): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** Others for each index, the same on every run. */
function pick(subjects: readonly string[], index: number): string[] {
  return Array.from({ length: PASSAGES_PER_INSTRUCTION }, (_, turn) => subjects[(index * 7 + turn * 11) % subjects.length] ?? "");
}
