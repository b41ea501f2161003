import { nullable, object, tagged, union } from "../schema_builders.ts";

/**
 * The request body of POST /v1/responses as JSON Schema, from the API reference (platform.openai.com/docs/api-reference/responses/create) and the
 * types of the official client. Messages have their `type` already. Of the tools that OpenAI runs itself, and of what they did, only the type
 * is looked at.
 */

const NAME = { type: "string", pattern: "^[a-zA-Z0-9_-]+$", minLength: 1, maxLength: 128 };
const CALL_ID = { type: "string", minLength: 1, maxLength: 64 };
const STATUS = { type: ["string", "null"], enum: ["in_progress", "completed", "incomplete", null] };
const ID = { type: ["string", "null"] };
const OPTIONAL_TEXT = { type: ["string", "null"] };

const open = (type: string) => ({ type: "object", properties: { type: { const: type } } });

const INPUT_TEXT = tagged("type", "input_text", { text: { type: "string" } }, ["text"]);
const INPUT_IMAGE = tagged("type", "input_image", {
  image_url: OPTIONAL_TEXT,
  file_id: OPTIONAL_TEXT,
  detail: { type: ["string", "null"], enum: ["auto", "low", "high", "original", null] },
});
const INPUT_FILE = tagged("type", "input_file", {
  file_data: { type: "string" },
  file_id: OPTIONAL_TEXT,
  file_url: { type: "string" },
  filename: { type: "string" },
  detail: { type: "string", enum: ["auto", "low", "high"] },
});
const OUTPUT_TEXT = tagged(
  "type",
  "output_text",
  { text: { type: "string" }, annotations: { type: ["array", "null"] }, logprobs: { type: ["array", "null"] } },
  ["text"],
);
const REFUSAL = tagged("type", "refusal", { refusal: { type: "string" } }, ["refusal"]);

const texts = (parts: object[]) => ({ type: ["string", "array"], items: union("type", parts) });

const MESSAGE = {
  ...tagged(
    "type",
    "message",
    {
      role: { type: "string", enum: ["user", "assistant", "system", "developer"] },
      content: { type: ["string", "array"] },
      id: ID,
      status: STATUS,
      phase: { type: ["string", "null"], enum: ["commentary", "final_answer", null] },
    },
    ["role", "content"],
  ),
  if: { properties: { role: { const: "assistant" } } },
  // biome-ignore lint/suspicious/noThenProperty: `then` is JSON Schema's keyword.
  then: { properties: { content: texts([OUTPUT_TEXT, REFUSAL]) } },
  else: { properties: { content: texts([INPUT_TEXT, INPUT_IMAGE, INPUT_FILE]) } },
};

const OUTPUT = texts([INPUT_TEXT, INPUT_IMAGE, INPUT_FILE]);
/** `given`: where what the tool is called with stands. */
const callItem = (type: string, given: string) => {
  const fields = { call_id: CALL_ID, name: NAME, [given]: { type: "string" }, id: ID, status: STATUS, namespace: OPTIONAL_TEXT };
  return tagged("type", type, fields, ["call_id", "name", given]);
};
const outputItem = (type: string) =>
  tagged("type", type, { call_id: CALL_ID, output: OUTPUT, id: ID, status: STATUS }, ["call_id", "output"]);
const REASONING_PARTS = (type: string) => ({
  type: ["array", "null"],
  items: union("type", [tagged("type", type, { text: { type: "string" } }, ["text"])]),
});

/** What OpenAI's own tools did in earlier turns. */
const HOSTED_ITEMS = [
  "web_search_call",
  "file_search_call",
  "code_interpreter_call",
  "image_generation_call",
  "mcp_call",
  "mcp_list_tools",
  "local_shell_call",
  "local_shell_call_output",
];

const ITEM = union("type", [
  MESSAGE,
  callItem("function_call", "arguments"),
  outputItem("function_call_output"),
  callItem("custom_tool_call", "input"),
  outputItem("custom_tool_call_output"),
  tagged(
    "type",
    "reasoning",
    {
      id: ID,
      summary: REASONING_PARTS("summary_text"),
      content: REASONING_PARTS("reasoning_text"),
      encrypted_content: OPTIONAL_TEXT,
      status: STATUS,
    },
    ["summary"],
  ),
  tagged("type", "item_reference", { id: { type: "string" } }, ["id"]),
  ...HOSTED_ITEMS.map(open),
]);

const HOSTED_TOOLS = [
  "web_search",
  "web_search_preview",
  "file_search",
  "code_interpreter",
  "image_generation",
  "mcp",
  "computer",
  "computer_use_preview",
  "local_shell",
  "shell",
  "apply_patch",
  "namespace",
  "tool_search",
];

