import { bodySchema } from "../body_schema.ts";
import { countTokens } from "../tokens.ts";
import { asArray, isObject, type JsonObject, type WholeReply } from "../wire.ts";
import { invalidRequest, type OpenaiError, openaiErrorReply } from "./errors.ts";
import { openaiHeaders } from "./headers.ts";

/** developers.openai.com/api/reference/resources/embeddings: at most 2,048 texts, each a text or its tokens. */
const INPUTS_MAX = 2048;
const TOKENS = { type: "array", minItems: 1, items: { type: "integer", minimum: 0 } };
const TEXT = { type: "string", minLength: 1 };

const schemaError = bodySchema({
  type: "object",
  required: ["model", "input"],
  additionalProperties: false,
  properties: {
    model: TEXT,
    input: {
      anyOf: [
        TEXT,
        { ...TOKENS, maxItems: INPUTS_MAX },
        ...[TEXT, TOKENS].map((items) => ({ type: "array", minItems: 1, maxItems: INPUTS_MAX, items })),
      ],
    },
    encoding_format: { enum: ["float", "base64"] },
    dimensions: { type: "integer", minimum: 1, maximum: 3072 },
    user: { type: "string" },
  },
});

/** What text-embedding-3-small gives when it is not asked for fewer. */
const DIMENSIONS = 1536;

/** The embeddings of a demo: texts that share words get vectors that point the same way. */
export function embed(body: unknown): WholeReply {
  const problem = embeddingsProblem(body);
  if (problem !== null) return openaiErrorReply(problem);
  const { model, input, encoding_format, dimensions } = body as JsonObject;
  const isOne = typeof input === "string" || typeof asArray(input)[0] === "number";
  const inputs = (isOne ? [input] : asArray(input)).map((item) => (typeof item === "string" ? item : asArray(item).join(" ")));
  const data = inputs.map((text, index) => {
    const vector = vectorOf(text, Number(dimensions ?? DIMENSIONS));
    const embedding = encoding_format === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
    return { object: "embedding", index, embedding };
  });
  const tokens = inputs.reduce((sum, text) => sum + countTokens(text), 0);
  const reply = { object: "list", data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
  return { status: 200, headers: openaiHeaders("application/json"), body: JSON.stringify(reply, null, 2) };
}

function embeddingsProblem(body: unknown): OpenaiError | null {
  if (!isObject(body)) return invalidRequest("The request body has to be a JSON object.", null, null);
  if (body.model === undefined || body.model === "") return invalidRequest("you must provide a model parameter", null, null);
  const error = schemaError(body);
  if (error === null) return null;
  const unknown = (error.params as JsonObject).additionalProperty;
  if (unknown !== undefined) return invalidRequest(`Unrecognized request argument supplied: ${unknown}`, null, null);
  const field = error.instancePath.split("/")[1] ?? "input";
  return invalidRequest(
    `'$.${field}' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.`,
    field,
    null,
  );
}

/** Each word counts in one dimension, by a hash of it; of length 1, as OpenAI's are. */
function vectorOf(text: string, dimensions: number): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(dimensions);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
    let hash = 0;
    for (const letter of word) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
    const index = hash % dimensions;
    vector[index] = (vector[index] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
