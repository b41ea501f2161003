import type { ErrorObject } from "ajv";
import { bodySchema } from "../body_schema.ts";
import { asArray, isObject, type JsonObject } from "../wire.ts";
import { conversationProblem } from "./content_rules.ts";
import { type GeminiError, invalidArgument } from "./errors.ts";
import { GENERATE_CONTENT_REQUEST, VERTEX_GENERATE_CONTENT_REQUEST } from "./schema.ts";

const geminiError = bodySchema(GENERATE_CONTENT_REQUEST);
const vertexError = bodySchema(VERTEX_GENERATE_CONTENT_REQUEST);

/** The error that the API, Google's own or Vertex AI's, would answer for this body, or null when it takes it. */
export function geminiRequestProblem(body: unknown, model: string, isVertex = false): GeminiError | null {
  const error = isVertex ? vertexError(body) : geminiError(body);
  if (error !== null) return invalidArgument(describe(error));
  const request = body as JsonObject;
  const generation = generationOf(model);
  return configProblem(request, generation) ?? conversationProblem(request, generation);
}

/** "gemini-2.5-pro" → 2.5; a name without a number is taken for the newest. */
function generationOf(model: string): number {
  const number = /gemini-(\d+(?:\.\d+)?)/.exec(model)?.[1];
  return number === undefined ? Number.POSITIVE_INFINITY : Number(number);
}

function configProblem(body: JsonObject, generation: number): GeminiError | null {
  const config = isObject(body.generationConfig) ? body.generationConfig : {};
  const thinking = isObject(config.thinkingConfig) ? config.thinkingConfig : {};
  const json = config.responseMimeType === "application/json";
  const functions = asArray(body.tools).flatMap((tool) => (isObject(tool) ? asArray(tool.functionDeclarations).filter(isObject) : []));
  if (config.responseJsonSchema !== undefined && !json) {
    return invalidArgument("A response schema needs the response mime type application/json.");
  }
  if (json && functions.length > 0 && generation < 3) {
    return invalidArgument("Function calling with a response mime type: 'application/json' is unsupported");
  }
  if (thinking.thinkingLevel !== undefined && (generation < 3 || thinking.thinkingBudget !== undefined)) {
    return invalidArgument("Thinking level is not supported for this model.");
  }
  if (thinking.thinkingBudget !== undefined && generation < 2.5) return invalidArgument("Thinking is not supported for this model.");
  const choice = isObject(body.toolConfig) && isObject(body.toolConfig.functionCallingConfig) ? body.toolConfig.functionCallingConfig : {};
  const allowed = asArray(choice.allowedFunctionNames);
  if (allowed.length > 0 && choice.mode !== "ANY") return invalidArgument("allowed_function_names should only be set for mode ANY.");
  const unknown = allowed.find((name) => !functions.some((declared) => declared.name === name));
  return unknown === undefined ? null : invalidArgument(`The allowed function name ${String(unknown)} is not declared.`);
}

/** "/contents/0/parts" → "contents[0].parts". */
function fieldOf(instancePath: string): string {
  return instancePath
    .slice(1)
    .replaceAll(/\/(\d+)/g, "[$1]")
    .replaceAll("/", ".");
}

function describe(error: ErrorObject): string {
  const field = fieldOf(error.instancePath);
  const at = field === "" ? "" : ` at '${field}'`;
  const params = error.params as JsonObject;
  if (error.keyword === "additionalProperties") {
    return `Invalid JSON payload received. Unknown name "${params.additionalProperty}"${at}: Cannot find field.`;
  }
  if (error.keyword === "required") return `* GenerateContentRequest.${field === "" ? "" : `${field}.`}${params.missingProperty}: required`;
  return `Invalid value${at}: ${error.message}`;
}
