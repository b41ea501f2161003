import type { ErrorObject } from "ajv";
import { bodySchema } from "../body_schema.ts";
import { isObject, type JsonObject } from "../wire.ts";
import { conversationProblem } from "./message_rules.ts";
import { parameterProblem } from "./parameter_rules.ts";
import { MESSAGES_REQUEST } from "./schema.ts";
import type { AnthropicVersion } from "./versions.ts";

const schemaError = bodySchema(MESSAGES_REQUEST, { discriminator: true, verbose: true });

/** The message of the invalid_request_error that the API would answer for this body, or null when it takes it. */
export function anthropicRequestProblem(body: unknown, version: AnthropicVersion): string | null {
  if (!isObject(body)) return "Input should be a valid dictionary";
  const error = schemaError(body);
  if (error !== null) return describe(error, body);
  return parameterProblem(body, version) ?? conversationProblem(body, version);
}

function describe(error: ErrorObject, body: JsonObject): string {
  const params = error.params as JsonObject;
  const at = (...extra: string[]) => locationOf(error.instancePath, body, extra);
  switch (error.keyword) {
    case "required":
      return `${at(String(params.missingProperty))}: Field required`;
    case "additionalProperties":
      return `${at(String(params.additionalProperty))}: Extra inputs are not permitted`;
    case "type":
      return `${at()}: Input should be a valid ${[params.type].flat().map(pythonType).join(" or ")}`;
    case "discriminator":
      if (params.tagValue === undefined) return `${at("type")}: Field required`;
      return `${at()}: Input tag '${params.tagValue}' found using 'type' does not match any of the expected tags: ${tagsOf(error)}`;
    case "enum":
      return `${at()}: Input should be ${(params.allowedValues as unknown[]).map((value) => `'${value}'`).join(", ")}`;
    case "const":
      return `${at()}: Input should be '${params.allowedValue}'`;
    case "minimum":
      return `${at()}: Input should be greater than or equal to ${params.limit}`;
    case "maximum":
      return `${at()}: Input should be less than or equal to ${params.limit}`;
    case "minLength":
      return `${at()}: String should have at least ${params.limit} characters`;
    case "maxLength":
      return `${at()}: String should have at most ${params.limit} characters`;
    case "maxItems":
      return `${at()}: List should have at most ${params.limit} items`;
    case "pattern":
      return `${at()}: String should match pattern '${params.pattern}'`;
    default:
      return `${at()}: Invalid value`;
  }
}

/**
 * "/messages/0/content/1/text" → "messages.0.content.1.text.text": the API puts the kind of a block, tool or source behind it
 * where the path goes on inside.
 */
function locationOf(instancePath: string, body: JsonObject, extra: string[]): string {
  const parts = [...instancePath.split("/").slice(1), ...extra];
  const location: string[] = [];
  let current: unknown = body;
  for (const [index, part] of parts.entries()) {
    location.push(part);
    current = isObject(current) || Array.isArray(current) ? (current as JsonObject)[part] : undefined;
    if (index === parts.length - 1 || !isObject(current)) continue;
    const inTools = parts[index - 1] === "tools";
    const tagged = inTools || parts[index - 1] === "content" || TAGGED_FIELDS.has(part);
    if (tagged && (typeof current.type === "string" || inTools)) location.push(String(current.type ?? "custom"));
  }
  return location.join(".");
}

const TAGGED_FIELDS = new Set(["source", "thinking", "tool_choice", "cache_control", "format"]);

function tagsOf(error: ErrorObject): string {
  const branches = (error.parentSchema?.oneOf ?? []) as { properties: { type: { const: string } } }[];
  return branches.map((branch) => `'${branch.properties.type.const}'`).join(", ");
}

function pythonType(type: unknown): string {
  const names: Record<string, string> = { array: "list", object: "dictionary" };
  return names[String(type)] ?? String(type);
}
