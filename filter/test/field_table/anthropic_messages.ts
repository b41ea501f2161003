import { everywhere, REASONING, type Row, SCHEMA } from "./row.ts";

const block = (one: object) => ({ messages: [{ role: "user", content: [{ type: "text", text: "x" }, one] }] });
const tool = { name: "f", input_schema: SCHEMA };
const loop = (result: object = {}, before: object[] = []) => ({
  messages: [
    { role: "user", content: "x" },
    { role: "assistant", content: [...before, { type: "tool_use", id: "a", name: "f", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "z", ...result }] },
  ],
});
const results = { content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } }] };

export const ANTHROPIC_MESSAGES: Row[] = [
  {
    field: "system",
    says: { system: "s" },
    to: { openai_chat: "`messages[].role`, system", openai_responses: "`input[].role`, system", gemini: "`systemInstruction.parts[]`" },
  },
  {
    field: "messages[].content[] image",
    says: block({ type: "image", source: { type: "url", url: "https://example.com/a.png" } }),
    to: {
      openai_chat: "`messages[].content[].image_url`",
      openai_responses: "`input[].content[].image_url`",
      gemini: "`contents[].parts[].fileData`; a URL needs a name that tells its type",
    },
  },
  {
    field: "messages[].content[] document with data",
    says: block({ type: "document", source: { type: "base64", media_type: "application/pdf", data: "AA==" } }),
    to: {
      openai_chat: "`messages[].content[].file`",
      openai_responses: "`input[].content[].file_data`",
      gemini: "`contents[].parts[].inlineData`",
    },
  },
  {
    field: "messages[].content[] document by URL",
    says: block({ type: "document", source: { type: "url", url: "https://example.com/a.pdf" } }),
    to: { openai_chat: "400", openai_responses: "`input[].content[].file_url`", gemini: "`contents[].parts[].fileData`" },
  },
  {
    field: "messages[].content[].source.file_id",
    says: block({ type: "image", source: { type: "file", file_id: "f" } }),
    to: everywhere("400"),
  },
  {
    field: "messages[].content[].citations",
    says: block({ type: "document", source: { type: "text", media_type: "text/plain", data: "t" }, citations: { enabled: true } }),
    to: everywhere("dropped"),
  },
  { field: "messages[].content[] container_upload", says: block({ type: "container_upload", file_id: "f" }), to: everywhere("400") },
  {
    field: "messages[].content[].cache_control",
    says: block({ type: "text", text: "y", cache_control: { type: "ephemeral" } }),
    to: everywhere("dropped"),
  },
  {
    field: "messages[].content[] tool_use",
    says: loop(),
    to: { openai_chat: "`messages[].tool_calls[]`", openai_responses: "`input[].call_id`", gemini: "`contents[].parts[].functionCall`" },
  },
  {
    field: "messages[].content[].is_error",
    says: loop({ is_error: true }),
    to: { openai_chat: "dropped", openai_responses: "dropped", gemini: "`contents[].parts[].functionResponse.response.error`" },
  },
  {
    field: "messages[].content[] tool_result with images",
    says: loop(results),
    to: {
      openai_chat: "`messages[].content[].image_url`, in a turn of the user's",
      openai_responses: "`input[].output[].image_url`",
      gemini: "`contents[].parts[].inlineData`, in a turn of the user's",
    },
  },
  {
    field: "messages[].content[] thinking, signed by Claude",
    says: loop({}, [{ type: "thinking", thinking: "t", signature: "EgNzaWc=" }]),
    droppedAs: "messages[].content[].thinking",
    to: everywhere("dropped"),
  },
  {
    field: "messages[].content[] thinking, marked as Gemini's",
    says: loop({}, [{ type: "thinking", thinking: "", signature: "plano.gemini.c2ln" }]),
    droppedAs: "messages[].tool_calls[].extra_content",
    to: {
      openai_chat: "`messages[].tool_calls[]`, without it",
      openai_responses: "dropped",
      gemini: "`contents[].parts[].thoughtSignature`",
    },
  },
  {
    field: "messages[].content[] thinking, marked as OpenAI's",
    says: loop({}, [{ type: "thinking", thinking: "t", signature: "plano.openai.Z0FB" }]),
    droppedAs: "messages[].content[].thinking",
    models: REASONING,
    to: { openai_chat: "dropped", openai_responses: "`input[].encrypted_content`", gemini: "dropped" },
  },
  {
    field: "messages[].content[] of server tools, in earlier turns",
    says: {
      messages: [
        { role: "user", content: "x" },
        {
          role: "assistant",
          content: [
            { type: "server_tool_use", id: "s", name: "web_search", input: {} },
            { type: "text", text: "y" },
          ],
        },
        { role: "user", content: "z" },
      ],
    },
    droppedAs: "messages[].content[].type=server_tool_use",
    to: everywhere("dropped"),
  },
  {
    field: "tools[]",
    says: { tools: [tool] },
    to: {
      openai_chat: "`tools[].function.parameters`",
      openai_responses: "`tools[].parameters`",
      gemini: "`tools[].functionDeclarations[].parametersJsonSchema`",
    },
  },
  {
    field: "tools[].strict",
    says: { tools: [{ ...tool, strict: true }] },
    to: {
      openai_chat: "`tools[].function.strict`, where all properties are required",
      openai_responses: "`tools[].strict`, where all properties are required",
      gemini: "dropped",
    },
  },
  { field: "tools[].cache_control", says: { tools: [{ ...tool, cache_control: { type: "ephemeral" } }] }, to: everywhere("dropped") },
  {
    field: "tools[] web_search",
    says: { tools: [{ type: "web_search_20250305", name: "web_search" }] },
    droppedAs: "tools[].type=web_search_20250305",
    models: { openai_chat: "gpt-4o-search-preview" },
    to: {
      openai_chat: "`web_search_options`, for OpenAI's models that search; not beside functions",
      openai_responses: "`tools[].type`, for OpenAI's models; not beside functions",
      gemini: "`tools[].googleSearch`; not beside functions",
    },
  },
  {
    field: "tools[] others of Anthropic's own",
    says: { tools: [{ type: "bash_20250124", name: "bash" }] },
    droppedAs: "tools[].type=bash_20250124",
    to: everywhere("dropped"),
  },
  {
    field: "tool_choice",
    says: { tools: [tool], tool_choice: { type: "tool", name: "f" } },
    to: {
      openai_chat: "`tool_choice.function.name`",
      openai_responses: "`tool_choice.name`",
      gemini: "`toolConfig.functionCallingConfig.allowedFunctionNames[]`",
    },
  },
  {
    field: "tool_choice.disable_parallel_tool_use",
    says: { tools: [tool], tool_choice: { type: "auto", disable_parallel_tool_use: true } },
    droppedAs: "parallel_tool_calls",
    to: { openai_chat: "`parallel_tool_calls`", openai_responses: "`parallel_tool_calls`", gemini: "dropped" },
  },
  {
    field: "max_tokens",
    says: {},
    to: {
      openai_chat: "`max_tokens`, `max_completion_tokens` for OpenAI's models that reason",
      openai_responses: "`max_output_tokens`, 16 at least for OpenAI's models",
      gemini: "`generationConfig.maxOutputTokens`",
    },
  },
  {
    field: "temperature",
    says: { temperature: 0.5 },
    to: {
      openai_chat: "`temperature`; not for OpenAI's models that reason",
      openai_responses: "`temperature`; not for models that reason",
      gemini: "`generationConfig.temperature`",
    },
  },
  {
    field: "top_p",
    says: { top_p: 0.5 },
    to: {
      openai_chat: "`top_p`; not for OpenAI's models that reason",
      openai_responses: "`top_p`; not for models that reason",
      gemini: "`generationConfig.topP`",
    },
  },
  { field: "top_k", says: { top_k: 5 }, to: { openai_chat: "dropped", openai_responses: "dropped", gemini: "`generationConfig.topK`" } },
  {
    field: "stop_sequences",
    says: { stop_sequences: ["a"] },
    droppedAs: "stop",
    to: {
      openai_chat: "`stop[]`, four at most; not for OpenAI's models that reason",
      openai_responses: "dropped",
      gemini: "`generationConfig.stopSequences[]`, five at most",
    },
  },
  {
    field: "thinking enabled",
    says: { thinking: { type: "enabled", budget_tokens: 2048 } },
    models: REASONING,
    to: {
      openai_chat: "`reasoning_effort`, by the budget, for OpenAI's models that reason",
      openai_responses: "`reasoning.effort`, by the budget",
      gemini: "`generationConfig.thinkingConfig`",
    },
  },
  {
    field: "thinking disabled",
    says: { thinking: { type: "disabled" } },
    models: REASONING,
    to: {
      openai_chat: "`reasoning_effort`, the least that the model takes",
      openai_responses: "`reasoning.effort`, the least that the model takes",
      gemini: "`generationConfig.thinkingConfig`, the least that the model takes",
    },
  },
  {
    field: "output_config.effort",
    says: { output_config: { effort: "high" } },
    models: REASONING,
    to: {
      openai_chat: "`reasoning_effort`, as the model takes it",
      openai_responses: "`reasoning.effort`, as the model takes it",
      gemini: "`generationConfig.thinkingConfig`",
    },
  },
  {
    field: "output_config.format, output_format",
    says: { output_config: { format: { type: "json_schema", schema: SCHEMA } } },
    to: {
      openai_chat: "`response_format.json_schema`, strict where it can be",
      openai_responses: "`text.format`, strict where it can be",
      gemini: "`generationConfig.responseJsonSchema`; before Gemini 3 not with tools",
    },
  },
  {
    field: "metadata.user_id",
    says: { metadata: { user_id: "u" } },
    droppedAs: "user",
    to: { openai_chat: "`user`, of 128 characters at most", openai_responses: "`user`, of 128 characters at most", gemini: "dropped" },
  },
  { field: "service_tier", says: { service_tier: "auto" }, to: everywhere("dropped") },
  { field: "container", says: { container: "c" }, to: everywhere("dropped") },
  { field: "context_management", says: { context_management: { edits: [] } }, to: everywhere("dropped") },
  { field: "mcp_servers", says: { mcp_servers: [] }, to: everywhere("dropped") },
  { field: "thread", says: { thread: { id: "t" } }, to: everywhere("400") },
];
