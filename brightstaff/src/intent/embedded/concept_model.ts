import { createHash, randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Bank, type Concept, type Intent, readBank } from "./bank.ts";
import { classify, type Example, TRAINING, train, type Weights } from "./classifier.ts";
import type { Encoder } from "./encoder.ts";
import { mean } from "./vectors.ts";

/** What the bank's concepts look like to the encoder. */
export type ConceptModel = {
  readonly concepts: readonly Concept[];
  /** By concept, the embeddings of its descriptions. */
  readonly descriptions: readonly (readonly Float32Array[])[];
  /** The mean embedding of all examples: what any request has in common. */
  readonly average: Float32Array;
  /** By concept, how probable it is that an embedding is one of its requests. */
  classify(embedding: Float32Array): Float32Array;
  readonly intents: IntentModel;
};

/** The same of the bank's intents, which are told apart by a classifier of their own: whether there are many or few changes nothing for the concepts. */
export type IntentModel = {
  readonly intents: readonly Intent[];
  /** By intent, the embeddings of its descriptions. */
  readonly descriptions: readonly (readonly Float32Array[])[];
  /** By intent, how probable it is that an embedding is one of its requests; the last is for none of them. */
  classify(embedding: Float32Array): Float32Array;
};

/** Called with what is being done and the share of it that is done, while a model is made; never when one is there. */
export type Progress = (step: string, share: number) => void;

/** Concepts whose requests an intent may be a kind of, so that their examples do not teach that a request is of no intent. */
const FIELDS = new Set(["banking", "credit-cards", "customer-support", "troubleshooting", "travel", "work-and-payroll", "health-and-law"]);

type Store = { file: string; key: string };
type Descriptions = Float32Array[][];
type Learnt = {
  concepts: { weights: Weights; descriptions: Descriptions };
  intents: { weights: Weights; descriptions: Descriptions };
  average: Float32Array;
};

/**
 * The model for the bank as it is now: from the model folder when it was made before, else made (some seconds) and kept there.
 * A folder that can't be written to costs those seconds at every start, nothing else.
 */
export async function loadConceptModel(encoder: Encoder, modelDir: string, progress: Progress = () => {}): Promise<ConceptModel> {
  const bank = readBank();
  const manifest = await readFile(path.join(modelDir, "manifest.json"), "utf8");
  const { head_tokens, tail_tokens } = encoder.settings;
  const madeFrom = JSON.stringify([bank, manifest, head_tokens, tail_tokens, TRAINING, [...FIELDS]]);
  const key = createHash("sha256").update(madeFrom).digest("hex");
  // Named by what it was made from: two versions of the gateway that share the folder each have their own.
  const store = { file: path.join(modelDir, `concepts-${key.slice(0, 12)}.json`), key };
  const learnt = (await read(store)) ?? (await learn(encoder, bank, store, progress));
  return {
    concepts: bank.concepts,
    descriptions: learnt.concepts.descriptions,
    average: learnt.average,
    classify: (embedding) => classify(learnt.concepts.weights, embedding),
    intents: {
      intents: bank.intents,
      descriptions: learnt.intents.descriptions,
      classify: (embedding) => classify(learnt.intents.weights, embedding),
    },
  };
}

async function learn(encoder: Encoder, { concepts, intents }: Bank, store: Store, progress: Progress): Promise<Learnt> {
  const total = concepts.length + intents.length;
  const reading = (index: number, name: string): void => progress(`reading examples: ${name}`, index / total);
  const known = await embed(encoder, concepts, (index, name) => reading(index, name));
  const narrow = await embed(encoder, intents, (index, name) => reading(concepts.length + index, name));
  progress("training", 1);
  // What is a request of another field entirely is what no intent is for.
  const others = known.examples.filter(({ label }) => !FIELDS.has(concepts[label]?.name ?? ""));
  const background = others.map(({ embedding }) => ({ embedding, label: intents.length }));
  const learnt: Learnt = {
    concepts: { weights: train(known.examples, concepts.length), descriptions: known.descriptions },
    intents: { weights: train([...narrow.examples, ...background], intents.length + 1), descriptions: narrow.descriptions },
    average: mean(known.examples.map(({ embedding }) => embedding)),
  };
  await write(store, learnt);
  return learnt;
}

/** Examples are labelled with the index of what they belong to. */
async function embed(
  encoder: Encoder,
  kinds: readonly Intent[],
  reading: (index: number, name: string) => void,
): Promise<{ examples: Example[]; descriptions: Descriptions }> {
  const never = new AbortController().signal;
  const examples: Example[] = [];
  const descriptions: Descriptions = [];
  for (const [label, kind] of kinds.entries()) {
    reading(label, kind.name);
    for (const example of kind.examples) examples.push({ embedding: await encoder.embed(example, never), label });
    descriptions.push(await Promise.all(kind.descriptions.map((description) => encoder.embed(description, never))));
  }
  return { examples, descriptions };
}

/** Null when there is none, or one of another bank. */
async function read({ file, key }: Store): Promise<Learnt | null> {
  try {
    const stored = JSON.parse(await readFile(file, "utf8"), (_, value) =>
      typeof value?.floats === "string" ? decode(value.floats) : value,
    );
    return stored.key === key ? stored : null;
  } catch {
    return null;
  }
}

async function write({ file, key }: Store, learnt: Learnt): Promise<void> {
  const stored = JSON.stringify({ key, ...learnt }, (_, value) => (value instanceof Float32Array ? { floats: encode(value) } : value));
  const part = `${file}.${randomUUID()}.part`;
  try {
    await writeFile(part, stored);
    await rename(part, file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "EACCES" && code !== "EROFS" && code !== "EPERM") throw error;
  }
}

function encode(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

function decode(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
