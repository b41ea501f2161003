import { nullable, object, tagged, union } from "../schema_builders.ts";

/**
 * The request body of POST /v1/messages as JSON Schema, from the API reference (platform.claude.com/docs/en/api/messages) and
 * the types of the official client. Keywords like `items` and `minLength` only bind values of their own type, so "a string or
 * an array of blocks" needs no union.
 */

/** Everything here is told apart by its `type`. */
const oneOf = (branches: object[]) => union("type", branches);
const kind = (type: string, properties: Record<string, object>, required: string[] = []) => tagged("type", type, properties, required);

const CACHE_CONTROL = nullable(object({ type: { const: "ephemeral" }, ttl: { enum: ["5m", "1h"] } }, ["type"]));
/** `toolu_` and the like; clients bring ids of other providers along, which pass as long as they keep to these characters. */
const TOOL_USE_ID = { type: "string", pattern: "^[a-zA-Z0-9_-]+$" };
const TOOL_NAME = { type: "string", pattern: "^[a-zA-Z0-9_-]{1,128}$" };

const TEXT = kind("text", { text: { type: "string" }, cache_control: CACHE_CONTROL, citations: { type: ["array", "null"] } }, ["text"]);

const IMAGE = kind(
  "image",
  {
    source: oneOf([
      kind(
        "base64",
        {
          media_type: { enum: ["image/jpeg", "image/png", "image/gif", "image/webp"] },
          data: { type: "string", minLength: 1, pattern: "^[A-Za-z0-9+/]+={0,2}$" },
        },
        ["media_type", "data"],
      ),
      kind("url", { url: { type: "string", pattern: "^https?://" } }, ["url"]),
      kind("file", { file_id: { type: "string" } }, ["file_id"]),
    ]),
    cache_control: CACHE_CONTROL,
    transformations: nullable(object({ oversized_image: { enum: ["downsize", "error"] } })),
  },
  ["source"],
);

const DOCUMENT = kind(
  "document",
  {
    source: oneOf([
      kind("base64", { media_type: { enum: ["application/pdf"] }, data: { type: "string", minLength: 1 } }, ["media_type", "data"]),
      kind("text", { media_type: { enum: ["text/plain"] }, data: { type: "string" } }, ["media_type", "data"]),
      kind("content", { content: { type: ["string", "array"], items: oneOf([TEXT, IMAGE]) } }, ["content"]),
      kind("url", { url: { type: "string", pattern: "^https?://" } }, ["url"]),
      kind("file", { file_id: { type: "string" } }, ["file_id"]),
    ]),
    cache_control: CACHE_CONTROL,
    citations: nullable(object({ enabled: { type: "boolean" } })),
    context: { type: ["string", "null"] },
    title: { type: ["string", "null"] },
  },
  ["source"],
);

const SEARCH_RESULT = kind(
  "search_result",
  {
    content: { type: "array", items: oneOf([TEXT]) },
    source: { type: "string" },
    title: { type: "string" },
    cache_control: CACHE_CONTROL,
    citations: object({ enabled: { type: "boolean" } }),
  },
  ["content", "source", "title"],
);

/** Blocks and tools that Anthropic's own servers run. This server never answers with one, so it does not look inside. */
function opaque(type: string): object {
  return { type: "object", properties: { type: { const: type } } };
}

const TOOL_RESULT = kind(
  "tool_result",
  {
    tool_use_id: TOOL_USE_ID,
    content: {
      type: ["string", "array"],
      items: oneOf([TEXT, IMAGE, SEARCH_RESULT, DOCUMENT, opaque("tool_reference"), opaque("browser_state")]),
    },
    is_error: { type: "boolean" },
    cache_control: CACHE_CONTROL,
    toolset_name: { type: ["string", "null"] },
  },
  ["tool_use_id"],
);

