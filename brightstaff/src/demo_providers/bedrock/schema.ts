import { object } from "../schema_builders.ts";

/**
 * The request body of Converse and ConverseStream as JSON Schema, from the service's model (botocore, data/bedrock-runtime/2023-09-30) as far as
 * a gateway may use it. A field that is not listed is refused ("extraneous key is not permitted").
 */

const text = { type: "string" };
const nonEmptyText = { type: "string", minLength: 1 };
const bytes = { type: "string", minLength: 1, pattern: "^[A-Za-z0-9+/]+={0,2}$" };
const toolUseId = { type: "string", pattern: "^[a-zA-Z0-9_.:-]{1,64}$" };
const toolName = { type: "string", pattern: "^[a-zA-Z0-9_-]{1,64}$" };
const anyObject = { type: "object" };

/** Exactly one of several members (a union in Smithy's terms). */
function oneMember(members: Record<string, object>): object {
  return { ...object(members), minProperties: 1, maxProperties: 1 };
}

const cachePoint = object({ type: { const: "default" }, ttl: { enum: ["5m", "1h"] } }, ["type"]);

const image = object({ format: { enum: ["png", "jpeg", "gif", "webp"] }, source: oneMember({ bytes }) }, ["format", "source"]);

const document = object(
  {
    format: { enum: ["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"] },
    name: { type: "string", minLength: 1, maxLength: 200 },
    source: oneMember({ bytes, text: nonEmptyText }),
    context: text,
    citations: object({ enabled: { type: "boolean" } }, ["enabled"]),
  },
  ["name", "source"],
);

const audio = object({ format: { enum: ["mp3", "wav", "aac", "flac", "ogg", "opus", "m4a"] }, source: oneMember({ bytes }) }, [
  "format",
  "source",
]);

const toolResult = object(
  {
    toolUseId,
    content: { type: "array", items: oneMember({ json: {}, text, image, document }) },
    status: { enum: ["success", "error"] },
  },
  ["toolUseId", "content"],
);

const BLOCK = oneMember({
  text,
  image,
  document,
  audio,
  toolUse: object({ toolUseId, name: toolName, input: anyObject }, ["toolUseId", "name", "input"]),
  toolResult,
  reasoningContent: oneMember({ reasoningText: object({ text, signature: nonEmptyText }, ["text"]), redactedContent: bytes }),
  cachePoint,
});

const TOOL = oneMember({
  toolSpec: object(
    { name: toolName, description: nonEmptyText, inputSchema: oneMember({ json: anyObject }), strict: { type: "boolean" } },
    ["name", "inputSchema"],
  ),
  cachePoint,
});

const OUTPUT_CONFIG = object({
  effort: { enum: ["low", "medium", "high", "xhigh", "max"] },
  textFormat: object(
    {
      type: { const: "json_schema" },
      structure: oneMember({ jsonSchema: object({ schema: nonEmptyText, name: text, description: text }, ["schema"]) }),
    },
    ["type", "structure"],
  ),
});

const requestMetadataValue = { type: "string", pattern: "^[a-zA-Z0-9\\s:_@$#=/+,.-]{0,256}$" };

export const CONVERSE_REQUEST = object(
  {
    messages: {
      type: "array",
      minItems: 1,
      items: object({ role: { enum: ["user", "assistant"] }, content: { type: "array", minItems: 1, items: BLOCK } }, ["role", "content"]),
    },
    system: { type: "array", items: oneMember({ text: nonEmptyText, cachePoint }) },
    inferenceConfig: object({
      maxTokens: { type: "integer", minimum: 1 },
      temperature: { type: "number", minimum: 0, maximum: 1 },
      topP: { type: "number", minimum: 0, maximum: 1 },
      stopSequences: { type: "array", maxItems: 2500, items: nonEmptyText },
    }),
    toolConfig: object(
      {
        tools: { type: "array", minItems: 1, items: TOOL },
        toolChoice: oneMember({ auto: object({}), any: object({}), tool: object({ name: toolName }, ["name"]) }),
      },
      ["tools"],
    ),
    additionalModelRequestFields: anyObject,
    additionalModelResponseFieldPaths: { type: "array", maxItems: 10, items: { type: "string", pattern: "^(/[^/]+)+$", maxLength: 256 } },
    requestMetadata: { type: "object", minProperties: 1, maxProperties: 16, additionalProperties: requestMetadataValue },
    outputConfig: OUTPUT_CONFIG,
  },
  ["messages"],
);
