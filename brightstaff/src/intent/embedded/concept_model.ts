import { createHash, randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Concept, readBank } from "./bank.ts";
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
};

/** Called with what is being done and the share of it that is done, while a model is made; never when one is there. */
export type Progress = (step: string, share: number) => void;

type Store = { file: string; key: string };
type Learnt = { weights: Weights; descriptions: Float32Array[][]; average: Float32Array };

/**
 * The model for the bank as it is now: from the model folder when it was made before, else made (some seconds) and kept there.
 * A folder that can't be written to costs those seconds at every start, nothing else.
 */
export async function loadConceptModel(encoder: Encoder, modelDir: string, progress: Progress = () => {}): Promise<ConceptModel> {
  const concepts = readBank();
  const manifest = await readFile(path.join(modelDir, "manifest.json"), "utf8");
  const { head_tokens, tail_tokens } = encoder.settings;
  const madeFrom = JSON.stringify([concepts, manifest, head_tokens, tail_tokens, TRAINING]);
  const store = { file: path.join(modelDir, "concepts.json"), key: createHash("sha256").update(madeFrom).digest("hex") };
  const learnt = (await read(store)) ?? (await learn(encoder, concepts, store, progress));
  return { concepts, ...learnt, classify: (embedding) => classify(learnt.weights, embedding) };
}

async function learn(encoder: Encoder, concepts: readonly Concept[], store: Store, progress: Progress): Promise<Learnt> {
  const never = new AbortController().signal;
  const examples: Example[] = [];
  const descriptions: Float32Array[][] = [];
  for (const [label, concept] of concepts.entries()) {
    progress(`reading examples: ${concept.name}`, label / concepts.length);
    for (const example of concept.examples) examples.push({ embedding: await encoder.embed(example, never), label });
    descriptions.push(await Promise.all(concept.descriptions.map((description) => encoder.embed(description, never))));
  }
  progress("training", 1);
  const weights = train(examples, concepts.length);
  const learnt = { weights, descriptions, average: mean(examples.map(({ embedding }) => embedding)) };
  await write(store, learnt);
  return learnt;
}

/** Null when there is none, or one of another bank. */
async function read({ file, key }: Store): Promise<Learnt | null> {
  try {
    const stored = JSON.parse(await readFile(file, "utf8"));
    if (stored.key !== key) return null;
    const { classCount, dimensions } = stored.weights;
    return {
      weights: { classCount, dimensions, values: decode(stored.weights.values) },
      descriptions: stored.descriptions.map((encoded: string[]) => encoded.map(decode)),
      average: decode(stored.average),
    };
  } catch {
    return null;
  }
}

async function write({ file, key }: Store, { weights, descriptions, average }: Learnt): Promise<void> {
  const stored = {
    key,
    weights: { ...weights, values: encode(weights.values) },
    descriptions: descriptions.map((embeddings) => embeddings.map(encode)),
    average: encode(average),
  };
  const part = `${file}.${randomUUID()}.part`;
  try {
    await writeFile(part, JSON.stringify(stored));
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
