import { fstatSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { Tokenizer } from "@huggingface/tokenizers";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { collectStartUpGarbage } from "../../start_up_garbage.ts";
import type { EncodeReply, EncodeRequest, EncoderSettings } from "./encoder.ts";

// onnxruntime's run() for Node computes on the thread that calls it (dist/backend.js), so the model has a thread of its own: a decision
// must not hold up the others' HTTP.

const TOKENIZER_CONFIG = "tokenizer_config.json";

/** The embeddings of the vocabulary's tokens, read where a text has them: the table is half of the model, and seldom needed as a whole. */
class WordEmbeddings {
  readonly #file: number;
  readonly dimensions: number;

  /** Throws when the table is not of as many rows as there are tokens. */
  constructor(file: string, dimensions: number, tokens: number) {
    this.#file = openSync(file, "r");
    this.dimensions = dimensions;
    const { size } = fstatSync(this.#file);
    if (size !== tokens * dimensions) throw new Error(`${file} has ${size} bytes, not ${dimensions} for each of ${tokens} tokens`);
  }

  /** The tokens' rows, one after another. 0.6 µs each, as the system has the file in memory. */
  rowsOf(ids: readonly number[]): Uint8Array {
    const rows = new Uint8Array(ids.length * this.dimensions);
    for (const [index, id] of ids.entries()) {
      readSync(this.#file, rows, index * this.dimensions, this.dimensions, id * this.dimensions);
    }
    return rows;
  }
}

class Model {
  readonly #session: InferenceSession;
  readonly #words: WordEmbeddings;
  readonly #tokenizer: Tokenizer;
  readonly #start: number;
  readonly #end: number;
  readonly #head_tokens: number;
  readonly #tail_tokens: number;

  constructor(session: InferenceSession, words: WordEmbeddings, tokenizer: Tokenizer, settings: EncoderSettings) {
    this.#session = session;
    this.#words = words;
    this.#tokenizer = tokenizer;
    this.#head_tokens = settings.head_tokens;
    this.#tail_tokens = settings.tail_tokens;
    this.#start = requireToken(tokenizer, "[CLS]");
    this.#end = requireToken(tokenizer, "[SEP]");
  }

  static async load(settings: EncoderSettings): Promise<Model> {
    const read = (name: string): Promise<string> => readFile(path.join(settings.modelDir, name), "utf8");
    const texts = await Promise.all([read("tokenizer.json"), read(TOKENIZER_CONFIG), read("manifest.json")]);
    const [definition, config, { dimensions }] = texts.map((text) => JSON.parse(text));
    const tokens = Object.keys(definition.model.vocab).length;
    const words = new WordEmbeddings(path.join(settings.modelDir, "word_embeddings.u8"), dimensions, tokens);
    const session = await InferenceSession.create(path.join(settings.modelDir, "model_int8.onnx"), {
      // One decision is too small to share among threads; several decisions wait for each other for less than the threads would cost.
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
    });
    return new Model(session, words, new Tokenizer(definition, config), settings);
  }

  async embed(text: string): Promise<Float32Array> {
    const ids = this.#tokenIds(text);
    const shape = [1, ids.length];
    const { embedding } = await this.#session.run({
      words: new Tensor("uint8", this.#words.rowsOf(ids), [...shape, this.#words.dimensions]),
      attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), shape),
    });
    if (embedding === undefined) throw new Error("the routing model has no output named embedding");
    return embedding.data as Float32Array;
  }

  /** A long text's middle is left out: what is asked stands at its start or at its end, before or after what it is about. */
  #tokenIds(text: string): number[] {
    let ids = this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
    if (ids.length > this.#head_tokens + this.#tail_tokens) {
      ids = [...ids.slice(0, this.#head_tokens), ...ids.slice(ids.length - this.#tail_tokens)];
    }
    return [this.#start, ...ids, this.#end];
  }
}

function requireToken(tokenizer: Tokenizer, token: string): number {
  const id = tokenizer.token_to_id(token);
  if (id === undefined) throw new Error(`the routing model's tokenizer has no ${token}`);
  return id;
}

if (parentPort !== null) {
  const port = parentPort;
  const model = await Model.load(workerData as EncoderSettings);
  port.on("message", async ({ id, text }: EncodeRequest) => {
    let reply: EncodeReply;
    try {
      reply = { id, embedding: await model.embed(text) };
    } catch (error) {
      reply = { id, error: error instanceof Error ? error.message : String(error) };
    }
    port.postMessage(reply);
  });
  port.postMessage("ready");
  collectStartUpGarbage();
}
