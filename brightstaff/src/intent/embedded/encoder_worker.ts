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
/** [CLS] before and [SEP] after. */
const SPECIAL_TOKENS = 2;

class Model {
  readonly #session: InferenceSession;
  readonly #tokenizer: Tokenizer;
  readonly #start: number;
  readonly #end: number;
  readonly #head_tokens: number;
  readonly #tail_tokens: number;

  constructor(session: InferenceSession, tokenizer: Tokenizer, settings: EncoderSettings) {
    this.#session = session;
    this.#tokenizer = tokenizer;
    this.#head_tokens = settings.head_tokens;
    this.#tail_tokens = settings.tail_tokens;
    this.#start = requireToken(tokenizer, "[CLS]");
    this.#end = requireToken(tokenizer, "[SEP]");
  }

  static async load(settings: EncoderSettings): Promise<Model> {
    const read = (name: string): Promise<string> => readFile(path.join(settings.modelDir, name), "utf8");
    const [definition, config] = await Promise.all([read("tokenizer.json"), read(TOKENIZER_CONFIG)]);
    const session = await InferenceSession.create(path.join(settings.modelDir, "model_int8.onnx"), {
      // One decision is too small to share among threads; several decisions wait for each other for less than the threads would cost.
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
    });
    return new Model(session, new Tokenizer(JSON.parse(definition), JSON.parse(config)), settings);
  }

  async embed(text: string): Promise<Float32Array> {
    const ids = this.#tokenIds(text);
    const shape = [1, ids.length];
    const { embedding } = await this.#session.run({
      input_ids: new Tensor("int64", ids, shape),
      attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), shape),
    });
    if (embedding === undefined) throw new Error("the routing model has no output named embedding");
    return embedding.data as Float32Array;
  }

  /** A long text's middle is left out: what is asked stands at its start or at its end, before or after what it is about. */
  #tokenIds(text: string): BigInt64Array {
    let ids = this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
    if (ids.length > this.#head_tokens + this.#tail_tokens) {
      ids = [...ids.slice(0, this.#head_tokens), ...ids.slice(ids.length - this.#tail_tokens)];
    }
    const framed = new BigInt64Array(ids.length + SPECIAL_TOKENS);
    framed[0] = BigInt(this.#start);
    for (const [index, id] of ids.entries()) framed[index + 1] = BigInt(id);
    framed[framed.length - 1] = BigInt(this.#end);
    return framed;
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
