import type { ErrorObject } from "ajv";
import type { JsonObject } from "../wire.ts";
import { invalidRequest, type OpenaiError } from "./errors.ts";

/** "/messages/0/content" → "messages[0].content", the notation of the API's `param`. */
function paramOf(instancePath: string, property?: string): string {
  let param = "";
  const parts = instancePath.split("/").slice(1);
  if (property !== undefined) parts.push(property);
  for (const part of parts) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (/^\d+$/.test(name)) param += `[${name}]`;
    else param += param === "" ? name : `.${name}`;
  }
  return param;
}

/** What the APIs answer for the first thing in a body that their schema does not take. */
export function describeSchemaError(error: ErrorObject): OpenaiError {
  const param = paramOf(error.instancePath);
  const params = error.params as JsonObject;
  switch (error.keyword) {
    case "required": {
      const missing = paramOf(error.instancePath, String(params.missingProperty));
      return invalidRequest(`Missing required parameter: '${missing}'.`, missing, "missing_required_parameter");
    }
    case "additionalProperties": {
      const name = String(params.additionalProperty);
      const unknown = paramOf(error.instancePath, name);
      return invalidRequest(`Unknown parameter: '${unknown}'.`, unknown, "unknown_parameter");
    }
    case "type":
      return invalidRequest(
        `Invalid type for '${param}': expected ${listOf([params.type].flat().map(String))}, but got ${kindOf(error.data)} instead.`,
        param,
        "invalid_type",
      );
    case "discriminator": {
      const tag = paramOf(error.instancePath, String(params.tag));
      if (params.error === "tag" && (params.tagValue === undefined || typeof params.tagValue === "string")) {
        const missing = params.tagValue === undefined;
        return missing
          ? invalidRequest(`Missing required parameter: '${tag}'.`, tag, "missing_required_parameter")
          : invalidRequest(`Invalid type for '${tag}': expected a string.`, tag, "invalid_type");
      }
      return invalidRequest(`Invalid value: '${params.tagValue}'. Supported values are: ${tagsOf(error)}.`, tag, "invalid_value");
    }
    case "enum": {
      const supported = (params.allowedValues as unknown[]).filter((value) => value !== null).map((value) => `'${value}'`);
      return invalidRequest(`Invalid value: '${error.data}'. Supported values are: ${listOf(supported)}.`, param, "invalid_value");
    }
    default:
      return describeBound(error, param, params.limit);
  }
}

function describeBound(error: ErrorObject, param: string, limit: unknown): OpenaiError {
  const number = Number.isInteger(error.data) && Number.isInteger(limit) ? "integer" : "decimal";
  switch (error.keyword) {
    case "minimum":
      return invalidRequest(
        `Invalid '${param}': ${number} below minimum value. Expected a value >= ${limit}, but got ${error.data} instead.`,
        param,
        `${number}_below_min_value`,
      );
    case "maximum":
      return invalidRequest(
        `Invalid '${param}': ${number} above maximum value. Expected a value <= ${limit}, but got ${error.data} instead.`,
        param,
        `${number}_above_max_value`,
      );
    case "minItems":
      return invalidRequest(
        `Invalid '${param}': empty array. Expected an array with minimum length ${limit}, but got an empty array instead.`,
        param,
        "empty_array",
      );
    case "minLength":
      return invalidRequest(
        `Invalid '${param}': empty string. Expected a string with minimum length ${limit}, but got an empty string instead.`,
        param,
        "empty_string",
      );
    case "maxItems":
      return invalidRequest(`Invalid '${param}': array too long. Expected at most ${limit} items.`, param, "array_above_max_length");
    case "maxLength":
      return invalidRequest(`Invalid '${param}': string too long. Expected at most ${limit} characters.`, param, "string_above_max_length");
    case "maxProperties":
      return invalidRequest(`Invalid '${param}': too many properties. Expected at most ${limit}.`, param, "object_above_max_properties");
    case "pattern":
      return invalidRequest(
        `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${(error.params as JsonObject).pattern}'.`,
        param,
        "invalid_value",
      );
    default:
      return invalidRequest(`Invalid value for '${param}'.`, param, "invalid_value");
  }
}

function tagsOf(error: ErrorObject): string {
  const tag = String((error.params as JsonObject).tag);
  const branches = (error.parentSchema?.oneOf ?? []) as { properties: Record<string, { const: string }> }[];
  return listOf(branches.map((branch) => `'${branch.properties[tag]?.const}'`));
}

function listOf(items: string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")}${items.length > 2 ? "," : ""} or ${last}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal number";
  return `a ${typeof value}`;
}
