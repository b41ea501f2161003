import { nullable, object, tagged, union } from "../schema_builders.ts";

/**
 * The request body of POST /v1/chat/completions as JSON Schema, from the API reference
 * (developers.openai.com/api/reference/resources/chat) and the types of the official client. Keywords like `items` and
 * `minLength` only bind values of their own type, so "a string or an array of parts" needs no union.
 */

const NAME = { type: "string", pattern: "^[a-zA-Z0-9_-]+$", maxLength: 64 };

const CACHE_BREAKPOINT = object({ mode: { type: "string", enum: ["explicit"] }, ttl: { type: "string", enum: ["30m", "12h"] } }, ["mode"]);

const TEXT_PART = tagged("type", "text", { text: { type: "string" }, prompt_cache_breakpoint: CACHE_BREAKPOINT }, ["text"]);
const REFUSAL_PART = tagged("type", "refusal", { refusal: { type: "string" } }, ["refusal"]);
const IMAGE_PART = tagged(
  "type",
  "image_url",
  {
    image_url: object({ url: { type: "string" }, detail: { type: "string", enum: ["auto", "low", "high", "original"] } }, ["url"]),
    prompt_cache_breakpoint: CACHE_BREAKPOINT,
  },
  ["image_url"],
);
const AUDIO_PART = tagged(
  "type",
  "input_audio",
  {
    input_audio: object({ data: { type: "string" }, format: { type: "string", enum: ["wav", "mp3"] } }, ["data", "format"]),
    prompt_cache_breakpoint: CACHE_BREAKPOINT,
  },
  ["input_audio"],
);
const FILE_PART = tagged(
  "type",
  "file",
  {
    file: object({ file_data: { type: "string" }, file_id: { type: "string" }, filename: { type: "string" } }),
    prompt_cache_breakpoint: CACHE_BREAKPOINT,
  },
  ["file"],
);

function content(parts: object[], types: string[] = ["string", "array"]): object {
  return { type: types, minItems: 1, items: union("type", parts) };
}

const TOOL_CALL = union("type", [
  tagged(
    "type",
    "function",
    { id: { type: "string" }, function: object({ name: NAME, arguments: { type: "string" } }, ["name", "arguments"]) },
    ["id", "function"],
  ),
  tagged("type", "custom", { id: { type: "string" }, custom: object({ name: NAME, input: { type: "string" } }, ["name", "input"]) }, [
    "id",
    "custom",
  ]),
]);

const MESSAGE = union("role", [
  tagged("role", "developer", { content: content([TEXT_PART]), name: { type: "string" } }, ["content"]),
  tagged("role", "system", { content: content([TEXT_PART]), name: { type: "string" } }, ["content"]),
  tagged("role", "user", { content: content([TEXT_PART, IMAGE_PART, AUDIO_PART, FILE_PART]), name: { type: "string" } }, ["content"]),
  tagged("role", "assistant", {
    content: content([TEXT_PART, REFUSAL_PART], ["string", "array", "null"]),
    refusal: { type: ["string", "null"] },
    name: { type: "string" },
    audio: nullable(object({ id: { type: "string" } }, ["id"])),
    tool_calls: { type: "array", minItems: 1, maxItems: 128, items: TOOL_CALL },
    function_call: nullable(object({ name: { type: "string" }, arguments: { type: "string" } }, ["name", "arguments"])),
    // Not in the request's types, but clients send back the message as it was answered, and it is taken.
    annotations: { type: "array" },
  }),
  // `name` is not in the types either; OpenAI's own cookbook sends it.
  tagged("role", "tool", { content: content([TEXT_PART]), tool_call_id: { type: "string" }, name: { type: "string" } }, [
    "content",
    "tool_call_id",
  ]),
  tagged("role", "function", { content: { type: ["string", "null"] }, name: { type: "string" } }, ["content", "name"]),
]);

const FUNCTION = object(
  { name: NAME, description: { type: "string" }, parameters: { type: "object" }, strict: { type: ["boolean", "null"] } },
  ["name"],
);

const TOOL = union("type", [
  tagged("type", "function", { function: FUNCTION }, ["function"]),
  tagged(
    "type",
    "custom",
    {
      custom: object(
        {
          name: NAME,
          description: { type: "string" },
          format: union("type", [
            tagged("type", "text", {}),
            tagged(
              "type",
              "grammar",
              {
                grammar: object({ definition: { type: "string" }, syntax: { type: "string", enum: ["lark", "regex"] } }, [
                  "definition",
                  "syntax",
                ]),
              },
              ["grammar"],
            ),
          ]),
        },
        ["name"],
      ),
    },
    ["custom"],
  ),
]);

