import { asArray, isObject, type JsonObject } from "../wire.ts";
import { invalidRequest, type OpenaiError } from "./errors.ts";

const DEPTH_MAX = 32;

/** Schemas inside the request: a function's parameters have to be an object's, and strict ones closed and complete. */
export function schemaProblem(body: JsonObject): OpenaiError | null {
  for (const [index, tool] of asArray(body.tools).entries()) {
    if (!isObject(tool) || !isObject(tool.function)) continue;
    const { name, parameters, strict } = tool.function;
    const problem = parametersProblem(parameters, strict === true);
    if (problem !== null) {
      return invalidRequest(
        `Invalid schema for function '${name}': ${problem}`,
        `tools[${index}].function.parameters`,
        "invalid_function_parameters",
      );
    }
  }
  const format = isObject(body.response_format) ? body.response_format.json_schema : null;
  if (!isObject(format)) return null;
  const problem = parametersProblem(format.schema, format.strict === true);
  return problem === null
    ? null
    : invalidRequest(`Invalid schema for response_format '${format.name}': ${problem}`, "response_format", null);
}

/** What is wrong with the schema of a tool's parameters or of an answer; null when nothing is. */
export function parametersProblem(schema: unknown, strict: boolean): string | null {
  if (!isObject(schema) || Object.keys(schema).length === 0) return null;
  if (schema.type !== "object" && !("$ref" in schema))
    return `schema must be of type "object", got ${JSON.stringify(schema.type ?? null)}.`;
  return strict ? strictProblem(schema, [], 0) : arrayProblem(schema, [], 0);
}

/** developers.openai.com/api/docs/guides/structured-outputs#supported-schemas: every object closed, every field required. */
function strictProblem(schema: unknown, path: string[], depth: number): string | null {
  if (!isObject(schema) || depth > DEPTH_MAX) return null;
  const context = `In context=(${path.map((part) => `'${part}'`).join(", ")})`;
  if (schema.type === "object" || isObject(schema.properties)) {
    if (schema.additionalProperties !== false) return `${context}, 'additionalProperties' is required to be supplied and to be false.`;
    const required = asArray(schema.required);
    const missing = Object.keys(isObject(schema.properties) ? schema.properties : {}).find((key) => !required.includes(key));
    if (missing !== undefined)
      return `${context}, 'required' is required to be supplied and to include every key in properties. Missing '${missing}'.`;
  }
  return firstProblem(schema, path, (child, childPath) => strictProblem(child, childPath, depth + 1));
}

function arrayProblem(schema: unknown, path: string[], depth: number): string | null {
  if (!isObject(schema) || depth > DEPTH_MAX) return null;
  if (schema.type === "array" && schema.items === undefined && schema.prefixItems === undefined) {
    return `In context=(${path.map((part) => `'${part}'`).join(", ")}), array schema missing items.`;
  }
  return firstProblem(schema, path, (child, childPath) => arrayProblem(child, childPath, depth + 1));
}

function firstProblem(schema: JsonObject, path: string[], check: (child: unknown, path: string[]) => string | null): string | null {
  const children: [unknown, string[]][] = [];
  for (const keyword of ["properties", "$defs", "definitions"]) {
    const group = schema[keyword];
    if (isObject(group)) for (const [key, child] of Object.entries(group)) children.push([child, [...path, keyword, key]]);
  }
  if (isObject(schema.items)) children.push([schema.items, [...path, "items"]]);
  for (const [index, child] of asArray(schema.anyOf).entries()) children.push([child, [...path, "anyOf", String(index)]]);
  for (const [child, childPath] of children) {
    const problem = check(child, childPath);
    if (problem !== null) return problem;
  }
  return null;
}