const CONTENT_BLOCK = oneOf([
  TEXT,
  IMAGE,
  DOCUMENT,
  SEARCH_RESULT,
  kind("thinking", { thinking: { type: "string" }, signature: { type: "string" } }, ["thinking", "signature"]),
  kind("redacted_thinking", { data: { type: "string" } }, ["data"]),
  kind(
    "tool_use",
    {
      id: TOOL_USE_ID,
      name: { type: "string", minLength: 1, maxLength: 200 },
      input: { type: "object" },
      cache_control: CACHE_CONTROL,
      caller: { type: "object" },
      toolset_name: { type: ["string", "null"] },
    },
    ["id", "name", "input"],
  ),
  TOOL_RESULT,
  ...[
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload",
  ].map(opaque),
]);

const MESSAGE = object({ role: { enum: ["user", "assistant", "system"] }, content: { type: ["string", "array"], items: CONTENT_BLOCK } }, [
  "role",
  "content",
]);

const CUSTOM_TOOL = object(
  {
    type: { enum: ["custom", null] },
    name: TOOL_NAME,
    description: { type: "string" },
    input_schema: { type: "object", required: ["type"], properties: { type: { const: "object" } } },
    allowed_callers: { type: "array", items: { type: "string" } },
    cache_control: CACHE_CONTROL,
    defer_loading: { type: "boolean" },
    eager_input_streaming: { type: ["boolean", "null"] },
    input_examples: { type: "array", items: { type: "object" } },
    strict: { type: "boolean" },
  },
  ["name", "input_schema"],
);

/** Versioned names of Anthropic's own tools end in their date ("bash_20250124"), two also come without. */
const SERVER_TOOL_TYPE =
  "^(bash|code_execution|browser_toolset|computer_toolset|memory|text_editor|web_search|web_fetch|tool_search_tool_(bm25|regex))(_\\d{8})?$";

const TOOL = {
  type: "object",
  if: { properties: { type: { enum: ["custom", null] } } },
  // biome-ignore lint/suspicious/noThenProperty: `then` is JSON Schema's keyword.
  then: CUSTOM_TOOL,
  else: { type: "object", properties: { type: { type: "string", pattern: SERVER_TOOL_TYPE } } },
};

const SINGLE_CALL = { disable_parallel_tool_use: { type: "boolean" } };
const DISPLAY = { display: { enum: ["summarized", "omitted", null] } };

export const MESSAGES_REQUEST = object(
  {
    model: { type: "string", minLength: 1, maxLength: 256 },
    messages: { type: "array", maxItems: 100_000, items: MESSAGE },
    // 0 fills the prompt cache and answers nothing.
    max_tokens: { type: "integer", minimum: 0 },
    cache_control: CACHE_CONTROL,
    container: { type: ["string", "object", "null"] },
    diagnostics: nullable(object({ previous_message_id: { type: ["string", "null"] } })),
    inference_geo: { type: ["string", "null"] },
    metadata: object({ user_id: { type: ["string", "null"], maxLength: 256 } }),
    output_config: object({
      effort: { enum: ["low", "medium", "high", "xhigh", "max", null] },
      format: nullable(object({ type: { const: "json_schema" }, schema: { type: "object" } }, ["type", "schema"])),
    }),
    service_tier: { enum: ["auto", "standard_only"] },
    speed: { enum: ["standard", "fast", null] },
    stop_sequences: { type: "array", maxItems: 8191, items: { type: "string", minLength: 1 } },
    stream: { type: "boolean" },
    system: { type: ["string", "array"], items: TEXT },
    temperature: { type: "number", minimum: 0, maximum: 1 },
    thinking: oneOf([
      kind("enabled", { budget_tokens: { type: "integer", minimum: 1024 }, ...DISPLAY }, ["budget_tokens"]),
      kind("adaptive", DISPLAY),
      kind("between_tools", {}),
      kind("disabled", {}),
    ]),
    tool_choice: oneOf([
      kind("auto", SINGLE_CALL),
      kind("any", SINGLE_CALL),
      kind("tool", { name: { type: "string" }, ...SINGLE_CALL }, ["name"]),
      kind("none", {}),
    ]),
    tools: { type: "array", items: TOOL },
    top_k: { type: "integer", minimum: 0 },
    top_p: { type: "number", minimum: 0, maximum: 1 },
  },
  ["model", "messages", "max_tokens"],
);