const TOOL_CHOICE = {
  type: ["string", "object"],
  if: { type: "string" },
  // biome-ignore lint/suspicious/noThenProperty: `then` is JSON Schema's keyword.
  then: { enum: ["none", "auto", "required"] },
  else: union("type", [
    tagged("type", "function", { function: object({ name: { type: "string" } }, ["name"]) }, ["function"]),
    tagged("type", "custom", { custom: object({ name: { type: "string" } }, ["name"]) }, ["custom"]),
    tagged(
      "type",
      "allowed_tools",
      {
        allowed_tools: object(
          { mode: { type: "string", enum: ["auto", "required"] }, tools: { type: "array", items: { type: "object" } } },
          ["mode", "tools"],
        ),
      },
      ["allowed_tools"],
    ),
  ]),
};

const RESPONSE_FORMAT = union("type", [
  tagged("type", "text", {}),
  tagged("type", "json_object", {}),
  tagged(
    "type",
    "json_schema",
    {
      json_schema: object(
        { name: NAME, description: { type: "string" }, schema: { type: "object" }, strict: { type: ["boolean", "null"] } },
        ["name"],
      ),
    },
    ["json_schema"],
  ),
]);

const MODERATION_MODE = nullable(object({ mode: { type: "string", enum: ["score", "block"] } }, ["mode"]));

export const CHAT_COMPLETION_REQUEST = object(
  {
    model: { type: "string" },
    messages: { type: "array", minItems: 1, items: MESSAGE },
    audio: nullable(
      object({ voice: { type: ["string", "object"] }, format: { type: "string", enum: ["wav", "aac", "mp3", "flac", "opus", "pcm16"] } }, [
        "voice",
        "format",
      ]),
    ),
    frequency_penalty: { type: ["number", "null"], minimum: -2, maximum: 2 },
    function_call: { type: ["string", "object"] },
    functions: { type: "array", minItems: 1, maxItems: 128, items: FUNCTION },
    logit_bias: { type: ["object", "null"], additionalProperties: { type: "number", minimum: -100, maximum: 100 } },
    logprobs: { type: ["boolean", "null"] },
    max_completion_tokens: { type: ["integer", "null"], minimum: 1 },
    max_tokens: { type: ["integer", "null"], minimum: 1 },
    metadata: { type: ["object", "null"], maxProperties: 16, additionalProperties: { type: "string", maxLength: 512 } },
    modalities: { type: ["array", "null"], items: { type: "string", enum: ["text", "audio"] } },
    moderation: nullable(
      object(
        {
          model: { type: "string" },
          policy: nullable(object({ input: MODERATION_MODE, output: MODERATION_MODE })),
        },
        ["model"],
      ),
    ),
    n: { type: ["integer", "null"], minimum: 1, maximum: 128 },
    parallel_tool_calls: { type: "boolean" },
    prediction: nullable(object({ type: { type: "string", enum: ["content"] }, content: content([TEXT_PART]) }, ["type", "content"])),
    presence_penalty: { type: ["number", "null"], minimum: -2, maximum: 2 },
    prompt_cache_key: { type: ["string", "null"] },
    prompt_cache_options: object({ mode: { type: "string", enum: ["implicit", "explicit"] }, ttl: { type: "string", enum: ["30m"] } }),
    prompt_cache_retention: { type: ["string", "null"], enum: ["in_memory", "24h", null] },
    reasoning_effort: { type: ["string", "null"], enum: ["none", "minimal", "low", "medium", "high", "xhigh", "max", null] },
    response_format: RESPONSE_FORMAT,
    safety_identifier: { type: ["string", "null"], maxLength: 128 },
    seed: { type: ["integer", "null"] },
    service_tier: { type: ["string", "null"], enum: ["auto", "default", "flex", "scale", "priority", "fast", null] },
    stop: { type: ["string", "array", "null"], minItems: 1, maxItems: 4, items: { type: "string" } },
    store: { type: ["boolean", "null"] },
    stream: { type: ["boolean", "null"] },
    stream_options: nullable(object({ include_usage: { type: "boolean" }, include_obfuscation: { type: "boolean" } })),
    temperature: { type: ["number", "null"], minimum: 0, maximum: 2 },
    tool_choice: TOOL_CHOICE,
    tools: { type: "array", minItems: 1, maxItems: 128, items: TOOL },
    top_logprobs: { type: ["integer", "null"], minimum: 0, maximum: 20 },
    top_p: { type: ["number", "null"], minimum: 0, maximum: 1 },
    user: { type: "string" },
    verbosity: { type: ["string", "null"], enum: ["low", "medium", "high", null] },
    web_search_options: object({
      search_context_size: { type: "string", enum: ["low", "medium", "high"] },
      user_location: { type: ["object", "null"] },
    }),
  },
  ["messages"],
);