const TOOL = union("type", [
  tagged(
    "type",
    "function",
    {
      name: NAME,
      description: OPTIONAL_TEXT,
      parameters: { type: ["object", "null"] },
      strict: { type: ["boolean", "null"] },
      defer_loading: { type: "boolean" },
      output_schema: { type: ["object", "null"] },
    },
    ["name"],
  ),
  tagged(
    "type",
    "custom",
    {
      name: NAME,
      description: OPTIONAL_TEXT,
      defer_loading: { type: "boolean" },
      format: union("type", [
        tagged("type", "text", {}),
        tagged("type", "grammar", { definition: { type: "string" }, syntax: { type: "string", enum: ["lark", "regex"] } }, [
          "definition",
          "syntax",
        ]),
      ]),
    },
    ["name"],
  ),
  ...HOSTED_TOOLS.map(open),
]);

const TOOL_CHOICE = {
  type: ["string", "object"],
  if: { type: "string" },
  // biome-ignore lint/suspicious/noThenProperty: `then` is JSON Schema's keyword.
  then: { enum: ["none", "auto", "required"] },
  else: union("type", [
    tagged("type", "function", { name: { type: "string" } }, ["name"]),
    tagged("type", "custom", { name: { type: "string" } }, ["name"]),
    tagged(
      "type",
      "allowed_tools",
      { mode: { type: "string", enum: ["auto", "required"] }, tools: { type: "array", items: { type: "object" } } },
      ["mode", "tools"],
    ),
    ...HOSTED_TOOLS.map(open),
  ]),
};

const FORMAT = union("type", [
  tagged("type", "text", {}),
  tagged("type", "json_object", {}),
  tagged(
    "type",
    "json_schema",
    { name: { ...NAME, maxLength: 64 }, schema: { type: "object" }, description: OPTIONAL_TEXT, strict: { type: ["boolean", "null"] } },
    ["name", "schema"],
  ),
]);

const SUMMARY = { type: ["string", "null"], enum: ["auto", "concise", "detailed", null] };

/** "Expected a value >= 16, but got 10 instead": https://github.com/vectorize-io/hindsight/issues/58 */
const OUTPUT_TOKENS_MIN = 16;

export const RESPONSE_REQUEST = object(
  {
    model: { type: "string" },
    input: { type: ["string", "array"], items: ITEM },
    background: { type: ["boolean", "null"] },
    context_management: { type: ["array", "null"] },
    conversation: { type: ["string", "object", "null"] },
    include: {
      type: ["array", "null"],
      items: {
        type: "string",
        enum: [
          "file_search_call.results",
          "web_search_call.results",
          "web_search_call.action.sources",
          "message.input_image.image_url",
          "computer_call_output.output.image_url",
          "code_interpreter_call.outputs",
          "reasoning.encrypted_content",
          "message.output_text.logprobs",
        ],
      },
    },
    instructions: OPTIONAL_TEXT,
    max_output_tokens: { type: ["integer", "null"], minimum: OUTPUT_TOKENS_MIN },
    max_tool_calls: { type: ["integer", "null"], minimum: 1 },
    metadata: { type: ["object", "null"], maxProperties: 16, additionalProperties: { type: "string", maxLength: 512 } },
    moderation: { type: ["object", "null"] },
    parallel_tool_calls: { type: ["boolean", "null"] },
    previous_response_id: OPTIONAL_TEXT,
    prompt: { type: ["object", "null"] },
    prompt_cache_key: OPTIONAL_TEXT,
    prompt_cache_options: { type: "object" },
    prompt_cache_retention: { type: ["string", "null"], enum: ["in_memory", "24h", null] },
    reasoning: nullable(
      object({
        effort: { type: ["string", "null"], enum: ["none", "minimal", "low", "medium", "high", "xhigh", "max", null] },
        summary: SUMMARY,
        generate_summary: SUMMARY,
        context: { type: ["string", "null"], enum: ["auto", "current_turn", "all_turns", null] },
        mode: { type: "string" },
      }),
    ),
    safety_identifier: { type: ["string", "null"], maxLength: 128 },
    service_tier: { type: ["string", "null"], enum: ["auto", "default", "flex", "scale", "priority", "fast", null] },
    store: { type: ["boolean", "null"] },
    stream: { type: ["boolean", "null"] },
    stream_options: nullable(object({ include_obfuscation: { type: "boolean" } })),
    temperature: { type: ["number", "null"], minimum: 0, maximum: 2 },
    text: object({ format: FORMAT, verbosity: { type: ["string", "null"], enum: ["low", "medium", "high", null] } }),
    tool_choice: TOOL_CHOICE,
    tools: { type: "array", items: TOOL },
    top_logprobs: { type: ["integer", "null"], minimum: 0, maximum: 20 },
    top_p: { type: ["number", "null"], minimum: 0, maximum: 1 },
    truncation: { type: ["string", "null"], enum: ["auto", "disabled", null] },
    user: OPTIONAL_TEXT,
  },
  ["model"],
);
