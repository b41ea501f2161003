import { object } from "../schema_builders.ts";

/**
 * The request body of models.generateContent as JSON Schema, from the API reference (ai.google.dev/api/generate-content and
 * ai.google.dev/api/caching) and the types of the official client. A field that is not listed is refused, as protobuf's JSON form does.
 */

const text = { type: "string" };
const base64 = { type: "string", minLength: 1, pattern: "^[A-Za-z0-9+/_-]+={0,2}$" };
/** ai.google.dev/api/caching#FunctionDeclaration, as the API's own message for a wrong one says it. */
const functionName = { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$" };
/** ai.google.dev/gemini-api/docs/image-understanding, audio and document-processing. */
const mimeType = {
  enum: [
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/gif",
    "audio/wav",
    "audio/mp3",
    "application/pdf",
    "text/plain",
  ],
};
const anyObject = { type: "object" };

/** `callId`: Vertex AI has no ids of calls (cloud.google.com/vertex-ai/docs/reference/rest/v1/Content#FunctionCall). */
const part = (callId: object) =>
  object({
    text,
    thought: { type: "boolean" },
    thoughtSignature: base64,
    inlineData: object({ mimeType, data: base64 }, ["mimeType", "data"]),
    fileData: object({ mimeType, fileUri: { type: "string", pattern: "^https?://" } }, ["fileUri"]),
    functionCall: object({ ...callId, name: functionName, args: anyObject }, ["name"]),
    functionResponse: object({ ...callId, name: functionName, response: anyObject }, ["name", "response"]),
  });

const content = (callId: object) =>
  object({ role: { enum: ["user", "model"] }, parts: { type: "array", minItems: 1, items: part(callId) } }, ["parts"]);

const FUNCTION = object({ name: functionName, description: text, parameters: anyObject, parametersJsonSchema: anyObject }, ["name"]);

const GENERATION_CONFIG = object({
  maxOutputTokens: { type: "integer", minimum: 1 },
  temperature: { type: "number", minimum: 0, maximum: 2 },
  topP: { type: "number", minimum: 0, maximum: 1 },
  topK: { type: "integer", minimum: 1 },
  candidateCount: { type: "integer", minimum: 1, maximum: 8 },
  stopSequences: { type: "array", maxItems: 5, items: { type: "string", minLength: 1 } },
  responseMimeType: { enum: ["text/plain", "application/json", "text/x.enum"] },
  responseSchema: anyObject,
  responseJsonSchema: anyObject,
  seed: { type: "integer" },
  presencePenalty: { type: "number" },
  frequencyPenalty: { type: "number" },
  responseLogprobs: { type: "boolean" },
  // "from 0 to 20": https://ai.google.dev/api/generate-content#v1beta.GenerationConfig
  logprobs: { type: "integer", minimum: 0, maximum: 20 },
  thinkingConfig: object({
    includeThoughts: { type: "boolean" },
    thinkingBudget: { type: "integer", minimum: -1, maximum: 32768 },
    thinkingLevel: { enum: ["MINIMAL", "LOW", "MEDIUM", "HIGH"] },
  }),
});

const request = (callId: object) =>
  object(
    {
      contents: { type: "array", minItems: 1, items: content(callId) },
      systemInstruction: object({ role: text, parts: { type: "array", minItems: 1, items: object({ text }, ["text"]) } }, ["parts"]),
      tools: { type: "array", items: object({ functionDeclarations: { type: "array", items: FUNCTION }, googleSearch: anyObject }) },
      toolConfig: object({
        functionCallingConfig: object({
          mode: { enum: ["AUTO", "ANY", "NONE", "VALIDATED"] },
          allowedFunctionNames: { type: "array", items: functionName },
        }),
      }),
      generationConfig: GENERATION_CONFIG,
      safetySettings: { type: "array", items: object({ category: text, threshold: text }) },
      cachedContent: text,
    },
    ["contents"],
  );

export const GENERATE_CONTENT_REQUEST = request({ id: text });
export const VERTEX_GENERATE_CONTENT_REQUEST = request({});
